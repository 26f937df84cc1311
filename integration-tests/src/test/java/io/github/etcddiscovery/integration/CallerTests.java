package io.github.etcddiscovery.integration;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.etcddiscovery.cloud.EjectedInstances;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.LoadBalancedClients;
import io.github.etcddiscovery.testsupport.LoopbackPorts;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.cloud.openfeign.EnableFeignClients;
import org.springframework.cloud.openfeign.FeignClient;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.http.HttpHeaders;
import org.springframework.http.RequestEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.client.support.RestClientAdapter;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.support.WebClientAdapter;
import org.springframework.web.service.annotation.GetExchange;
import org.springframework.web.service.invoker.HttpServiceProxyFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.awaitility.Awaitility.await;

/**
 * Everything that calls a service by its id, in one application: each calls all instances
 * that may be called and no others.
 */
@RequiresEtcd
class CallerTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	private static final String VERSION = "X-Version";

	CallerTests() {
		super(EtcdBinary.newest());
	}

	@Test
	void callersFollowInstancesThatComeRefuseTrafficAcceptItAgainAndGo() {
		ConfigurableApplicationContext first = Stock.start(this.applications);
		Callers callers = start();
		everyCallerReaches(callers, first);
		ConfigurableApplicationContext second = Stock.start(this.applications);
		everyCallerReaches(callers, first, second);
		AvailabilityChangeEvent.publish(first, ReadinessState.REFUSING_TRAFFIC);
		everyCallerReaches(callers, second);
		AvailabilityChangeEvent.publish(first, ReadinessState.ACCEPTING_TRAFFIC);
		everyCallerReaches(callers, first, second);
		second.close();
		callers.byName()
			.forEach((name, caller) -> assertThat(reached(caller)).as("by %s, at once", name)
				.containsExactly(Stock.port(first)));
	}

	@Test
	void everyCallerGoesToTheNextInstanceIfOneIsDead() {
		this.eyes.put("/services/stock/dead", "{\"host\":\"127.0.0.1\",\"port\":%d}".formatted(LoopbackPorts.next()));
		ConfigurableApplicationContext alive = Stock.start(this.applications);
		Callers callers = start(true);
		callers.byName()
			.forEach(
					(name, caller) -> assertThat(reached(caller)).as("by %s", name).containsExactly(Stock.port(alive)));
	}

	@ParameterizedTest
	@ValueSource(strings = { "RestTemplate", "RestClient", "WebClient", "@HttpExchange over RestClient",
			"@HttpExchange over WebClient", "OpenFeign" })
	void callerSetsAsideAnInstanceThatItCannotReach(String name) {
		this.eyes.put("/services/stock/dead", "{\"host\":\"127.0.0.1\",\"port\":%d}".formatted(LoopbackPorts.next()));
		ConfigurableApplicationContext alive = Stock.start(this.applications);
		ConfigurableApplicationContext application = application("spring.cloud.loadbalancer.retry.enabled=false",
				"spring.cloud.etcd.discovery.outlier.base-ejection-time=1h",
				"spring.cloud.etcd.discovery.outlier.max-ejection-time=1h");
		Caller caller = application.getBean(Callers.class).byName().get(name);
		assertThatException().as("one of the first calls").isThrownBy(() -> reached(caller));
		assertThat(reached(caller)).containsExactly(Stock.port(alive));
		assertThat(application.getBean(EjectedInstances.class).current()).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void everyCallerSelectsByTheHeaderThatItSends(boolean retry) {
		ConfigurableApplicationContext one = Stock.start(this.applications,
				"spring.cloud.etcd.discovery.metadata.version=1");
		ConfigurableApplicationContext two = Stock.start(this.applications,
				"spring.cloud.etcd.discovery.metadata.version=2");
		Callers callers = application("spring.cloud.loadbalancer.retry.enabled=" + retry,
				"spring.cloud.etcd.discovery.select-headers.X-Version=version")
			.getBean(Callers.class);
		everyCallerReaches(callers, one, two);
		callers.byName().forEach((name, caller) -> {
			assertThat(reached(caller, "1")).as("by %s", name).containsExactly(Stock.port(one));
			assertThat(reached(caller, "2")).as("by %s", name).containsExactly(Stock.port(two));
			assertThat(reached(caller, "3")).as("by %s", name).hasSize(2);
		});
	}

	private static void everyCallerReaches(Callers callers, ConfigurableApplicationContext... instances) {
		String[] ports = IntStream.range(0, instances.length)
			.mapToObj((i) -> Stock.port(instances[i]))
			.toArray(String[]::new);
		callers.byName()
			.forEach((name, caller) -> await().atMost(SOON)
				.untilAsserted(() -> assertThat(reached(caller)).as("by %s", name).containsExactlyInAnyOrder(ports)));
	}

	/** The ports that four calls reach. */
	private static Set<String> reached(Caller caller) {
		return reached(caller, null);
	}

	private static Set<String> reached(Caller caller, @Nullable String version) {
		return IntStream.range(0, 4).mapToObj((i) -> caller.port(version)).collect(Collectors.toSet());
	}

	private Callers start() {
		// Or a wrong choice would not show.
		return start(false);
	}

	private Callers start(boolean retry) {
		return application("spring.cloud.loadbalancer.retry.enabled=" + retry).getBean(Callers.class);
	}

	private ConfigurableApplicationContext application(String... properties) {
		return Stock.start(this.applications, Application.class, "caller",
				Stream
					.concat(Stream.of("spring.main.web-application-type=servlet",
							"spring.cloud.etcd.discovery.register=false"), Stream.of(properties))
					.toArray(String[]::new));
	}

	/**
	 * Asks the service for its port.
	 */
	@FunctionalInterface
	interface Caller {

		/** Sends a version in the header, if there is one. */
		String port(@Nullable String version);

	}

	/**
	 * Ways to ask the service for its port.
	 */
	record Callers(Map<String, Caller> byName) {

	}

	/** An HTTP interface of Spring's, blocking. */
	interface BlockingStock {

		@GetExchange("/port")
		String port(@RequestHeader(name = VERSION, required = false) @Nullable String version);

	}

	/** An HTTP interface of Spring's, reactive. */
	interface ReactiveStock {

		@GetExchange("/port")
		Mono<String> port(@RequestHeader(name = VERSION, required = false) @Nullable String version);

	}

	/** A client of OpenFeign. */
	@FeignClient("stock")
	interface FeignStock {

		@GetMapping("/port")
		String port(@RequestHeader(name = VERSION, required = false) @Nullable String version);

	}

	/**
	 * An application that calls in every way there is.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EnableFeignClients(clients = FeignStock.class)
	@Import(LoadBalancedClients.class)
	static class Application {

		private static final String PORT = "http://stock/port";

		@Bean
		Callers callers(RestTemplate restTemplate, RestClient.Builder restClientBuilder,
				WebClient.Builder webClientBuilder, FeignStock feign) {
			RestClient restClient = restClientBuilder.baseUrl("http://stock").build();
			WebClient webClient = webClientBuilder.baseUrl("http://stock").build();
			BlockingStock blocking = HttpServiceProxyFactory.builderFor(RestClientAdapter.create(restClient))
				.build()
				.createClient(BlockingStock.class);
			ReactiveStock reactive = HttpServiceProxyFactory.builderFor(WebClientAdapter.create(webClient))
				.build()
				.createClient(ReactiveStock.class);
			Map<String, Caller> callers = new LinkedHashMap<>();
			callers.put("RestTemplate",
					(version) -> restTemplate
						.exchange(RequestEntity.get(PORT).headers((headers) -> set(headers, version)).build(),
								String.class)
						.getBody());
			callers.put("RestClient",
					(version) -> restClient.get()
						.uri(PORT)
						.headers((headers) -> set(headers, version))
						.retrieve()
						.body(String.class));
			callers.put("WebClient",
					(version) -> webClient.get()
						.uri(PORT)
						.headers((headers) -> set(headers, version))
						.retrieve()
						.bodyToMono(String.class)
						.block());
			callers.put("@HttpExchange over RestClient", blocking::port);
			callers.put("@HttpExchange over WebClient", (version) -> reactive.port(version).block());
			callers.put("OpenFeign", feign::port);
			return new Callers(callers);
		}

		private static void set(HttpHeaders headers, @Nullable String version) {
			if (version != null) {
				headers.set(VERSION, version);
			}
		}

	}

}
