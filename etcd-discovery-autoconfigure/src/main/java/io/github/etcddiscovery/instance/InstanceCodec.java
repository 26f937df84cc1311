package io.github.etcddiscovery.instance;

/**
 * How a record stands in etcd. A bean of this type replaces the default,
 * {@link JsonInstanceCodec}. Implementations are called from several threads.
 */
public interface InstanceCodec {

	/**
	 * Writes a record.
	 * @param record the record
	 * @return the value to store, not empty
	 */
	byte[] encode(ServiceRecord record);

	/**
	 * Reads a value found in etcd. The key says which instance it is; a value that
	 * contradicts it is invalid.
	 * @param key which instance the value was found at
	 * @param value the value found
	 * @return the record
	 * @throws InvalidValueException if the value is not a valid record. Any other
	 * exception is treated like it: the entry is left out and nothing else is harmed.
	 */
	ServiceRecord decode(InstanceKey key, byte[] value);

}
