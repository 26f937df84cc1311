package io.github.etcddiscovery.test;

import java.util.Comparator;

import com.google.protobuf.ByteString;

/**
 * A range of keys as etcd's requests write it: one key, all from a key up to another, or
 * all from a key on.
 *
 * @param from the first key
 * @param to the key after the last one; empty for just one key, a zero byte for no end
 */
record Keys(ByteString from, ByteString to) {

	/** etcd's order: byte by byte, unsigned. */
	static final Comparator<ByteString> ORDER = ByteString.unsignedLexicographicalComparator();

	/** As the end of a range it means that there is none. */
	static final ByteString ZERO = ByteString.copyFrom(new byte[1]);

	boolean isSingle() {
		return this.to.isEmpty();
	}

	boolean isEndless() {
		return this.to.equals(ZERO);
	}

	/** Whether nothing can be in it. */
	boolean isEmpty() {
		return !isSingle() && !isEndless() && ORDER.compare(this.from, this.to) >= 0;
	}

	boolean contains(ByteString key) {
		if (isSingle()) {
			return key.equals(this.from);
		}
		return ORDER.compare(key, this.from) >= 0 && (isEndless() || ORDER.compare(key, this.to) < 0);
	}

}
