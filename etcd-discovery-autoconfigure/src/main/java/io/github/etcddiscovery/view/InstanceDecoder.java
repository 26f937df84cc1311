package io.github.etcddiscovery.view;

import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.instance.InstanceKey;

/**
 * Makes what a view holds of an entry found in etcd. Called once for each change of an
 * entry, on the view's thread.
 *
 * @param <T> what the view holds
 */
@FunctionalInterface
public interface InstanceDecoder<T> {

	/**
	 * Reads an entry.
	 * @param key which instance it is
	 * @param keyValue the entry
	 * @return what the view holds of it
	 * @throws RuntimeException if the entry is not valid: it is left out of the view
	 */
	T decode(InstanceKey key, KeyValue keyValue);

}
