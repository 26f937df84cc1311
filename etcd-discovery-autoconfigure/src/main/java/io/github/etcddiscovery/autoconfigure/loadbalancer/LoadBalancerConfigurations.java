package io.github.etcddiscovery.autoconfigure.loadbalancer;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.Environment;

/**
 * The names in {@code spring.cloud.loadbalancer.configurations}, or, for one service, in
 * {@code spring.cloud.loadbalancer.clients.<service>.configurations}.
 */
final class LoadBalancerConfigurations {

	static final String HEALTH_CHECK = "health-check";

	static final String ZONE_PREFERENCE = "zone-preference";

	static final String API_VERSION = "api-version";

	static final String SUBSET = "subset";

	static final String STICKY_SESSION = "request-based-sticky-session";

	static final String SAME_INSTANCE = "same-instance-preference";

	static final String WEIGHTED = "weighted";

	static final String LEAST_REQUESTS = "least-requests";

	private static final String DEFAULT = "default";

	/** In the order in which they are applied. */
	private static final Set<String> KNOWN = new LinkedHashSet<>(List.of(DEFAULT, HEALTH_CHECK, ZONE_PREFERENCE,
			API_VERSION, SUBSET, STICKY_SESSION, SAME_INSTANCE, WEIGHTED, LEAST_REQUESTS));

	/** Names that exclude the names in their list, with the reason. */
	private static final List<Conflict> CONFLICTS = List.of(
			new Conflict(SAME_INSTANCE, List.of(STICKY_SESSION, WEIGHTED, LEAST_REQUESTS),
					"the first one would keep to the same instance, whatever the other one prefers"),
			new Conflict(WEIGHTED, List.of(LEAST_REQUESTS), "each of them picks the instance"));

	private static final String PROPERTY = "configurations";

	private static final String EVERYWHERE = "spring.cloud.loadbalancer." + PROPERTY;

	private static final ConfigurationPropertyName CLIENTS = ConfigurationPropertyName
		.of("spring.cloud.loadbalancer.clients");

	private LoadBalancerConfigurations() {
	}

	/**
	 * Returns the names that hold for a service.
	 * @param environment has the properties
	 * @param serviceId the service
	 * @param zones the zones in order of the service
	 * @throws InvalidConfigurationPropertyValueException if a name is unknown, or
	 * excludes another one
	 */
	static Set<String> of(Environment environment, String serviceId, List<String> zones) {
		String plain = CLIENTS + "." + serviceId + "." + PROPERTY;
		String bracketed = CLIENTS + "[" + serviceId + "]." + PROPERTY;
		for (String property : List.of(plain, bracketed, EVERYWHERE)) {
			ConfigurationPropertyName name = ConfigurationPropertyName.adapt(property, '.');
			List<String> names = read(environment, name);
			if (names != null) {
				return check(property, names, zones);
			}
		}
		return Set.of();
	}

	/**
	 * Checks what is set for all services, and for each one.
	 * @param environment has the properties
	 * @param settings has the zones
	 * @throws InvalidConfigurationPropertyValueException if a name is unknown, or
	 * excludes another one
	 */
	static void check(Environment environment, LoadBalancingSettings settings) {
		List<String> everywhere = read(environment, ConfigurationPropertyName.of(EVERYWHERE));
		if (everywhere != null) {
			check(EVERYWHERE, everywhere, settings.allServices().zones());
		}
		clients(environment).forEach((name, serviceId) -> {
			List<String> names = read(environment, name);
			if (names != null) {
				check(name.toString(), names, settings.of(serviceId).zones());
			}
		});
	}

	/** Returns the ids of the services that have names of their own, by property. */
	private static Map<ConfigurationPropertyName, String> clients(Environment environment) {
		Map<ConfigurationPropertyName, String> clients = new TreeMap<>();
		int service = CLIENTS.getNumberOfElements();
		ConfigurationPropertySources.get(environment).forEach((source) -> {
			if (source instanceof IterableConfigurationPropertySource iterable) {
				iterable.stream()
					.filter((name) -> CLIENTS.isAncestorOf(name) && name.getNumberOfElements() > service + 1
							&& name.getElement(service + 1, Form.UNIFORM).equals(PROPERTY))
					.forEach((name) -> clients.put(name.chop(service + 2), name.getElement(service, Form.ORIGINAL)));
			}
		});
		return clients;
	}

	private static @Nullable List<String> read(Environment environment, ConfigurationPropertyName name) {
		return Binder.get(environment).bind(name, Bindable.listOf(String.class)).orElse(null);
	}

	private static Set<String> check(String property, List<String> values, List<String> zones) {
		Set<String> names = new LinkedHashSet<>();
		for (String value : values) {
			String name = value.trim().toLowerCase(Locale.ROOT);
			if (!KNOWN.contains(name)) {
				throw new InvalidConfigurationPropertyValueException(property, value,
						"Expected one or more of " + String.join(", ", KNOWN) + ", separated by commas.");
			}
			names.add(name);
		}
		if (names.contains(DEFAULT) && names.size() > 1) {
			throw new InvalidConfigurationPropertyValueException(property, values,
					"Remove 'default' or the other names: 'default' means that no other name applies.");
		}
		for (Conflict conflict : CONFLICTS) {
			for (String other : conflict.others()) {
				if (names.contains(conflict.name()) && names.contains(other)) {
					throw new InvalidConfigurationPropertyValueException(property, values,
							"Expected '%s' or '%s', not both: %s.".formatted(conflict.name(), other,
									conflict.reason()));
				}
			}
		}
		if (names.contains(ZONE_PREFERENCE) && !zones.isEmpty()) {
			throw new InvalidConfigurationPropertyValueException(property, values,
					"Remove 'zone-preference', or the zones %s of spring.cloud.etcd.discovery.zones (or clients.<service>.zones): each of them decides which zones are used."
						.formatted(zones));
		}
		return names;
	}

	/**
	 * A name that excludes others.
	 *
	 * @param name the name
	 * @param others the names that it excludes
	 * @param reason why, the end of a sentence
	 */
	private record Conflict(String name, List<String> others, String reason) {

	}

}
