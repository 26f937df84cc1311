package io.github.etcddiscovery.soak;

/**
 * What etcd has done to a key.
 *
 * @param key the key
 * @param value its value, {@code null} if it was deleted
 * @param lease its lease, 0 for none
 */
record Change(String key, String value, long lease) {

	boolean deleted() {
		return this.value == null;
	}

}
