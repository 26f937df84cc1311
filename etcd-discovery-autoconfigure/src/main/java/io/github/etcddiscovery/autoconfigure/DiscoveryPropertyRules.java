package io.github.etcddiscovery.autoconfigure;

import java.util.Map;
import java.util.function.Supplier;

import io.github.etcddiscovery.instance.InvalidValueException;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/**
 * Says which property an invalid value came from.
 */
final class DiscoveryPropertyRules {

	private static final String PREFIX = "spring.cloud.etcd.discovery.";

	/** Properties whose names differ from what the rooms below call the value. */
	private static final Map<String, String> NAMES = Map.of("service id", "service-name", "instance id", "instance-id");

	private DiscoveryPropertyRules() {
	}

	/**
	 * Creates something of property values.
	 * @param creation creates it
	 * @return what was created
	 * @throws InvalidConfigurationPropertyValueException if a value breaks the rules
	 */
	static <T> T check(Supplier<T> creation) {
		try {
			return creation.get();
		}
		catch (InvalidValueException ex) {
			throw invalid(NAMES.getOrDefault(ex.part(), ex.part()), ex.value(), "Expected " + ex.expected() + ".");
		}
	}

	static InvalidConfigurationPropertyValueException invalid(String property, Object value, String reason) {
		return new InvalidConfigurationPropertyValueException(PREFIX + property, value, reason);
	}

}
