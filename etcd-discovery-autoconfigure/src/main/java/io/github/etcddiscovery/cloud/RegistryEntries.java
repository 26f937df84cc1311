package io.github.etcddiscovery.cloud;

import io.github.etcddiscovery.instance.InstanceCodec;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.registry.NoValueException;
import io.github.etcddiscovery.registry.RegistryEntry;

/**
 * Makes of a registration what is written to etcd.
 *
 * @param layout where the records are
 * @param codec writes a record
 */
record RegistryEntries(KeyLayout layout, InstanceCodec codec) {

	/** The last part says whom the registrar may take a key over from. */
	RegistryEntry of(EtcdRegistration registration) {
		ServiceRecord record = registration.toRecord();
		InstanceKey key = record.key();
		byte[] value = encode(record);
		byte[] farewell = encode(record.withStatus(InstanceStatus.OUT_OF_SERVICE));
		return new RegistryEntry(this.layout.format(key), value, farewell,
				(found) -> this.codec.decode(key, found).sameAddress(record));
	}

	/** What a reader would reject is not to be written. */
	private byte[] encode(ServiceRecord record) {
		byte[] value = this.codec.encode(record);
		if (value.length == 0) {
			throw new NoValueException(this.layout.format(record.key()));
		}
		this.codec.decode(record.key(), value);
		return value;
	}

}
