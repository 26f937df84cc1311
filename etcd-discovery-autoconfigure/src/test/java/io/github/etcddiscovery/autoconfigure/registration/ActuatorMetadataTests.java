package io.github.etcddiscovery.autoconfigure.registration;

import java.util.Map;
import java.util.TreeMap;

import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import org.junit.jupiter.api.Test;

import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link ActuatorMetadata}.
 */
class ActuatorMetadataTests {

	private final MockEnvironment environment = new MockEnvironment();

	private final EtcdRegistration registration = new EtcdRegistration("orders", null, "h", 80, false, Map.of());

	private Map<String, String> described(int managementPort, boolean secure) {
		new ActuatorMetadata(this.environment).describe(this.registration, managementPort, secure);
		return new TreeMap<>(this.registration.getMetadata());
	}

	@Test
	void defaultsAreNotAdvertised() {
		assertThat(described(0, false)).isEmpty();
	}

	@Test
	void managementPortIsAdvertisedWithItsSchemeWhereThatDiffers() {
		assertThat(described(8081, false)).containsExactly(Map.entry("management.port", "8081"));
		assertThat(described(8081, true)).containsEntry("management.scheme", "https");
	}

	@Test
	void plainManagementServerOfASecureApplicationIsAdvertisedAsSuch() {
		this.registration.setSecure(true);
		assertThat(described(8081, false)).containsEntry("management.scheme", "http");
		assertThat(described(0, false)).doesNotContainKey("management.context-path");
	}

	@Test
	void contextPathsStandBeforeThePathOfTheActuator() {
		this.environment.setProperty("server.servlet.context-path", "/shop");
		this.environment.setProperty("spring.mvc.servlet.path", "api/");
		assertThat(described(0, false)).containsExactly(Map.entry("management.context-path", "/shop/api/actuator"));
	}

	@Test
	void basePathOfWebFluxStandsBeforeThePathOfTheActuator() {
		this.environment.setProperty("spring.webflux.base-path", "/shop");
		assertThat(described(0, false)).containsEntry("management.context-path", "/shop/actuator");
	}

	@Test
	void managementServerHasABasePathOfItsOwn() {
		this.environment.setProperty("server.servlet.context-path", "/shop");
		this.environment.setProperty("management.server.base-path", "/admin");
		this.environment.setProperty("management.endpoints.web.base-path", "/");
		assertThat(described(8081, false)).containsEntry("management.context-path", "/admin");
	}

	@Test
	void actuatorAtTheRootIsAdvertisedAsTheRoot() {
		this.environment.setProperty("management.endpoints.web.base-path", "/");
		assertThat(described(8081, false)).containsEntry("management.context-path", "/");
	}

	@Test
	void mappedPathOfHealthIsAdvertised() {
		this.environment.setProperty("management.endpoints.web.path-mapping.health", "well");
		assertThat(described(0, false)).containsExactly(Map.entry("health.path", "/well"));
	}

	@Test
	void mappedPathOfPrometheusIsAdvertised() {
		this.environment.setProperty("management.endpoints.web.path-mapping.prometheus", "metrics");
		assertThat(described(0, false)).containsExactly(Map.entry("prometheus.path", "/metrics"));
	}

	@Test
	void whatTheUserHasSetStays() {
		this.registration.getMetadata().put("management.port", "1");
		this.registration.getMetadata().put("management.context-path", "/mine");
		this.environment.setProperty("management.endpoints.web.base-path", "/manage");
		assertThat(described(8081, false)).containsEntry("management.port", "1")
			.containsEntry("management.context-path", "/mine");
	}

	@Test
	void switchedOffManagementServerIsNotAdvertised() {
		this.environment.setProperty("management.server.port", "-1");
		this.environment.setProperty("management.endpoints.web.base-path", "/manage");
		assertThat(described(0, false)).isEmpty();
	}

}
