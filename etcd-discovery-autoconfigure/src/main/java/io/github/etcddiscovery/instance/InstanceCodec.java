package io.github.etcddiscovery.instance;

/**
 * A format that instances can be written in, too.
 */
public interface InstanceCodec extends InstanceFormat {

	/**
	 * Writes a record.
	 * @param record the record
	 * @return the value to store, not empty; {@link #recognizes} it
	 * @throws InvalidValueException if there is no room for something that must not be
	 * left out, such as that the port speaks TLS
	 */
	byte[] encode(ServiceRecord record);

	/**
	 * Whether a value says what status an instance has. Where it does not, an instance
	 * that is not {@link InstanceStatus#UP} is not in etcd.
	 * @return whether it does
	 */
	default boolean carriesStatus() {
		return true;
	}

	/**
	 * Whether a value has room for metadata. Where it does not, nobody else sees them.
	 * @return whether it does
	 */
	default boolean carriesMetadata() {
		return true;
	}

}
