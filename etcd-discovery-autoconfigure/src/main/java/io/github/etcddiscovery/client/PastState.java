package io.github.etcddiscovery.client;

import java.util.Map;

/**
 * What etcd held at a revision.
 *
 * @param count the number of keys with a prefix
 * @param entries the requested keys that existed, with their values
 */
public record PastState(long count, Map<String, KeyValue> entries) {

	/**
	 * Copies the entries.
	 */
	public PastState {
		entries = Map.copyOf(entries);
	}

}
