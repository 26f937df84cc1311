package io.github.etcddiscovery.integration;

import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.etcddiscovery.autoconfigure.loadbalancer.EtcdHeaderPropagationAutoConfiguration;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.LoadBalancedClients;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TestApplications;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.cloud.openfeign.EnableFeignClients;
import org.springframework.cloud.openfeign.FeignClient;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.http.RequestEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * An application between a caller and the service {@code stock}: the header of the caller
 * chooses the instance of {@code stock}, and arrives there. Tests of
 * {@link EtcdHeaderPropagationAutoConfiguration}.
 */
@RequiresEtcd
class HeaderPropagationTests extends EtcdApplicationTests {

	private static final String SELECT = "spring.cloud.etcd.discovery.select-headers.X-Added=version";

	private static final String PROPAGATE = "spring.cloud.etcd.discovery.propagate-select-headers=true";

	private String one;

	private String two;

	HeaderPropagationTests() {
		super(EtcdBinary.newest());
	}

	@BeforeEach
	void startStock() {
		this.one = Stock.port(Stock.start(this.applications, "spring.cloud.etcd.discovery.metadata.version=1"));
		this.two = Stock.port(Stock.start(this.applications, "spring.cloud.etcd.discovery.metadata.version=2"));
	}

	private ConfigurableApplicationContext middle(Class<?> application, String type, String... properties) {
		ConfigurableApplicationContext middle = Stock.start(this.applications, application, "middle",
				Stream
					.concat(Stream.of("spring.main.web-application-type=" + type,
							"spring.autoconfigure.exclude=" + GatewayTests.SERVLET_GATEWAY), Stream.of(properties))
					.toArray(String[]::new));
		String path = type.equals("servlet") ? "/rest-client/port" : "/web-client/port";
		await().atMost(Duration.ofSeconds(15))
			.until(() -> reached(middle, path, null).equals(Set.of(this.one, this.two)));
		return middle;
	}

	private static Set<String> reached(ConfigurableApplicationContext middle, String path, @Nullable String version) {
		return IntStream.range(0, 4).mapToObj((i) -> get(middle, path, version)).collect(Collectors.toSet());
	}

	private static String get(ConfigurableApplicationContext middle, String path, @Nullable String version) {
		return TestApplications.http(middle, "").get().uri(path).headers((headers) -> {
			if (version != null) {
				headers.set("X-Added", version);
			}
		}).retrieve().body(String.class);
	}

	private void isPropagated(ConfigurableApplicationContext middle, String caller) {
		assertThat(reached(middle, "/" + caller + "/port", "1")).as(caller).containsExactly(this.one);
		assertThat(reached(middle, "/" + caller + "/port", "2")).as(caller).containsExactly(this.two);
		assertThat(get(middle, "/" + caller + "/header", "2")).as(caller).isEqualTo("2");
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void headerIsPropagatedByServletApplications(boolean retry) {
		ConfigurableApplicationContext middle = middle(ServletMiddle.class, "servlet", SELECT, PROPAGATE,
				"spring.cloud.loadbalancer.retry.enabled=" + retry);
		Stream.of("rest-client", "rest-template", "web-client", "feign")
			.forEach((caller) -> isPropagated(middle, caller));
		Stream.of("rest-client", "rest-template", "web-client", "feign")
			.forEach((caller) -> assertThat(get(middle, "/own/" + caller, "2"))
				.as("a header that is set already, by %s", caller)
				.isEqualTo("own"));
	}

	@Test
	void headerIsPropagatedByReactiveApplications() {
		isPropagated(middle(ReactiveMiddle.class, "reactive", SELECT, PROPAGATE), "web-client");
	}

	@Test
	void headerIsNotPropagatedByDefault() {
		ConfigurableApplicationContext middle = middle(ServletMiddle.class, "servlet", SELECT);
		Stream.of("rest-client", "rest-template", "web-client", "feign")
			.forEach((caller) -> assertThat(reached(middle, "/" + caller + "/port", "1")).as(caller).hasSize(2));
	}

	/** A client of OpenFeign. */
	@FeignClient("stock")
	interface FeignStock {

		@GetMapping("/port")
		String port();

		@GetMapping("/header")
		String header();

		@GetMapping("/header")
		String own(@RequestHeader("x-added") String value);

	}

	/**
	 * Passes calls on, blocking.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EnableFeignClients(clients = FeignStock.class)
	@Import(LoadBalancedClients.class)
	@RestController
	static class ServletMiddle {

		private final RestTemplate restTemplate;

		private final RestClient restClient;

		private final WebClient webClient;

		private final FeignStock feign;

		ServletMiddle(RestTemplate restTemplate, RestClient.Builder restClient, WebClient.Builder webClient,
				FeignStock feign) {
			this.restTemplate = restTemplate;
			this.restClient = restClient.build();
			this.webClient = webClient.build();
			this.feign = feign;
		}

		@GetMapping("/rest-template/{path}")
		String restTemplate(@PathVariable String path) {
			return this.restTemplate.getForObject("http://stock/" + path, String.class);
		}

		@GetMapping("/rest-client/{path}")
		String restClient(@PathVariable String path) {
			return this.restClient.get().uri("http://stock/" + path).retrieve().body(String.class);
		}

		@GetMapping("/web-client/{path}")
		String webClient(@PathVariable String path) {
			return this.webClient.get().uri("http://stock/" + path).retrieve().bodyToMono(String.class).block();
		}

		@GetMapping("/feign/{path}")
		String feign(@PathVariable String path) {
			return path.equals("port") ? this.feign.port() : this.feign.header();
		}

		@GetMapping("/own/{caller}")
		String own(@PathVariable String caller) {
			String url = "http://stock/header";
			return switch (caller) {
				case "rest-client" ->
					this.restClient.get().uri(url).header("x-added", "own").retrieve().body(String.class);
				case "rest-template" ->
					this.restTemplate.exchange(RequestEntity.get(url).header("x-added", "own").build(), String.class)
						.getBody();
				case "web-client" ->
					this.webClient.get().uri(url).header("x-added", "own").retrieve().bodyToMono(String.class).block();
				default -> this.feign.own("own");
			};
		}

	}

	/**
	 * Passes calls on, reactive.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(LoadBalancedClients.class)
	@RestController
	static class ReactiveMiddle {

		private final WebClient webClient;

		ReactiveMiddle(WebClient.Builder webClient) {
			this.webClient = webClient.build();
		}

		@GetMapping("/web-client/{path}")
		Mono<String> webClient(@PathVariable String path) {
			return this.webClient.get().uri("http://stock/" + path).retrieve().bodyToMono(String.class);
		}

	}

}
