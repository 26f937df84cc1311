package io.github.etcddiscovery.instance;

/**
 * A format that instances stand in etcd in, to be read. Which one a value is in is told
 * by its looks, so that instances of one service may be in several. Beans of this type
 * are asked before the formats of this project, and one of the same name replaces one of
 * these. Implementations are called from several threads.
 *
 * @see InstanceCodec
 */
public interface InstanceFormat {

	/**
	 * Returns the name of the format, as in {@code spring.cloud.etcd.discovery.format}.
	 * @return the name, always the same
	 */
	String name();

	/**
	 * Whether a value is in this format, by its looks: it may still turn out to be
	 * invalid. Called for values of all formats, valid or not; does not throw.
	 * @param value the value found
	 * @return whether to read it by {@link #decode}
	 */
	boolean recognizes(byte[] value);

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
