package io.github.etcddiscovery.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.github.etcddiscovery.testsupport.Document;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.LoadBalancedClients;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.view.ServiceView;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.discovery.ReactiveDiscoveryClient;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;
import org.springframework.web.reactive.function.client.WebClient;

import static io.github.etcddiscovery.testsupport.TestApplications.awaitNoThreads;
import static io.github.etcddiscovery.testsupport.TestApplications.http;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Real applications that start while etcd is away, with what they saw last.
 */
@RequiresEtcd
@ExtendWith(OutputCaptureExtension.class)
class StartWithoutEtcdTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	private static final String DISCOVERY = "spring.cloud.etcd.discovery.";

	private static final String RECORD = "{\"host\":\"10.0.0.5\",\"port\":80,\"metadata\":{\"password\":\"hidden!\","
			+ "\"zone\":\"eu-1\"}}";

	@TempDir
	private Path folder;

	StartWithoutEtcdTests() {
		super(EtcdBinary.newest());
	}

	@Test
	void instancesOfTheSnapshotAreCalledUntilEtcdIsBack(CapturedOutput output) {
		this.applications.start(Application.class, "stock");
		start().close();
		this.etcd.kill();
		ConfigurableApplicationContext context = start();
		ServiceView<?> view = context.getBean(ServiceView.class);
		assertThat(view.catalog().isSynced()).isFalse();
		assertThat(context.getBean(RestClient.Builder.class)
			.build()
			.get()
			.uri("http://stock/hello")
			.retrieve()
			.body(String.class)).isEqualTo("hello");
		assertThat(context.getBean(WebClient.Builder.class)
			.build()
			.get()
			.uri("http://stock/hello")
			.retrieve()
			.bodyToMono(String.class)
			.block(SOON)).isEqualTo("hello");
		assertThat(context.getBean(DiscoveryClient.class).getInstances("stock")).hasSize(1);
		List<ServiceInstance> reactive = context.getBean(ReactiveDiscoveryClient.class)
			.getInstances("stock")
			.collectList()
			.block(SOON);
		assertThat(reactive).hasSize(1);
		assertThat(get(context, "health/etcd")).contains("\"status\":\"UP\"", "\"stale\":true",
				"\"source\":\"snapshot\"");
		assertThat(get(context, "etcd")).contains("\"synced\":false", "\"used\":true", "\"retained\":{\"stock\":1}");
		assertThat(context.getBean(MeterRegistry.class).get("etcd.discovery.snapshot.age").timeGauge().value())
			.isBetween(0.0, 60.0);
		this.etcd.startAgain();
		await().atMost(SOON).until(() -> view.catalog().isSynced());
		assertThat(get(context, "health/etcd")).contains("\"status\":\"UP\"").doesNotContain("snapshot");
		assertThat(get(context, "etcd")).contains("\"used\":false", "\"retained\":{}");
		await().atMost(SOON).until(() -> output.toString().contains("Registered /services/orders/"));
	}

	@Test
	void fileHoldsHomeOnlyAndNothingSecret() throws IOException {
		this.eyes.put("/services/pay/a", RECORD);
		this.eyes.put("/us/billing/a", RECORD);
		start(DISCOVERY + "remotes.us.endpoints=" + this.etcd.endpoint(), DISCOVERY + "remotes.us.prefix=/us",
				DISCOVERY + "remotes.us.wait-for-sync=true")
			.close();
		assertThat(Files.readString(this.folder.resolve("snapshot.json"))).contains("eu-1")
			.doesNotContain("password", "hidden!", "billing");
	}

	@Test
	void fileThatCannotBeUsedDoesNotKeepTheApplicationFromStarting(CapturedOutput output) throws IOException {
		Files.writeString(this.folder.resolve("snapshot.json"), "127.0.0.1 localhost\n");
		this.etcd.kill();
		ConfigurableApplicationContext context = start();
		assertThat(output).contains("cannot be used: it is not a complete snapshot").contains("Starting without it");
		assertThat(get(context, "health/etcd")).contains("\"status\":\"DOWN\"");
		assertThat(get(context, "etcd")).contains("\"used\":false", "\"failure\":\"it is not a complete snapshot");
	}

	@Test
	void withoutAFileNothingIsWrittenAndNoThreadStarts() {
		ConfigurableApplicationContext context = start(DISCOVERY + "snapshot.file=");
		assertThat(this.folder).isEmptyDirectory();
		awaitNoThreads("etcd-snapshot");
		assertThat(get(context, "etcd")).contains("\"snapshot\":null");
		assertThat(context.getBean(MeterRegistry.class).find("etcd.discovery.snapshot.age").meter()).isNull();
	}

	/** With the properties of the page. */
	private ConfigurableApplicationContext start(String... properties) {
		Map<String, String> page = Document.properties(Document.of("docs/reliability.md").blocks("yaml").get(0));
		assertThat(page).containsOnlyKeys("spring.cloud.etcd.fail-fast", DISCOVERY + "snapshot.file");
		String[] all = { DISCOVERY + "snapshot.file=" + this.folder.resolve("snapshot.json"),
				"spring.cloud.etcd.fail-fast=" + page.get("spring.cloud.etcd.fail-fast"),
				"spring.cloud.etcd.request-timeout=500ms", "management.endpoints.web.exposure.include=etcd,health",
				"management.endpoint.health.show-details=always" };
		return this.applications.start(Application.class, "orders",
				Stream.of(all, properties).flatMap(Arrays::stream).toArray(String[]::new));
	}

	/** A health that is DOWN is answered with status 503. */
	private static String get(ConfigurableApplicationContext context, String endpoint) {
		return http(context, "/actuator/" + endpoint).get()
			.exchange((request, response) -> new String(response.getBody().readAllBytes()));
	}

	/**
	 * Calls others, and is called.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(LoadBalancedClients.class)
	@RestController
	static class Application {

		@GetMapping("/hello")
		String hello() {
			return "hello";
		}

		@Bean
		MeterRegistry meterRegistry() {
			return new SimpleMeterRegistry();
		}

	}

}
