package io.github.etcddiscovery.instance;

import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * Keys that are read and watched together, because they share a prefix. Each range is
 * followed by a watch of its own.
 *
 * @param prefix what the keys begin with; ends in a slash, so that a range never touches
 * a neighbour such as {@code /services-old}
 * @param serviceId the service all keys belong to, so that only the instance id follows
 * the prefix; {@code null} if {@code {service-id}/{instance-id}} follows
 * @param elsewhere services that are kept in a range of their own, whatever stands here
 * by their name
 */
public record KeyRange(String prefix, @Nullable String serviceId, Set<String> elsewhere) {

	/**
	 * Copies the set.
	 */
	public KeyRange {
		elsewhere = Set.copyOf(elsewhere);
	}

	/**
	 * Whether the instances of a service are kept in this range.
	 * @param serviceId the service
	 * @return whether they are
	 */
	public boolean holds(String serviceId) {
		return (this.serviceId != null) ? this.serviceId.equals(serviceId) : !this.elsewhere.contains(serviceId);
	}

	/**
	 * Reads a key found in etcd.
	 * @param key a key that starts with the prefix
	 * @return which instance it is
	 * @throws InvalidValueException if something else follows the prefix than should
	 */
	public InstanceKey parse(String key) {
		if (!key.startsWith(this.prefix)) {
			throw unexpected(key);
		}
		String rest = key.substring(this.prefix.length());
		if (this.serviceId != null) {
			return new InstanceKey(this.serviceId, rest);
		}
		int slash = rest.indexOf('/');
		if (slash < 0) {
			throw unexpected(key);
		}
		return new InstanceKey(rest.substring(0, slash), rest.substring(slash + 1));
	}

	/**
	 * Whether a key is of a service that is kept elsewhere, so that it says nothing here.
	 * @param key a key that starts with the prefix
	 * @return whether it is to be passed over
	 */
	public boolean isElsewhere(String key) {
		int slash = key.indexOf('/', this.prefix.length());
		return slash > 0 && this.elsewhere.contains(key.substring(this.prefix.length(), slash));
	}

	/**
	 * Returns which service a key would belong to, whether or not it is valid.
	 * @param key a key that starts with the prefix
	 * @return what follows the prefix up to a slash, 128 characters at most; the service
	 * of this range if there is only one
	 */
	public String service(String key) {
		if (this.serviceId != null) {
			return this.serviceId;
		}
		int end = Math.min(key.length(), this.prefix.length() + InstanceKey.LONGEST_SERVICE_ID);
		int slash = key.indexOf('/', this.prefix.length());
		return key.substring(Math.min(this.prefix.length(), end), (slash >= 0) ? Math.min(slash, end) : end);
	}

	private InvalidValueException unexpected(String key) {
		return new InvalidValueException("key", key,
				this.prefix + ((this.serviceId != null) ? "{instance-id}" : "{service-id}/{instance-id}"));
	}

}
