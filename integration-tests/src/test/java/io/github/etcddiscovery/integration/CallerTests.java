package io.github.etcddiscovery.integration;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.LoadBalancedClients;
import io.github.etcddiscovery.testsupport.LoopbackPorts;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import org.junit.jupiter.api.Test;
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
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.client.support.RestClientAdapter;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.support.WebClientAdapter;
import org.springframework.web.service.annotation.GetExchange;
import org.springframework.web.service.invoker.HttpServiceProxyFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Everything that calls a service by its id, in one application: each calls all instances
 * that may be called and no others.
 */
@RequiresEtcd
class CallerTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(15);

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

	private static void everyCallerReaches(Callers callers, ConfigurableApplicationContext... instances) {
		String[] ports = IntStream.range(0, instances.length)
			.mapToObj((i) -> Stock.port(instances[i]))
			.toArray(String[]::new);
		callers.byName()
			.forEach((name, caller) -> await().atMost(SOON)
				.untilAsserted(() -> assertThat(reached(caller)).as("by %s", name).containsExactlyInAnyOrder(ports)));
	}

	/** The ports that four calls reach. */
	private static Set<String> reached(Supplier<String> caller) {
		return IntStream.range(0, 4).mapToObj((i) -> caller.get()).collect(Collectors.toSet());
	}

	private Callers start() {
		// Or a wrong choice would not show.
		return start(false);
	}

	private Callers start(boolean retry) {
		return Stock
			.start(this.applications, Application.class, "caller", "spring.main.web-application-type=servlet",
					"spring.cloud.etcd.discovery.register=false", "spring.cloud.loadbalancer.retry.enabled=" + retry)
			.getBean(Callers.class);
	}

	/**
	 * Ways to ask the service for its port.
	 */
	record Callers(Map<String, Supplier<String>> byName) {

	}

	/** An HTTP interface of Spring's, blocking. */
	interface BlockingStock {

		@GetExchange("/port")
		String port();

	}

	/** An HTTP interface of Spring's, reactive. */
	interface ReactiveStock {

		@GetExchange("/port")
		Mono<String> port();

	}

	/** A client of OpenFeign. */
	@FeignClient("stock")
	interface FeignStock {

		@GetMapping("/port")
		String port();

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
			Map<String, Supplier<String>> callers = new LinkedHashMap<>();
			callers.put("RestTemplate", () -> restTemplate.getForObject(PORT, String.class));
			callers.put("RestClient", () -> restClient.get().uri(PORT).retrieve().body(String.class));
			callers.put("WebClient", () -> webClient.get().uri(PORT).retrieve().bodyToMono(String.class).block());
			callers.put("@HttpExchange over RestClient", blocking::port);
			callers.put("@HttpExchange over WebClient", () -> reactive.port().block());
			callers.put("OpenFeign", feign::port);
			return new Callers(callers);
		}

	}

}
