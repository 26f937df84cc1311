package io.github.etcddiscovery.actuate;

import java.time.Duration;

import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TestApplications;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.awaitility.Awaitility.await;

/**
 * What {@code /actuator/health/etcd} answers on good and bad days.
 */
@RequiresEtcd
class EtcdHealthIndicatorTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	private final EtcdProcess etcd;

	private final TestApplications applications;

	EtcdHealthIndicatorTests() {
		this.etcd = EtcdProcess.startWith(EtcdBinary.newest(), "--quota-backend-bytes=2097152");
		this.applications = new TestApplications(this.etcd.endpoint());
	}

	@AfterEach
	void stop() {
		this.applications.close();
		this.etcd.close();
	}

	@Test
	void outageTakesNobodyOutOfServiceButIsInTheDetails() {
		ConfigurableApplicationContext application = start();
		await().atMost(SOON).untilAsserted(() -> {
			JsonNode health = health(application);
			assertThat(health.path("status").asString()).isEqualTo("UP");
			assertThat(health.at("/details/view/state").asString()).isEqualTo("WATCHING");
			assertThat(health.at("/details/view").has("failure")).isFalse();
			assertThat(health.at("/details/registrations").valueStream().map(JsonNode::asString))
				.containsExactly("REGISTERED");
		});
		this.etcd.kill();
		await().atMost(SOON).untilAsserted(() -> {
			JsonNode health = health(application);
			assertThat(health.path("status").asString()).isEqualTo("UP");
			assertThat(health.at("/details/view/failure").asString()).contains("failed");
			assertThat(health.at("/details/view/staleMillis").asLong()).isPositive();
		});
		this.etcd.startAgain();
		await().atMost(SOON).until(() -> !health(application).at("/details/view").has("failure"));
	}

	@Test
	void isDownUntilEtcdHasBeenReadForTheFirstTime() {
		this.etcd.kill();
		ConfigurableApplicationContext application = start("spring.cloud.etcd.fail-fast=false");
		assertThat(health(application).path("status").asString()).isEqualTo("DOWN");
		this.etcd.startAgain();
		await().atMost(SOON).until(() -> health(application).path("status").asString().equals("UP"));
	}

	@Test
	void recordThatEtcdHasNoSpaceForSaysSo() {
		try (EtcdEyes eyes = new EtcdEyes(this.etcd.endpoint())) {
			assertThatException().isThrownBy(() -> {
				for (int i = 0; i < 100; i++) {
					eyes.put("/filling/" + i, "x".repeat(100_000));
				}
			}).withMessageContaining("database space exceeded");
		}
		ConfigurableApplicationContext application = start("spring.cloud.etcd.fail-fast=false");
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(
					health(application).at("/details/registrations").valueStream().map(JsonNode::asString))
				.singleElement()
				.asString()
				.startsWith("WANTED: ")
				.contains("database space exceeded"));
		assertThat(health(application).path("status").asString()).isEqualTo("UP");
	}

	@Test
	void canBeSwitchedOff() {
		assertThat(start("management.health.etcd.enabled=false").containsBean("etcdHealthIndicator")).isFalse();
	}

	private ConfigurableApplicationContext start(String... properties) {
		SpringApplicationBuilder application = new SpringApplicationBuilder(Application.class)
			.properties("management.endpoint.health.show-details=always");
		return this.applications.start(application, "orders", properties);
	}

	private static JsonNode health(ConfigurableApplicationContext application) {
		return TestApplications.http(application, "/actuator/health/etcd")
			.get()
			.exchange((request, response) -> JsonMapper.shared().readTree(response.getBody()));
	}

	/**
	 * An application with nothing of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
