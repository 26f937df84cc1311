package io.github.etcddiscovery.instance;

/**
 * Where records are kept: {@code {prefix}/{service-id}/{instance-id}}.
 */
public final class KeyLayout {

	private final String prefix;

	/**
	 * Creates a layout.
	 * @param prefix the common prefix of all keys, with or without a slash at its end;
	 * not empty
	 * @throws InvalidValueException if nothing is left of the prefix without the slash
	 */
	public KeyLayout(String prefix) {
		String trimmed = prefix.strip();
		while (trimmed.endsWith("/")) {
			trimmed = trimmed.substring(0, trimmed.length() - 1);
		}
		if (trimmed.isEmpty()) {
			throw new InvalidValueException("prefix", prefix,
					"a key prefix such as /services: without one every key of the cluster would be read");
		}
		this.prefix = trimmed + "/";
	}

	/**
	 * Returns the prefix that all keys share. It ends in a slash, so that a range over it
	 * never touches a neighbour such as {@code /services-old}.
	 * @return the prefix, with a slash at its end
	 */
	public String range() {
		return this.prefix;
	}

	/**
	 * Returns the key under which an instance is kept.
	 * @param key which instance
	 * @return the key in etcd
	 */
	public String format(InstanceKey key) {
		return this.prefix + key.serviceId() + "/" + key.instanceId();
	}

	/**
	 * Reads a key found in etcd.
	 * @param key a key that starts with {@link #range()}
	 * @return which instance it is
	 * @throws InvalidValueException if the key is not of this layout
	 */
	public InstanceKey parse(String key) {
		int slash = key.indexOf('/', this.prefix.length());
		if (!key.startsWith(this.prefix) || slash < 0) {
			throw new InvalidValueException("key", key, this.prefix + "{service-id}/{instance-id}");
		}
		return new InstanceKey(key.substring(this.prefix.length(), slash), key.substring(slash + 1));
	}

}
