package io.github.etcddiscovery.sample;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.etcddiscovery.testing.EtcdBinary;
import io.github.etcddiscovery.testing.EtcdProcess;
import io.github.etcddiscovery.testing.LoadBalancedClients;
import io.github.etcddiscovery.testing.RequiresEtcd;
import io.github.etcddiscovery.testing.TestApplications;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * All instances of a service are restarted one after the other while others call it all
 * the time, and no call fails: without a retry, which is switched off.
 */
@RequiresEtcd
@Tag("slow")
class RollingRestartIT {

	private static final Duration SOON = Duration.ofSeconds(90);

	private static final int INSTANCES = 4;

	/** How often all are restarted: three times for a demonstration. */
	private static final int ROUNDS = Integer.getInteger("rolling.rounds", 1);

	/** How many calls there are at least. */
	private static final int CALLS = Integer.getInteger("rolling.calls", 20_000);

	private final EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest());

	private final TestApplications applications = new TestApplications(this.etcd.endpoint());

	private final List<SampleProcess> instances = new ArrayList<>();

	private ConfigurableApplicationContext servlet;

	private Load load;

	@BeforeEach
	void start() {
		for (int i = 0; i < INSTANCES; i++) {
			this.instances.add(startInstance());
		}
		this.servlet = start("servlet-caller", "servlet");
		ConfigurableApplicationContext reactive = start("reactive-caller", "reactive");
		RestTemplate restTemplate = this.servlet.getBean(RestTemplate.class);
		RestClient restClient = this.servlet.getBean(RestClient.Builder.class).build();
		WebClient webClient = reactive.getBean(WebClient.Builder.class).build();
		Map<String, Supplier<Greeting>> clients = new LinkedHashMap<>();
		clients.put("RestTemplate", () -> restTemplate.getForObject("http://stock/hello", Greeting.class));
		clients.put("RestClient", () -> restClient.get().uri("http://stock/hello").retrieve().body(Greeting.class));
		clients.put("WebClient",
				() -> webClient.get().uri("http://stock/hello").retrieve().bodyToMono(Greeting.class).block());
		awaitAll(this.servlet);
		awaitAll(reactive);
		this.load = new Load(clients);
	}

	@AfterEach
	void stop() {
		this.load.close();
		this.instances.forEach(SampleProcess::close);
		this.applications.close();
		this.etcd.close();
	}

	@Test
	void noCallFailsWhileAllInstancesAreRestartedOneAfterTheOther() {
		for (int round = 0; round < ROUNDS; round++) {
			for (int i = 0; i < INSTANCES; i++) {
				SampleProcess old = this.instances.get(i);
				old.terminate();
				assertThat(old.awaitEnd()).isTrue();
				old.close();
				this.instances.set(i, startInstance());
				awaitAll(this.servlet);
			}
		}
		await().atMost(SOON).until(() -> this.load.calls() >= CALLS);
		this.load.close();
		assertThat(this.load.failures()).isEmpty();
		assertThat(this.load.rate()).as("calls a second").isGreaterThanOrEqualTo(500);
		Set<String> used = IntStream.range(0, INSTANCES)
			.mapToObj((i) -> this.load.call("RestClient").instance())
			.collect(Collectors.toSet());
		assertThat(used)
			.containsExactlyInAnyOrderElementsOf(this.instances.stream().map(SampleProcess::instanceId).toList());
	}

	private SampleProcess startInstance() {
		SampleProcess started = SampleProcess.start("stock", this.etcd.endpoint());
		started.port();
		return started;
	}

	private ConfigurableApplicationContext start(String name, String type) {
		return this.applications.start(new SpringApplicationBuilder(Caller.class), name,
				"spring.main.web-application-type=" + type, "spring.cloud.loadbalancer.retry.enabled=false");
	}

	private void awaitAll(ConfigurableApplicationContext caller) {
		Set<String> expected = this.instances.stream().map(SampleProcess::instanceId).collect(Collectors.toSet());
		await().atMost(SOON)
			.until(() -> caller.getBean(DiscoveryClient.class)
				.getInstances("stock")
				.stream()
				.map((instance) -> instance.getInstanceId())
				.collect(Collectors.toSet())
				.equals(expected));
	}

	/**
	 * An application that calls. Not a component: the sample would find it.
	 */
	@EnableAutoConfiguration
	@Import(LoadBalancedClients.class)
	static class Caller {

	}

}
