package io.github.etcddiscovery.cloud;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import com.sun.net.httpserver.HttpServer;
import io.github.etcddiscovery.testing.EtcdApplicationTests;
import io.github.etcddiscovery.testing.EtcdBinary;
import io.github.etcddiscovery.testing.EtcdProcess;
import io.github.etcddiscovery.testing.LoadBalancedClients;
import io.github.etcddiscovery.testing.RequiresEtcd;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.client.ResourceAccessException;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * One instance answers, and others do not although etcd still holds them.
 */
@RequiresEtcd
class LoadBalancerRetryTests extends EtcdApplicationTests {

	private static final int CALLS = 20;

	private HttpServer alive;

	private final AtomicInteger answered = new AtomicInteger();

	LoadBalancerRetryTests() {
		super(EtcdBinary.newest());
	}

	@BeforeEach
	void start() throws IOException {
		this.alive = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		this.alive.createContext("/", (exchange) -> {
			this.answered.incrementAndGet();
			exchange.sendResponseHeaders(200, -1);
			exchange.close();
		});
		this.alive.start();
		register("alive", this.alive.getAddress().getPort());
		register("dead", EtcdProcess.freePort());
	}

	@AfterEach
	void stop() {
		this.alive.stop(0);
	}

	@ParameterizedTest
	@ValueSource(strings = { "default", "same-instance-preference", "weighted" })
	void blockingClientsRepeatAGetOnTheOtherInstance(String configuration) {
		ConfigurableApplicationContext caller = caller("spring.cloud.loadbalancer.configurations=" + configuration);
		RestClient restClient = caller.getBean(RestClient.Builder.class).build();
		RestTemplate restTemplate = caller.getBean(RestTemplate.class);
		assertThatAllAreAnswered(() -> restClient.get().uri("http://orders/").retrieve().toBodilessEntity());
		assertThatAllAreAnswered(() -> restTemplate.getForEntity("http://orders/", Void.class));
	}

	@ParameterizedTest
	@ValueSource(strings = { "default", "weighted" })
	void asManyAttemptsAsInstancesReachTheOneThatAnswers(String configuration) {
		register("a", EtcdProcess.freePort());
		ConfigurableApplicationContext caller = caller(3, "spring.cloud.loadbalancer.configurations=" + configuration,
				"spring.cloud.loadbalancer.retry.enabled=true",
				"spring.cloud.loadbalancer.retry.max-retries-on-next-service-instance=2");
		RestClient restClient = caller.getBean(RestClient.Builder.class).build();
		WebClient webClient = caller.getBean(WebClient.Builder.class).build();
		assertThatAllAreAnswered(() -> restClient.get().uri("http://orders/").retrieve().toBodilessEntity());
		assertThatAllAreAnswered(() -> webClient.get()
			.uri("http://orders/")
			.retrieve()
			.toBodilessEntity()
			.block(Duration.ofSeconds(10)));
	}

	@Test
	void instanceThatWasTriedIsTriedAgainIfSpringCloudIsToldSo() {
		RestClient client = caller("spring.cloud.loadbalancer.configurations=weighted",
				"spring.cloud.loadbalancer.retry.avoid-previous-instance=false")
			.getBean(RestClient.Builder.class)
			.build();
		assertThatExceptionOfType(ResourceAccessException.class).as("which has nearly all the weight")
			.isThrownBy(() -> {
				for (int i = 0; i < 2; i++) {
					client.get().uri("http://orders/").retrieve().toBodilessEntity();
				}
			});
	}

	@Test
	void blockingClientsDoNotRepeatAPost() {
		RestClient client = caller().getBean(RestClient.Builder.class).build();
		assertThatExceptionOfType(ResourceAccessException.class).isThrownBy(() -> {
			for (int i = 0; i < 2; i++) {
				client.post().uri("http://orders/").retrieve().toBodilessEntity();
			}
		});
	}

	@Test
	void reactiveClientRepeatsAGetOnTheOtherInstanceIfItIsToldTo() {
		WebClient client = caller("spring.cloud.loadbalancer.retry.enabled=true").getBean(WebClient.Builder.class)
			.build();
		assertThatAllAreAnswered(
				() -> client.get().uri("http://orders/").retrieve().toBodilessEntity().block(Duration.ofSeconds(10)));
	}

	@Test
	void reactiveClientRepeatsAPostAsWellWhenThereIsNoConnection() {
		WebClient client = caller("spring.cloud.loadbalancer.retry.enabled=true").getBean(WebClient.Builder.class)
			.build();
		assertThatAllAreAnswered(
				() -> client.post().uri("http://orders/").retrieve().toBodilessEntity().block(Duration.ofSeconds(10)));
	}

	private void assertThatAllAreAnswered(Supplier<?> call) {
		int before = this.answered.get();
		for (int i = 0; i < CALLS; i++) {
			assertThat(call.get()).isNotNull();
		}
		assertThat(this.answered.get() - before).isEqualTo(CALLS);
	}

	private ConfigurableApplicationContext caller(String... properties) {
		return caller(2, properties);
	}

	private ConfigurableApplicationContext caller(int instances, String... properties) {
		ConfigurableApplicationContext caller = this.applications
			.start(new SpringApplicationBuilder(Caller.class).web(WebApplicationType.NONE), "caller", properties);
		await().atMost(Duration.ofSeconds(10))
			.until(() -> caller.getBean(EtcdDiscoveryClient.class).getInstances("orders").size() == instances);
		return caller;
	}

	private void register(String id, int port) {
		String weight = id.equals("alive") ? "1" : "1000";
		this.eyes.put("/services/orders/" + id,
				"{\"host\":\"127.0.0.1\",\"port\":%d,\"metadata\":{\"weight\":\"%s\"}}".formatted(port, weight));
	}

	/**
	 * An application that calls others in every way there is.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(LoadBalancedClients.class)
	static class Caller {

	}

}
