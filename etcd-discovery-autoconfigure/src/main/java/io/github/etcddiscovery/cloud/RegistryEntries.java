package io.github.etcddiscovery.cloud;

import io.github.etcddiscovery.instance.GuardedFormats;
import io.github.etcddiscovery.instance.InstanceCodec;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.registry.RegistryEntry;

/**
 * Makes of a registration what is written to etcd.
 *
 * @param layout where the records are
 * @param formats write a record
 */
record RegistryEntries(KeyLayout layout, GuardedFormats formats) {

	/** The last part says whom the registrar may take a key over from. */
	RegistryEntry of(EtcdRegistration registration) {
		ServiceRecord record = registration.toRecord();
		InstanceKey key = record.key();
		String format = registration.getFormat();
		byte[] value = this.formats.encode(record, format);
		byte[] farewell = codec(registration).carriesStatus()
				? this.formats.encode(record.withStatus(InstanceStatus.OUT_OF_SERVICE), format) : null;
		return new RegistryEntry(this.layout.format(key), value, farewell,
				(found) -> this.formats.decode(key, found).sameAddress(record));
	}

	/** Whether a registration is to be in etcd at all. */
	boolean isShown(EtcdRegistration registration) {
		return codec(registration).carriesStatus() || registration.getStatus() == InstanceStatus.UP;
	}

	/** Or a change would be confirmed that nobody sees. */
	void requireRoomForMetadata(EtcdRegistration registration, String name) {
		if (!codec(registration).carriesMetadata()) {
			throw new InvalidValueException("format", registration.getFormat(),
					"one with room for metadata, to change " + name);
		}
	}

	private InstanceCodec codec(EtcdRegistration registration) {
		return this.formats.formats().codec(registration.getFormat());
	}

}
