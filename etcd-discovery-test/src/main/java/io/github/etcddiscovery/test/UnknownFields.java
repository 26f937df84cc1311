package io.github.etcddiscovery.test;

import com.google.protobuf.UnknownFieldSet;

/**
 * Reads fields of etcd's API that the stubs do not know.
 */
final class UnknownFields {

	private UnknownFields() {
	}

	/** The last number given for a field, 0 if there is none. */
	static long varint(UnknownFieldSet fields, int number) {
		return fields.getField(number).getVarintList().stream().reduce(0L, (first, last) -> last);
	}

}
