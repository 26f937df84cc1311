package io.github.etcddiscovery.instance;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where records are kept: {@code {prefix}/{service-id}/{instance-id}}, but for services
 * that are mapped to a prefix of their own: {@code {service-prefix}/{instance-id}}. A
 * service is in one place only: what stands under the common prefix by the name of a
 * mapped one is not it.
 */
public final class KeyLayout {

	private final String prefix;

	private final Map<String, String> servicePrefixes = new LinkedHashMap<>();

	/**
	 * Creates a layout without mapped services.
	 * @param prefix the common prefix of all keys, with or without a slash at its end;
	 * not empty
	 * @throws InvalidValueException if nothing is left of the prefix without the slash
	 */
	public KeyLayout(String prefix) {
		this(prefix, Map.of());
	}

	/**
	 * Creates a layout.
	 * @param prefix the common prefix of all keys, with or without a slash at its end;
	 * not empty
	 * @param servicePrefixes the prefixes of services that are kept elsewhere, by service
	 * id, with or without a slash at their end; not empty
	 * @throws InvalidValueException if a service id breaks the rules, nothing is left of
	 * a prefix without the slash, or one begins with another
	 */
	public KeyLayout(String prefix, Map<String, String> servicePrefixes) {
		this.prefix = withSlash("prefix", prefix);
		servicePrefixes.forEach((service, servicePrefix) -> {
			String own = withSlash("prefix of service " + service, servicePrefix);
			if (this.prefix.startsWith(own)) {
				throw new InvalidValueException("prefix of service " + service, servicePrefix,
						"one that " + this.prefix + " does not begin with");
			}
			this.servicePrefixes.forEach((other, prefixOfOther) -> {
				if (own.startsWith(prefixOfOther) || prefixOfOther.startsWith(own)) {
					throw new InvalidValueException("prefix of service " + service, servicePrefix,
							"one that does not meet that of " + other + ", " + prefixOfOther);
				}
			});
			this.servicePrefixes.put(InstanceKey.checkServiceId(service), own);
		});
	}

	private static String withSlash(String part, String prefix) {
		return withSlash(part, prefix,
				"a key prefix such as /services: without one every key of the cluster would be read");
	}

	private static String withSlash(String part, String prefix, String expected) {
		String trimmed = prefix.strip();
		while (trimmed.endsWith("/")) {
			trimmed = trimmed.substring(0, trimmed.length() - 1);
		}
		if (trimmed.isEmpty()) {
			throw new InvalidValueException(part, prefix, expected);
		}
		if (KeyText.encode(trimmed).length >= KeyText.LONGEST_PREFIX) {
			throw new InvalidValueException(part, prefix, "fewer than " + KeyText.LONGEST_PREFIX + " bytes");
		}
		return trimmed + "/";
	}

	/**
	 * Returns the range of one service.
	 * @param serviceId the service
	 * @return its range
	 * @throws InvalidValueException if the service id breaks the rules
	 */
	public KeyRange range(String serviceId) {
		String mapped = this.servicePrefixes.get(InstanceKey.checkServiceId(serviceId));
		return new KeyRange((mapped != null) ? mapped : this.prefix + serviceId + "/", serviceId, Set.of());
	}

	/**
	 * Returns the ranges of some services, one for each.
	 * @param services the services
	 * @return the ranges, in the order given
	 * @throws InvalidValueException if a service id breaks the rules
	 */
	public List<KeyRange> ranges(Collection<String> services) {
		return services.stream().distinct().map(this::range).toList();
	}

	/**
	 * Returns the ranges of all services: the common one, and one for each mapped
	 * service.
	 * @return the ranges
	 */
	public List<KeyRange> ranges() {
		List<KeyRange> ranges = new ArrayList<>();
		ranges.add(new KeyRange(this.prefix, null, this.servicePrefixes.keySet()));
		ranges.addAll(ranges(this.servicePrefixes.keySet()));
		return ranges;
	}

	/**
	 * Returns a key of an instance that this layout does not read, for others who do.
	 * @param key which instance
	 * @param servicePrefix what the key begins with, with or without a slash at its end
	 * @return {@code {service-prefix}/{instance-id}}
	 * @throws InvalidValueException if nothing is left of the prefix without the slash,
	 * or it begins with one that is read here, or one of those with it
	 */
	public String formatOutside(InstanceKey key, String servicePrefix) {
		String outside = withSlash("service-prefix", servicePrefix, "a key prefix such as /legacy/orders");
		ranges().stream().map(KeyRange::prefix).forEach((own) -> {
			if (own.startsWith(outside) || outside.startsWith(own)) {
				throw new InvalidValueException("service-prefix", servicePrefix,
						"one that does not meet " + own + ", where this application discovers instances itself");
			}
		});
		return outside + key.instanceId();
	}

	/**
	 * Returns the key under which an instance is kept.
	 * @param key which instance
	 * @return the key in etcd
	 */
	public String format(InstanceKey key) {
		return range(key.serviceId()).prefix() + key.instanceId();
	}

}
