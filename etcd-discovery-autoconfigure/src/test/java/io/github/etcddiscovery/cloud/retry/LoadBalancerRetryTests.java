package io.github.etcddiscovery.cloud.retry;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

import com.sun.net.httpserver.HttpServer;
import io.github.etcddiscovery.cloud.discovery.EtcdDiscoveryClient;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.LoadBalancedClients;
import io.github.etcddiscovery.testsupport.LoopbackPorts;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.util.retry.Retry;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.CompletionContext;
import org.springframework.cloud.client.loadbalancer.LoadBalancerLifecycle;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.client.loadbalancer.Response;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.http.HttpMethod;
import org.springframework.web.client.ResourceAccessException;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * One instance answers, and others do not although etcd still holds them.
 */
@RequiresEtcd
class LoadBalancerRetryTests extends EtcdApplicationTests {

	private static final int CALLS = 20;

	private static final URI BUSY = URI.create("http://crowded/busy");

	private HttpServer alive;

	private final AtomicInteger answered = new AtomicInteger();

	private final AtomicInteger refused = new AtomicInteger();

	private final AtomicInteger received = new AtomicInteger();

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
		this.alive.createContext("/busy", (exchange) -> {
			this.refused.incrementAndGet();
			exchange.sendResponseHeaders(503, -1);
			exchange.close();
		});
		this.alive.createContext("/broken", (exchange) -> {
			this.received.incrementAndGet();
			exchange.close();
		});
		this.alive.start();
		register("alive", this.alive.getAddress().getPort());
		register("dead", LoopbackPorts.next());
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
		register("a", LoopbackPorts.next());
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
	void reactiveClientRepeatsAGetOnTheOtherInstanceIfItIsToldTo() {
		WebClient client = caller("spring.cloud.loadbalancer.retry.enabled=true").getBean(WebClient.Builder.class)
			.build();
		assertThatAllAreAnswered(
				() -> client.get().uri("http://orders/").retrieve().toBodilessEntity().block(Duration.ofSeconds(10)));
	}

	@ParameterizedTest
	@EnumSource
	void postThatCouldNotBeSentIsRepeated(Client client) {
		Function<URI, Object> post = client.post(caller("spring.cloud.loadbalancer.retry.enabled=true"));
		assertThatAllAreAnswered(() -> post.apply(URI.create("http://orders/")));
	}

	@ParameterizedTest
	@EnumSource
	void postThatMayHaveBeenReceivedIsNotRepeated(Client client) {
		registerCrowded();
		Function<URI, Object> post = client.post(caller("spring.cloud.loadbalancer.retry.enabled=true",
				"spring.cloud.loadbalancer.retry.retry-on-all-exceptions=true"));
		for (int i = 1; i <= CALLS; i++) {
			assertThatExceptionOfType(client.failure).isThrownBy(() -> post.apply(URI.create("http://crowded/broken")));
			assertThat(this.received).hasValue(i);
		}
	}

	@ParameterizedTest
	@EnumSource
	void postIsRepeatedWhateverHappenedIfSpringCloudIsToldSo(Client client) {
		registerCrowded();
		Function<URI, Object> post = client.post(caller("spring.cloud.loadbalancer.retry.enabled=true",
				"spring.cloud.loadbalancer.retry.retry-on-all-operations=true"));
		assertThatException().isThrownBy(() -> post.apply(URI.create("http://crowded/broken")));
		assertThat(this.received).hasValue(2);
	}

	@ParameterizedTest
	@EnumSource
	void retriesAddNoMoreThanTheirBudgetToTheLoad(Client client) {
		registerCrowded();
		ConfigurableApplicationContext caller = caller("spring.cloud.loadbalancer.retry.enabled=true",
				"spring.cloud.loadbalancer.retry.retryable-status-codes=503",
				"spring.cloud.etcd.discovery.retry-budget=0.1");
		Function<URI, Object> get = client.get(caller);
		long begin = System.nanoTime();
		for (int i = 0; i < 500; i++) {
			assertThatException().isThrownBy(() -> get.apply(BUSY)).withMessageContaining("503");
		}
		long seconds = Duration.ofNanos(System.nanoTime() - begin).toSeconds();
		assertThat(this.refused).as("500, a tenth, and ten a second")
			.hasValueGreaterThanOrEqualTo(600)
			.hasValueLessThanOrEqualTo((int) (650 + 10 * (seconds + 2)));
	}

	@ParameterizedTest
	@EnumSource
	void requestThatCouldNotBeSentIsRepeatedWhenTheBudgetIsSpent(Client client) {
		registerCrowded();
		this.eyes.put("/services/crowded/dead", record(LoopbackPorts.next(), 1));
		Function<URI, Object> get = client.get(caller("spring.cloud.loadbalancer.retry.enabled=true",
				"spring.cloud.loadbalancer.retry.retryable-status-codes=503",
				"spring.cloud.etcd.discovery.retry-budget=0"));
		for (int i = 0; i < 400; i++) {
			assertThatException().isThrownBy(() -> get.apply(BUSY));
		}
		int before = this.refused.get();
		for (int i = 0; i < CALLS; i++) {
			assertThatException().isThrownBy(() -> get.apply(BUSY));
		}
		assertThat(this.refused.get() - before).as("received once each").isEqualTo(CALLS);
		assertThatAllAreAnswered(() -> get.apply(URI.create("http://crowded/")));
	}

	@ParameterizedTest
	@EnumSource
	void serviceForWhichRetryIsSwitchedOffIsCalledOnce(Client client) {
		Function<URI, Object> get = client.get(caller("spring.cloud.loadbalancer.retry.enabled=true",
				"spring.cloud.loadbalancer.clients.orders.retry.enabled=false"));
		assertThatException().isThrownBy(() -> {
			for (int i = 0; i < 2; i++) {
				get.apply(URI.create("http://orders/"));
			}
		});
		assertThat(this.answered).hasValueLessThan(2);
	}

	@ParameterizedTest
	@EnumSource
	void requestIsSentToTheSameInstanceFirstIfSpringCloudIsToldSo(Client client) {
		registerCrowded();
		Function<URI, Object> get = client.get(caller("spring.cloud.loadbalancer.retry.enabled=true",
				"spring.cloud.loadbalancer.retry.max-retries-on-same-service-instance=1",
				"spring.cloud.loadbalancer.retry.retryable-status-codes=503"));
		assertThatException().isThrownBy(() -> get.apply(BUSY));
		assertThat(this.refused).hasValueGreaterThan(2);
	}

	@Test
	void lifecyclesOfTheLoadBalancerHearOfTheFailureItself() {
		registerCrowded();
		ConfigurableApplicationContext caller = caller("spring.cloud.loadbalancer.retry.enabled=true");
		Function<URI, Object> post = Client.REACTIVE.post(caller);
		assertThatExceptionOfType(WebClientException.class)
			.isThrownBy(() -> post.apply(URI.create("http://crowded/broken")));
		assertThat(caller.getBean(Failures.class).all).singleElement().isInstanceOf(WebClientException.class);
	}

	@Test
	void whatAFilterOfTheClientHasGivenUpIsNoReasonToRepeatAPost() {
		registerCrowded();
		WebClient client = caller("spring.cloud.loadbalancer.retry.enabled=true").getBean(WebClient.Builder.class)
			.filter((request, next) -> next.exchange(request)
				.flatMap((response) -> response.<ClientResponse>createError())
				.retryWhen(Retry.max(0)))
			.build();
		assertThatException()
			.isThrownBy(() -> client.post().uri(BUSY).retrieve().toBodilessEntity().block(Duration.ofSeconds(10)))
			.withMessageContaining("Retries exhausted: 0/0");
		assertThat(this.refused).hasValue(1);
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
			.start(new SpringApplicationBuilder(Caller.class).web(WebApplicationType.NONE), "caller", Stream
				// With ejection, only the first call would meet the dead instance.
				.concat(Stream.of("spring.cloud.etcd.discovery.outlier.enabled=false"), Stream.of(properties))
				.toArray(String[]::new));
		await().atMost(Duration.ofSeconds(10))
			.until(() -> caller.getBean(EtcdDiscoveryClient.class).getInstances("orders").size() == instances);
		return caller;
	}

	private void register(String id, int port) {
		int weight = id.equals("alive") ? 1 : 1_000;
		this.eyes.put("/services/orders/" + id, record(port, weight));
	}

	/** Two that have the server that answers. */
	private void registerCrowded() {
		this.eyes.put("/services/crowded/a", record(this.alive.getAddress().getPort(), 1));
		this.eyes.put("/services/crowded/b", record(this.alive.getAddress().getPort(), 1));
	}

	private static String record(int port, int weight) {
		return "{\"host\":\"127.0.0.1\",\"port\":%d,\"metadata\":{\"weight\":\"%d\"}}".formatted(port, weight);
	}

	/**
	 * What calls.
	 */
	enum Client {

		BLOCKING(RestClientException.class) {

			@Override
			Function<URI, Object> call(ConfigurableApplicationContext caller, HttpMethod method) {
				RestClient client = caller.getBean(RestClient.Builder.class).build();
				return (uri) -> client.method(method).uri(uri).retrieve().toBodilessEntity();
			}

		},

		REACTIVE(WebClientException.class) {

			@Override
			Function<URI, Object> call(ConfigurableApplicationContext caller, HttpMethod method) {
				WebClient client = caller.getBean(WebClient.Builder.class).build();
				return (uri) -> client.method(method)
					.uri(uri)
					.retrieve()
					.toBodilessEntity()
					.block(Duration.ofSeconds(10));
			}

		};

		private final Class<? extends Throwable> failure;

		Client(Class<? extends Throwable> failure) {
			this.failure = failure;
		}

		Function<URI, Object> get(ConfigurableApplicationContext caller) {
			return call(caller, HttpMethod.GET);
		}

		Function<URI, Object> post(ConfigurableApplicationContext caller) {
			return call(caller, HttpMethod.POST);
		}

		abstract Function<URI, Object> call(ConfigurableApplicationContext caller, HttpMethod method);

	}

	/**
	 * An application that calls others in every way there is.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ LoadBalancedClients.class, Failures.class })
	static class Caller {

	}

	/**
	 * Keeps what the load balancer says that requests failed with.
	 */
	static class Failures implements LoadBalancerLifecycle<Object, Object, ServiceInstance> {

		private final List<Throwable> all = new CopyOnWriteArrayList<>();

		@Override
		public void onStart(Request<Object> request) {
			// Of no interest
		}

		@Override
		public void onStartRequest(Request<Object> request, Response<ServiceInstance> response) {
			// Of no interest
		}

		@Override
		public void onComplete(CompletionContext<Object, ServiceInstance, Object> completion) {
			if (completion.status() == CompletionContext.Status.FAILED) {
				this.all.add(completion.getThrowable());
			}
		}

	}

}
