package io.github.etcddiscovery.instance;

/**
 * A format that instances can be written in, too.
 */
public interface InstanceCodec extends InstanceFormat {

	/**
	 * Writes a record.
	 * @param record the record
	 * @return the value to store, not empty; {@link #recognizes} it
	 * @throws InvalidValueException if the format cannot express something that callers
	 * need, such as that the port speaks TLS
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

	/**
	 * Whether applications with this starter read values of this format. A format that
	 * says too little of an instance, such as that of DNS servers, is only written.
	 * @return whether they do
	 */
	default boolean isDiscoverable() {
		return true;
	}

	/**
	 * Returns the last part of the key of an instance.
	 * @param instanceId the id of the instance
	 * @return always the same part for an id, and not that of another id; the id itself
	 * unless readers of the format expect something else there
	 */
	default String keyId(String instanceId) {
		return instanceId;
	}

	/**
	 * Checks what is before the last part of a key.
	 * @param prefix the beginning of the key, up to and including its last slash
	 * @throws InvalidValueException if readers of the format do not find such keys
	 */
	default void checkPrefix(String prefix) {
	}

}
