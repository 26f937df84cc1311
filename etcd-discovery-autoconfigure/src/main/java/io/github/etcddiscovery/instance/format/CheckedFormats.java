package io.github.etcddiscovery.instance.format;

import java.util.LinkedHashMap;
import java.util.Map;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.instance.AllowedNetworks;
import io.github.etcddiscovery.instance.InstanceCodec;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.MetadataRules;
import io.github.etcddiscovery.instance.ServiceRecord;
import org.jspecify.annotations.Nullable;

/**
 * The rules that hold in every format: of its size, of where an instance may be, and of
 * metadata that others make requests of or that are nobody's business. What would not be
 * read is not written.
 *
 * @param formats read and write
 * @param networks where instances may be
 * @param secretsAllowed whether metadata may be written whose name says that it is secret
 */
@Internal
public record CheckedFormats(InstanceFormats formats, AllowedNetworks networks, boolean secretsAllowed) {

	/** In bytes; a usual one has 300. */
	private static final int LARGEST = 64 * 1024;

	/**
	 * Writes a record.
	 * @param record the record
	 * @param format the name of the format
	 * @return the value to store
	 * @throws InvalidValueException if it must not be written, or there is no such format
	 */
	public byte[] encode(ServiceRecord record, String format) {
		check(record);
		byte[] value = checkSize(this.formats.codec(format).encode(record));
		decode(record.key(), value, format);
		return value;
	}

	/**
	 * Whether a value was written for the same instance as another one: both advertise
	 * the same address.
	 * @param found the value found under the key of a record
	 * @param written the value of the record
	 * @param key which instance the record is of
	 * @param format the name of the format of the record
	 * @return whether the addresses are the same
	 * @throws InvalidValueException if the value found breaks the rules
	 */
	public boolean sameAddress(byte[] found, byte[] written, InstanceKey key, String format) {
		return decode(key, found, format).sameAddress(decode(key, written, format));
	}

	/** Reads a value as others do, or, if no application reads the format, by itself. */
	private ServiceRecord decode(InstanceKey key, byte[] value, String format) {
		InstanceCodec codec = this.formats.codec(format);
		return codec.isDiscoverable() ? decode(key, value) : codec.decode(key, checkSize(value));
	}

	private static byte[] checkSize(byte[] value) {
		if (value.length > LARGEST) {
			throw new InvalidValueException("record", value.length + " bytes", LARGEST + " bytes at most");
		}
		return value;
	}

	private void check(ServiceRecord record) {
		this.networks.check(record.host());
		record.metadata().forEach((name, value) -> {
			String expected = expected(name, value, record);
			if (expected != null) {
				throw new InvalidValueException("metadata." + name, isSecret(name) ? "******" : value, expected);
			}
			if (!this.secretsAllowed && MetadataRules.isSecret(name)) {
				throw new InvalidValueException("allow-secret-metadata", false,
						"true, or no metadata named '" + name + "', which everybody who may read etcd could read");
			}
		});
	}

	/**
	 * Whether the name of metadata says that its value is not for everybody.
	 * @param name the name
	 * @return whether it contains a word such as {@code password} or {@code token}
	 */
	public static boolean isSecret(String name) {
		return MetadataRules.isSecret(name);
	}

	/**
	 * Reads a record. Metadata that would lead others elsewhere are left out.
	 * @param key which instance the value was found at
	 * @param value the value found, in whatever format
	 * @return the record
	 * @throws InvalidValueException if it breaks the rules
	 */
	public ServiceRecord decode(InstanceKey key, byte[] value) {
		ServiceRecord record = this.formats.decode(key, checkSize(value));
		if (!record.key().equals(key)) {
			throw new InvalidValueException("record", record.key(), "one of " + key);
		}
		this.networks.check(record.host());
		if (record.metadata().entrySet().stream().allMatch((entry) -> isHarmless(entry, record))) {
			return record;
		}
		Map<String, String> harmless = new LinkedHashMap<>(record.metadata());
		harmless.entrySet().removeIf((entry) -> !isHarmless(entry, record));
		return new ServiceRecord(record.key(), record.host(), record.port(), record.secure(), record.status(),
				harmless);
	}

	private boolean isHarmless(Map.Entry<String, String> metadata, ServiceRecord record) {
		return expected(metadata.getKey(), metadata.getValue(), record) == null;
	}

	private @Nullable String expected(String name, String value, ServiceRecord record) {
		return MetadataRules.expected(name, value, record.host(), this.networks);
	}

}
