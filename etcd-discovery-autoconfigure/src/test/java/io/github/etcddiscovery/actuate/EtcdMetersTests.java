package io.github.etcddiscovery.actuate;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

import io.github.etcddiscovery.documentation.Document;
import io.github.etcddiscovery.testing.EtcdApplicationTests;
import io.github.etcddiscovery.testing.EtcdBinary;
import io.github.etcddiscovery.testing.RequiresEtcd;
import io.github.etcddiscovery.testing.TestApplications;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.client.RestClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What Prometheus scrapes.
 */
@RequiresEtcd
class EtcdMetersTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	EtcdMetersTests() {
		super(EtcdBinary.newest());
	}

	@Test
	void whatIsSeenAndRegisteredIsCounted() {
		String key = "/services/stock/10.0.0.5:80";
		this.eyes.put(key, "{\"host\":\"10.0.0.5\",\"port\":80}");
		ConfigurableApplicationContext application = this.applications.start(Application.class, "orders",
				"management.endpoints.web.exposure.include=prometheus");
		awaitMeter(application, "view_instances", 2);
		awaitMeter(application, "registration_registered", 1);
		Map<String, Double> first = meters(application);
		assertThat(first.keySet()).as("those of the page")
			.containsExactlyInAnyOrderElementsOf(
					Document.of("docs/monitoring.md").find("\\| `etcd_discovery_(\\w+)` \\|"))
			.hasSize(10);
		assertThat(first).containsEntry("view_services", 2.0)
			.containsEntry("view_rejected", 0.0)
			.containsEntry("view_resyncs_total", 0.0)
			.containsEntry("view_staleness_seconds", 0.0)
			.containsEntry("registration_reregistrations_total", 0.0);
		assertThat(first.get("lease_remaining_seconds")).isBetween(1.0, 10.0);

		this.eyes.put(key, "no record");
		awaitMeter(application, "view_rejected", 1);
		assertThat(meters(application)).containsEntry("view_instances", 1.0);
		this.eyes.delete(key);
		awaitMeter(application, "view_rejected", 0);

		this.eyes.deleteAll("/services/orders/");
		awaitMeter(application, "registration_reregistrations_total", 1);
		awaitMeter(application, "view_instances", 1);
		assertThat(meters(application).get("view_events_total")).isGreaterThanOrEqualTo(4);
		assertThat(meters(application).get("view_revision")).isEqualTo(this.eyes.revision());

		this.etcd.kill();
		await().atMost(SOON).until(() -> meters(application).get("view_staleness_seconds") > 0);
		this.etcd.wipe();
		this.etcd.startAgain();
		awaitMeter(application, "view_resyncs_total", 1);
		awaitMeter(application, "registration_registered", 1);
		awaitMeter(application, "view_staleness_seconds", 0);
	}

	private static void awaitMeter(ConfigurableApplicationContext application, String name, double value) {
		await().atMost(SOON).untilAsserted(() -> assertThat(meters(application)).containsEntry(name, value));
	}

	/**
	 * Those of this project, by their names for Prometheus, without the common prefix.
	 */
	private static Map<String, Double> meters(ConfigurableApplicationContext application) {
		String prefix = "etcd_discovery_";
		Map<String, Double> meters = new TreeMap<>();
		RestClient.create("http://127.0.0.1:" + TestApplications.port(application))
			.get()
			.uri("/actuator/prometheus")
			.retrieve()
			.body(String.class)
			.lines()
			.filter((line) -> line.startsWith(prefix))
			.forEach((line) -> {
				int split = line.lastIndexOf(' ');
				meters.put(line.substring(prefix.length(), split), Double.valueOf(line.substring(split + 1)));
			});
		return meters;
	}

	/**
	 * An application with nothing of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
