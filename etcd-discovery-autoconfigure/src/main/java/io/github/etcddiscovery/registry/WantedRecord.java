package io.github.etcddiscovery.registry;

import io.github.etcddiscovery.Internal;

/**
 * One of the records of a group.
 *
 * @param entry the key and the value
 * @param format the name of the format of the value, for reports
 * @param shown whether the record belongs in etcd now. A format without a status can only
 * tell callers to stay away by not having a record
 */
@Internal
public record WantedRecord(RegistryEntry entry, String format, boolean shown) {

	/**
	 * Returns the key of the record.
	 * @return the key
	 */
	public String key() {
		return this.entry.key();
	}

}
