package io.github.etcddiscovery.cloud.registration;

import java.util.List;
import java.util.Map;
import java.util.function.Function;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.instance.InstanceCodec;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.instance.format.CheckedFormats;
import io.github.etcddiscovery.registry.RegistryEntry;
import io.github.etcddiscovery.registry.WantedRecord;

/**
 * Makes of a registration what is written to etcd.
 *
 * @param layout where the records are
 * @param formats write a record
 */
@Internal
public record RecordEncoder(KeyLayout layout, CheckedFormats formats) {

	/** The properties of the second record, by the part of it that is wrong. */
	private static final Map<String, String> OF_THE_SECOND = Map.of("format", "write-also.format", "service-prefix",
			"write-also.service-prefix", "key", "write-also.service-prefix");

	/**
	 * Makes sure that a registration could be written. Its port need not be known yet.
	 * @param registration the registration
	 * @throws InvalidValueException if a part of it breaks the rules
	 */
	public void check(EtcdRegistration registration) {
		of(registration.copyWithPort());
	}

	/** Returns what is to be written. */
	List<WantedRecord> of(EtcdRegistration registration) {
		ServiceRecord record = registration.toRecord();
		WantedRecord first = write(record, this.layout::format, registration.getFormat());
		WriteAlso also = registration.getWriteAlso();
		return (also != null) ? List.of(first, second(record, also)) : List.of(first);
	}

	private WantedRecord second(ServiceRecord record, WriteAlso also) {
		try {
			return write(record, (key) -> this.layout.formatOutside(key, also.servicePrefix()), also.format());
		}
		catch (InvalidValueException ex) {
			String property = OF_THE_SECOND.get(ex.part());
			throw (property != null) ? new InvalidValueException(property, ex.value(), ex.expected()) : ex;
		}
	}

	/** The entry's last part says from whom the registrar may take over the key. */
	private WantedRecord write(ServiceRecord record, Function<InstanceKey, String> keys, String format) {
		InstanceCodec codec = codec(format);
		String key = keys.apply(new InstanceKey(record.key().serviceId(), codec.keyId(record.key().instanceId())));
		codec.checkPrefix(key.substring(0, key.lastIndexOf('/') + 1));
		byte[] value = this.formats.encode(record, format);
		byte[] farewell = codec.carriesStatus()
				? this.formats.encode(record.withStatus(InstanceStatus.OUT_OF_SERVICE), format) : null;
		RegistryEntry entry = new RegistryEntry(key, value, farewell,
				(found) -> this.formats.sameAddress(found, value, record.key(), format));
		return new WantedRecord(entry, format, codec.carriesStatus() || record.status() == InstanceStatus.UP);
	}

	/** A change that nobody can see must not be confirmed. */
	void requireRoomForMetadata(EtcdRegistration registration, String name) {
		if (!codec(registration.getFormat()).carriesMetadata()) {
			throw new InvalidValueException("format", registration.getFormat(),
					"one with room for metadata, to change " + name);
		}
	}

	private InstanceCodec codec(String format) {
		return this.formats.formats().codec(format);
	}

}
