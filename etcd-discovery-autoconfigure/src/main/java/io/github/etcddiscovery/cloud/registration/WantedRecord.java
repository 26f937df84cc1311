package io.github.etcddiscovery.cloud.registration;

import io.github.etcddiscovery.registry.RegistryEntry;

/**
 * One of the records of a registration.
 *
 * @param entry what is written
 * @param format what it is written in
 * @param shown whether it is to be in etcd for now: a format without room for the status
 * can say that an instance is not to be called only by not naming it
 */
record WantedRecord(RegistryEntry entry, String format, boolean shown) {

	String key() {
		return this.entry.key();
	}

}
