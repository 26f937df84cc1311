package io.github.etcddiscovery.integration;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.etcddiscovery.cloud.EjectedInstances;
import io.github.etcddiscovery.cloud.gateway.DiscoveryRouteFilter;
import io.github.etcddiscovery.cloud.gateway.DiscoveryRouterFunction;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.LoopbackPorts;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TestApplications;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.cloud.gateway.event.RefreshRoutesEvent;
import org.springframework.cloud.gateway.route.RouteLocator;
import org.springframework.cloud.gateway.server.mvc.filter.FilterFunctions;
import org.springframework.cloud.loadbalancer.support.LoadBalancerClientFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.EventListener;
import org.springframework.web.client.RestClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.awaitility.Awaitility.await;

/**
 * Spring Cloud Gateway, of both stacks, before services found in etcd. Tests of
 * {@link DiscoveryRouterFunction}.
 */
@RequiresEtcd
class GatewayTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	/** With a ttl of three seconds. */
	private static final Duration RETENTION = Duration.ofSeconds(18);

	private static final String WEBFLUX = "spring.cloud.gateway.server.webflux.";

	/** They do not look whether the application is one. */
	static final String SERVLET_GATEWAY = Stream
		.of("GatewayServerMvcAutoConfiguration", "filter.FilterAutoConfiguration",
				"handler.HandlerFunctionAutoConfiguration", "predicate.PredicateAutoConfiguration")
		.map((name) -> "org.springframework.cloud.gateway.server.mvc." + name)
		.collect(Collectors.joining(","));

	private static final String DISCOVERED = "spring.cloud.etcd.discovery.gateway.webmvc.";

	private static final String WEBMVC = "spring.cloud.gateway.server.webmvc.";

	GatewayTests() {
		super(EtcdBinary.newest());
	}

	@Test
	void newServiceGetsItsRouteWithoutRestartAndLosesItWhenItGoes() {
		ConfigurableApplicationContext gateway = reactive(WEBFLUX + "discovery.locator.enabled=true");
		assertThat(status(gateway, "/stock/port")).isEqualTo(404);
		ConfigurableApplicationContext stock = Stock.start(this.applications);
		await().atMost(SOON).until(() -> status(gateway, "/stock/port") == 200);
		assertThat(get(gateway, "/stock/port")).isEqualTo(Stock.port(stock));
		stock.close();
		await().atMost(SOON).until(() -> status(gateway, "/stock/port") == 404);
	}

	@Test
	void metadataOfAnotherServiceChangesNoSettingOfARoute() {
		ConfigurableApplicationContext gateway = reactive(WEBFLUX + "discovery.locator.enabled=true",
				WEBFLUX + "routes[0].id=static", WEBFLUX + "routes[0].uri=lb://stock",
				WEBFLUX + "routes[0].predicates[0]=Path=/port",
				WEBFLUX + "routes[0].metadata.cors.allowedOrigins[0]=https://friend.example",
				WEBFLUX + "routes[0].metadata.cors.allowedMethods[0]=GET");
		assertThat(preflight(gateway)).isEqualTo("https://friend.example");
		this.eyes.put("/services/evil/1",
				"""
						{"host":"10.0.0.5","port":1,"metadata":{"zone":"z","cors":"*","response-timeout":"1","connect-timeout":"1"}}
						""");
		RouteLocator routes = gateway.getBean(RouteLocator.class);
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(routes.getRoutes().collectList().block(SOON))
				.filteredOn((route) -> route.getId().endsWith("evil"))
				.singleElement()
				.satisfies((route) -> assertThat(route.getMetadata()).containsEntry("zone", "z")
					.doesNotContainKeys("cors", "response-timeout", "connect-timeout")));
		assertThat(preflight(gateway)).as("as before").isEqualTo("https://friend.example");
	}

	@Test
	void twoHundredServicesThatVanishTogetherLoseTheirRoutesOnceTheyAreNoLongerRetained() {
		ConfigurableApplicationContext gateway = reactive(WEBFLUX + "discovery.locator.enabled=true",
				"spring.cloud.etcd.discovery.heartbeat=500ms", "spring.cloud.etcd.discovery.ttl=3s");
		RouteLocator routes = gateway.getBean(RouteLocator.class);
		LoadBalancerClientFactory loadBalancers = gateway.getBean(LoadBalancerClientFactory.class);
		Set<String> before = Set.copyOf(loadBalancers.getContextNames());
		for (int service = 0; service < 200; service++) {
			this.eyes.put("/services/short-lived-" + service + "/1", "http://127.0.0.1:1");
		}
		await().atMost(SOON).until(() -> shortLived(routes) == 200);
		this.eyes.deleteAll("/services/short-lived-");
		await().atMost(RETENTION.plus(SOON)).until(() -> shortLived(routes) == 0);
		assertThat(Set.copyOf(loadBalancers.getContextNames())).isEqualTo(before);
	}

	private static long shortLived(RouteLocator routes) {
		return routes.getRoutes().filter((route) -> route.getId().contains("short-lived-")).count().block(SOON);
	}

	private static String preflight(ConfigurableApplicationContext gateway) {
		return http(gateway).options()
			.uri("/port")
			.header("Origin", "https://friend.example")
			.header("Access-Control-Request-Method", "GET")
			.exchange((request, response) -> response.getHeaders().getFirst("Access-Control-Allow-Origin"));
	}

	@Test
	void quietTimesRebuildNoRoutes() {
		ConfigurableApplicationContext gateway = reactive(WEBFLUX + "discovery.locator.enabled=true",
				"spring.cloud.etcd.discovery.heartbeat=500ms", "spring.cloud.etcd.discovery.ttl=3s",
				"spring.cloud.etcd.discovery.register=true");
		Stock.start(this.applications);
		await().atMost(SOON).until(() -> status(gateway, "/stock/port") == 200);
		AtomicInteger rebuilt = gateway.getBean(Rebuilds.class).count;
		AtomicInteger before = new AtomicInteger();
		await().during(Duration.ofSeconds(1))
			.atMost(SOON)
			.until(() -> before.getAndSet(rebuilt.get()) == rebuilt.get());
		// What is no instance is no change, and neither are six renewals of the lease.
		this.eyes.put("/services/stock/bad", "x");
		await().during(Duration.ofSeconds(3)).atMost(SOON).until(() -> rebuilt.get() == before.get());
		this.eyes.put("/services/cart/a", "{\"host\":\"h\",\"port\":1}");
		await().atMost(SOON).until(() -> rebuilt.get() > before.get());
	}

	@Test
	void reactiveRouteSpreadsOverTheInstances() {
		spreads(reactive(WEBFLUX + "routes[0].id=stock", WEBFLUX + "routes[0].uri=lb://stock",
				WEBFLUX + "routes[0].predicates[0]=Path=/port"));
	}

	@Test
	void servletRouteSpreadsOverTheInstances() {
		spreads(servlet(Gateway.class, WEBMVC + "routes[0].id=stock", WEBMVC + "routes[0].uri=lb://stock",
				WEBMVC + "routes[0].predicates[0]=Path=/port"));
	}

	@Test
	void newServiceHasItsServletRouteAtOnceUntilItsLastInstanceGoes() {
		ConfigurableApplicationContext gateway = servlet(Gateway.class, DISCOVERED + "enabled=true");
		assertThat(status(gateway, "/stock/port")).isEqualTo(404);
		ConfigurableApplicationContext one = Stock.start(this.applications);
		await().atMost(SOON).until(() -> status(gateway, "/stock/port") == 200);
		ConfigurableApplicationContext other = Stock.start(this.applications);
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(reached(gateway, "/stock/port")).containsExactlyInAnyOrder(Stock.port(one),
					Stock.port(other)));
		assertThat(http(gateway).post().uri("/stock/post").body("article").retrieve().body(String.class))
			.isIn(Stock.port(one), Stock.port(other));
		one.close();
		assertThat(reached(gateway, "/stock/port")).as("at once").containsExactly(Stock.port(other));
		other.close();
		assertThat(status(gateway, "/stock/port")).isEqualTo(404);
		assertThat(status(gateway, "/")).isEqualTo(404);
	}

	@Test
	void servletRoutesAreThoseOfIncludedServicesAndOtherRoutesWin() {
		ConfigurableApplicationContext stock = Stock.start(this.applications);
		ConfigurableApplicationContext gateway = servlet(FilteringGateway.class, DISCOVERED + "enabled=true",
				DISCOVERED + "lower-case-service-id=true", DISCOVERED + "include-expression=metadata['hidden'] == null",
				WEBMVC + "routes[0].id=own", WEBMVC + "routes[0].uri=lb://stock",
				WEBMVC + "routes[0].predicates[0]=Path=/other/**", WEBMVC + "routes[0].filters[0]=SetPath=/port");
		register("Big-Stock", stock, "{}");
		register("hidden", stock, "{\"hidden\":\"yes\"}");
		register("other", stock, "{}");
		register("stock-management", stock, "{\"management_of\":\"x\"}");
		await().atMost(SOON).until(() -> status(gateway, "/big-stock/port") == 200);
		assertThat(get(gateway, "/other/anything")).isEqualTo(Stock.port(stock));
		assertThat(status(gateway, "/Big-Stock/port")).isEqualTo(404);
		assertThat(status(gateway, "/hidden/port")).isEqualTo(404);
		assertThat(status(gateway, "/stock-management/port")).isEqualTo(404);
		assertThat(http(gateway).get().uri("/stock/header").retrieve().body(String.class)).isEqualTo("of the filter");
		this.eyes.delete("/services/Big-Stock/1");
		register("New-Stock", stock, "{}");
		await().atMost(SOON).until(() -> status(gateway, "/new-stock/port") == 200);
		assertThat(status(gateway, "/big-stock/port")).isEqualTo(404);
	}

	@Test
	void bothGatewaysSetAsideWhatTheyCannotReach() {
		this.eyes.put("/services/stock/dead", "{\"host\":\"127.0.0.1\",\"port\":%d}".formatted(LoopbackPorts.next()));
		Stock.start(this.applications);
		String forLong = "spring.cloud.etcd.discovery.outlier.";
		for (ConfigurableApplicationContext gateway : List.of(
				servlet(Gateway.class, DISCOVERED + "enabled=true", "spring.cloud.loadbalancer.retry.enabled=false",
						forLong + "base-ejection-time=1h", forLong + "max-ejection-time=1h"),
				reactive(WEBFLUX + "discovery.locator.enabled=true", forLong + "base-ejection-time=1h",
						forLong + "max-ejection-time=1h"))) {
			await().atMost(SOON).until(() -> status(gateway, "/stock/port") >= 500);
			assertThat(gateway.getBean(EjectedInstances.class).current()).hasSize(1);
			assertThat(IntStream.range(0, 8).map((i) -> status(gateway, "/stock/port"))).containsOnly(200);
		}
	}

	@Test
	void servletGatewayRepeatsARequestThatCouldNotBeSentOnAnotherInstanceUnlessRetriesAreOff() {
		this.eyes.put("/services/stock/dead", "{\"host\":\"127.0.0.1\",\"port\":%d}".formatted(LoopbackPorts.next()));
		ConfigurableApplicationContext alive = Stock.start(this.applications);
		ConfigurableApplicationContext gateway = servlet(Gateway.class, DISCOVERED + "enabled=true",
				"spring.cloud.etcd.discovery.outlier.base-ejection-time=1ms");
		await().atMost(SOON).until(() -> status(gateway, "/stock/port") == 200);
		for (int i = 0; i < 8; i++) {
			assertThat(status(gateway, "/stock/port")).isEqualTo(200);
			assertThat(http(gateway).post().uri("/stock/post").body("article").retrieve().body(String.class))
				.isEqualTo(Stock.port(alive));
		}
		ConfigurableApplicationContext without = servlet(Gateway.class, DISCOVERED + "enabled=true",
				"spring.cloud.loadbalancer.retry.enabled=false");
		await().atMost(SOON).until(() -> status(without, "/stock/port") == 500);
	}

	@Test
	void bothGatewaysSelectByTheHeaderThatTheySend() {
		ConfigurableApplicationContext blue = Stock.start(this.applications,
				"spring.cloud.etcd.discovery.metadata.c=b");
		ConfigurableApplicationContext red = Stock.start(this.applications, "spring.cloud.etcd.discovery.metadata.c=r");
		for (ConfigurableApplicationContext gateway : List.of(
				servlet(Gateway.class, DISCOVERED + "enabled=true",
						"spring.cloud.etcd.discovery.select-headers.X-Color=c"),
				reactive(WEBFLUX + "discovery.locator.enabled=true",
						"spring.cloud.etcd.discovery.select-headers.X-Color=c"))) {
			await().atMost(SOON).until(() -> status(gateway, "/stock/port") == 200);
			assertThat(IntStream.range(0, 4).mapToObj((i) -> colored(gateway, "b"))).containsOnly(Stock.port(blue));
			assertThat(IntStream.range(0, 4).mapToObj((i) -> colored(gateway, "r"))).containsOnly(Stock.port(red));
		}
	}

	private static String colored(ConfigurableApplicationContext gateway, String color) {
		return http(gateway).get().uri("/stock/port").header("X-Color", color).retrieve().body(String.class);
	}

	@Test
	void expressionThatCannotBeParsedEndsTheStart() {
		assertThatException().isThrownBy(
				() -> servlet(Gateway.class, DISCOVERED + "enabled=true", DISCOVERED + "include-expression=metadata["))
			.havingRootCause()
			.withMessageContaining("Expected a valid SpEL expression");
	}

	private void register(String service, ConfigurableApplicationContext instance, String metadata) {
		this.eyes.put("/services/" + service + "/1",
				"{\"host\":\"127.0.0.1\",\"port\":%s,\"metadata\":%s}".formatted(Stock.port(instance), metadata));
	}

	private ConfigurableApplicationContext servlet(Class<?> gateway, String... properties) {
		return Stock.start(this.applications, gateway, "gateway", Stream
			.concat(Stream.of("spring.main.web-application-type=servlet", "spring.cloud.etcd.discovery.register=false",
					// Over Apache's pool it sends a GET with a body, after which
					// Jetty hangs up.
					"spring.http.clients.imperative.factory=reactor"), Stream.of(properties))
			.toArray(String[]::new));
	}

	private void spreads(ConfigurableApplicationContext gateway) {
		ConfigurableApplicationContext one = Stock.start(this.applications);
		ConfigurableApplicationContext other = Stock.start(this.applications);
		await().atMost(SOON)
			.ignoreExceptions()
			.untilAsserted(
					() -> assertThat(reached(gateway)).containsExactlyInAnyOrder(Stock.port(one), Stock.port(other)));
		one.close();
		assertThat(reached(gateway)).as("at once").containsExactly(Stock.port(other));
	}

	private ConfigurableApplicationContext reactive(String... properties) {
		return Stock.start(this.applications, Gateway.class, "gateway",
				Stream
					.concat(Stream.of("spring.main.web-application-type=reactive", WEBFLUX + "enabled=true",
							"spring.autoconfigure.exclude=" + SERVLET_GATEWAY,
							"spring.cloud.etcd.discovery.register=false"), Stream.of(properties))
					.toArray(String[]::new));
	}

	/** The ports that four requests reach. */
	private static Set<String> reached(ConfigurableApplicationContext gateway) {
		return reached(gateway, "/port");
	}

	private static Set<String> reached(ConfigurableApplicationContext gateway, String path) {
		return IntStream.range(0, 4).mapToObj((i) -> get(gateway, path)).collect(Collectors.toSet());
	}

	private static String get(ConfigurableApplicationContext gateway, String path) {
		return http(gateway).get().uri(path).retrieve().body(String.class);
	}

	private static int status(ConfigurableApplicationContext gateway, String path) {
		return http(gateway).get().uri(path).exchange((request, response) -> response.getStatusCode().value());
	}

	private static RestClient http(ConfigurableApplicationContext gateway) {
		return TestApplications.http(gateway, "");
	}

	/**
	 * Counts how often routes are made anew.
	 */
	static final class Rebuilds {

		private final AtomicInteger count = new AtomicInteger();

		@EventListener
		void rebuilt(RefreshRoutesEvent event) {
			this.count.incrementAndGet();
		}

	}

	/**
	 * A gateway with nothing of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Rebuilds.class)
	static class Gateway {

	}

	/**
	 * A gateway that adds a header to what it sends.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class FilteringGateway {

		@Bean
		DiscoveryRouteFilter headerFilter() {
			return FilterFunctions.addRequestHeader("X-Added", "of the filter")::filter;
		}

	}

}
