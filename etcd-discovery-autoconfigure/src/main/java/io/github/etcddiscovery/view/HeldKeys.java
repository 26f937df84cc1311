package io.github.etcddiscovery.view;

import java.util.Set;

import io.github.etcddiscovery.client.KeyValue;

/**
 * The keys under a prefix that a store holds. Belongs to the loop of its reflector.
 */
interface HeldKeys {

	Set<String> keys();

	/** At which revision a key changed last, 0 if it is not held. */
	long revisionOf(String key);

	/** Whether just this key and value are held. */
	boolean isHeld(KeyValue keyValue);

}
