package io.github.etcddiscovery.actuate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.etcddiscovery.autoconfigure.EtcdConnectionDetails;
import io.github.etcddiscovery.autoconfigure.EtcdProperties;
import io.github.etcddiscovery.cloud.CertificateExpiry;
import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.testsupport.Document;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TestApplications;
import io.github.etcddiscovery.testsupport.TestAuthority;
import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.util.FileSystemUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What Prometheus scrapes.
 */
@RequiresEtcd
class EtcdMetersTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	@TempDir
	private Path folder;

	EtcdMetersTests() {
		super(EtcdBinary.newest());
	}

	@Test
	void whatIsSeenAndRegisteredIsCounted() {
		String key = "/services/stock/10.0.0.5:80";
		this.eyes.put(key, "{\"host\":\"10.0.0.5\",\"port\":80}");
		ConfigurableApplicationContext application = this.applications.start(Application.class, "orders",
				"management.endpoints.web.exposure.include=prometheus,health",
				"spring.cloud.etcd.discovery.follow-health=readiness",
				"spring.cloud.etcd.discovery.snapshot.file=" + this.folder.resolve("snapshot.json"),
				"spring.cloud.etcd.discovery.remotes.us.endpoints=" + this.etcd.endpoint(),
				"spring.cloud.etcd.discovery.remotes.us.prefix=/elsewhere");
		awaitMeter(application, "view_instances", 2);
		awaitMeter(application, "registration_registered", 1);
		Map<String, Double> first = meters(application);
		assertThat(first).containsEntry("view_services", 2.0)
			.containsEntry("view_services{cluster=\"us\"}", 0.0)
			.containsEntry("view_without_lease", 1.0)
			.containsEntry("registration_healthy", 1.0)
			.containsEntry("fallback_services{cluster=\"us\"}", 0.0)
			.containsEntry("view_rejected", 0.0)
			.containsEntry("view_resyncs_total", 0.0)
			.containsEntry("view_staleness_seconds", 0.0)
			.containsEntry("registration_reregistrations_total", 0.0);
		assertThat(first.get("lease_remaining_seconds")).isBetween(1.0, 10.0);
		assertThat(first.get("certificates_remaining_seconds")).isBetween(29 * 86_400.0, 30 * 86_400.0);

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

		EtcdServiceRegistry own = application.getBean(EtcdServiceRegistry.class);
		EtcdRegistration further = new EtcdRegistration("further", null, "10.0.0.5", 80, false, Map.of());
		own.register(further);
		own.deregister(further);
		await().atMost(SOON).until(() -> meters(application).get("view_propagation_seconds_count") >= 4);
		Map<String, Double> last = meters(application);
		assertThat(last.keySet().stream().map(EtcdMetersTests::baseName).collect(Collectors.toSet()))
			.as("those of the page")
			.containsExactlyInAnyOrderElementsOf(
					Document.of("docs/monitoring.md").find("\\| `etcd_discovery_(\\w+)` \\|"));
		assertThat(last).containsEntry("register_seconds_count{error=\"none\",reason=\"none\"}", 4.0)
			.containsEntry("deregister_seconds_count{error=\"none\",reason=\"none\"}", 1.0)
			.containsEntry("resync_seconds_count{error=\"none\",reason=\"none\"}", 1.0);
		assertThat(last.get("view_propagation_seconds_bucket{le=\"5.0\"}")).isGreaterThanOrEqualTo(1);
		assertThat(application.getBean(Observations.class).ended).contains(
				"etcd register of /services/further/10.0.0.5:80", "etcd resync of /services/",
				"etcd deregister of /services/further/10.0.0.5:80");
		dashboardShowsMetersThatThereAre(last.keySet());
	}

	/**
	 * Every query, with every label by which it groups; and every meter is in a query.
	 */
	private static void dashboardShowsMetersThatThereAre(Set<String> samples) {
		JsonNode dashboard = JsonMapper.shared().readTree(Document.of("docs/grafana-dashboard.json").text());
		List<String> queries = Stream
			.concat(dashboard.findValues("expr").stream(),
					dashboard.at("/templating/list").findValues("query").stream())
			.map(JsonNode::asString)
			.filter((query) -> !query.equals("prometheus"))
			.toList();
		assertThat(queries).hasSizeGreaterThan(10);
		Set<String> used = new TreeSet<>();
		for (String query : queries) {
			List<String> names = matches("etcd_discovery_(\\w+)", query);
			assertThat(names).as(query).hasSize(1);
			List<String> found = samples.stream()
				.filter((sample) -> sample.split("\\{")[0].equals(names.get(0)))
				.toList();
			assertThat(found).as(query).isNotEmpty();
			matches("by \\((\\w+)\\)", query)
				.forEach((label) -> assertThat(found).as(query).allMatch((sample) -> sample.contains(label + "=\"")));
			if (query.contains("rate(")) {
				assertThat(names.get(0)).as(query).matches(".*_(total|count|bucket)");
			}
			used.add(baseName(names.get(0)));
		}
		Set<String> all = samples.stream().map(EtcdMetersTests::baseName).collect(Collectors.toSet());
		all.removeAll(Set.of("resync_active_seconds", "deregister_active_seconds"));
		assertThat(used).containsAll(all);
	}

	private static List<String> matches(String expression, String text) {
		return Pattern.compile(expression).matcher(text).results().map((match) -> match.group(1)).toList();
	}

	private static String baseName(String sample) {
		return sample.replaceFirst("(_(bucket|count|sum|max))?(\\{.*)?$", "");
	}

	private static void awaitMeter(ConfigurableApplicationContext application, String name, double value) {
		await().atMost(SOON).untilAsserted(() -> assertThat(meters(application)).containsEntry(name, value));
	}

	/**
	 * Those of this project, by their names for Prometheus, without the common prefix and
	 * the tag of the home cluster.
	 */
	private static Map<String, Double> meters(ConfigurableApplicationContext application) {
		String prefix = "etcd_discovery_";
		Map<String, Double> meters = new TreeMap<>();
		TestApplications.http(application, "/actuator/prometheus")
			.get()
			.retrieve()
			.body(String.class)
			.lines()
			.filter((line) -> line.startsWith(prefix))
			.forEach((line) -> {
				int split = line.lastIndexOf(' ');
				String sample = line.substring(prefix.length(), split)
					.replaceFirst("cluster=\"home\",?", "")
					.replace("{}", "");
				meters.put(sample, Double.valueOf(line.substring(split + 1)));
			});
		return meters;
	}

	/**
	 * Keeps what has been observed, as tracing would.
	 */
	static final class Observations implements ObservationHandler<Observation.Context> {

		private final Queue<String> ended = new ConcurrentLinkedQueue<>();

		@Override
		public void onStop(Observation.Context context) {
			this.ended.add(context.getContextualName() + " of "
					+ context.getHighCardinalityKeyValues().stream().map(KeyValue::getValue).findFirst().orElse(""));
		}

		@Override
		public boolean supportsContext(Observation.Context context) {
			return String.valueOf(context.getName()).startsWith("etcd.discovery.");
		}

	}

	/**
	 * An application that is observed.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Observations.class)
	static class Application {

		/** As if there were certificates, which are good for 30 days. */
		@Bean
		CertificateExpiry certificates() throws IOException, GeneralSecurityException {
			Path folder = Files.createTempDirectory("certificates-");
			try {
				EtcdProperties properties = new EtcdProperties();
				properties.setCaCert(new TestAuthority(folder).certificate());
				CertificateExpiry expiry = new CertificateExpiry(InstantSource.system());
				expiry.update(EtcdConnectionDetails.of(properties, null).getSslBundle());
				return expiry;
			}
			finally {
				FileSystemUtils.deleteRecursively(folder);
			}
		}

	}

}
