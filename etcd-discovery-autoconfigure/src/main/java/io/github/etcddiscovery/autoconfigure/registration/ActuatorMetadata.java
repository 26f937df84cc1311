package io.github.etcddiscovery.autoconfigure.registration;

import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.etcddiscovery.cloud.registration.EtcdRegistration;

import org.springframework.core.env.Environment;
import org.springframework.util.ClassUtils;

/**
 * Advertises where the actuator of an application is, where that is not {@code /actuator}
 * at the port of the application. The names are the ones that Spring Boot Admin reads of
 * any registry (its {@code DefaultServiceInstanceConverter}).
 */
final class ActuatorMetadata {

	private static final String PORT = "management.port";

	private static final String SCHEME = "management.scheme";

	private static final String PATH = "management.context-path";

	private static final String HEALTH_PATH = "health.path";

	private static final String PROMETHEUS_PATH = "prometheus.path";

	private static final String DEFAULT_PATH = "/actuator";

	private static final boolean PRESENT = ClassUtils.isPresent(
			"org.springframework.boot.actuate.endpoint.annotation.Endpoint", ActuatorMetadata.class.getClassLoader());

	private final Environment environment;

	ActuatorMetadata(Environment environment) {
		this.environment = environment;
	}

	/**
	 * Adds the metadata that the user has not set.
	 * @param application the registration of the application
	 * @param managementPort the port of the management server, 0 if the application's
	 * port serves the actuator
	 * @param managementSecure whether the management server speaks TLS
	 */
	void describe(EtcdRegistration application, int managementPort, boolean managementSecure) {
		if (!PRESENT || this.environment.getProperty("management.server.port", Integer.class, 0) < 0) {
			return;
		}
		boolean separate = managementPort != 0;
		if (separate) {
			application.getMetadata().putIfAbsent(PORT, String.valueOf(managementPort));
			if (managementSecure != application.isSecure()) {
				application.getMetadata().putIfAbsent(SCHEME, managementSecure ? "https" : "http");
			}
		}
		String path = path(separate ? Stream.of("management.server.base-path")
				: Stream.of("server.servlet.context-path", "spring.mvc.servlet.path", "spring.webflux.base-path"))
				+ withSlash(this.environment.getProperty("management.endpoints.web.base-path", DEFAULT_PATH));
		if (!path.equals(DEFAULT_PATH)) {
			application.getMetadata().putIfAbsent(PATH, path.isEmpty() ? "/" : path);
		}
		addPath(application, HEALTH_PATH, "health");
		addPath(application, PROMETHEUS_PATH, "prometheus");
	}

	private void addPath(EtcdRegistration application, String name, String endpoint) {
		String path = withSlash(this.environment.getProperty("management.endpoints.web.path-mapping." + endpoint, ""));
		if (!path.isEmpty()) {
			application.getMetadata().putIfAbsent(name, path);
		}
	}

	private String path(Stream<String> properties) {
		return properties.map((property) -> withSlash(this.environment.getProperty(property, "")))
			.collect(Collectors.joining());
	}

	/** Returns a path with a slash before it and none behind it; empty for the root. */
	private static String withSlash(String path) {
		String plain = path.replaceAll("^/+|/+$", "");
		return plain.isEmpty() ? "" : "/" + plain;
	}

}
