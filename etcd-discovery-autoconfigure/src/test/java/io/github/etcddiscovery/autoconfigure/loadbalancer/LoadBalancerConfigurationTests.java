package io.github.etcddiscovery.autoconfigure.loadbalancer;

import java.net.ConnectException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

import io.github.etcddiscovery.cloud.EjectedInstances;
import io.github.etcddiscovery.cloud.discovery.EtcdDiscoveryClient;
import io.github.etcddiscovery.cloud.loadbalancer.HealthProbe;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TestApplications;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.DefaultRequest;
import org.springframework.cloud.client.loadbalancer.LoadBalancerClient;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.client.loadbalancer.RequestData;
import org.springframework.cloud.client.loadbalancer.RequestDataContext;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.cloud.loadbalancer.annotation.LoadBalancerClients;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.support.ServiceInstanceListSuppliers;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.util.LinkedMultiValueMap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.awaitility.Awaitility.await;

/**
 * What {@code spring.cloud.loadbalancer.configurations} says takes effect on what etcd
 * holds at that moment. Tests of {@link EtcdLoadBalancerAutoConfiguration} and
 * {@link LoadBalancerLayers}, {@link EtcdLoadBalancingProperties} and
 * {@link ChoiceProperties}.
 */
@RequiresEtcd
@ExtendWith(OutputCaptureExtension.class)
class LoadBalancerConfigurationTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private static EtcdProcess etcd;

	private static EtcdEyes eyes;

	private final TestApplications applications = new TestApplications(etcd.endpoint());

	@BeforeAll
	static void startEtcd() {
		etcd = EtcdProcess.start(EtcdBinary.newest());
		eyes = new EtcdEyes(etcd.endpoint());
	}

	@AfterAll
	static void stopEtcd() {
		eyes.close();
		etcd.close();
	}

	@AfterEach
	void stop() {
		this.applications.close();
		eyes.deleteAll("/services/");
	}

	@ParameterizedTest
	@ValueSource(strings = { "default", "zone-preference", "health-check", "request-based-sticky-session",
			"same-instance-preference", "weighted", "subset", "api-version" })
	void instancesThatComeAndGoAreSeenAtOnceWhateverTheConfiguration(String configuration, CapturedOutput output) {
		register("1", Map.of());
		ConfigurableApplicationContext caller = caller(configurations(configuration),
				"spring.cloud.loadbalancer.health-check.path.orders=",
				"spring.cloud.loadbalancer.api-version.header=X-Version",
				"spring.cloud.loadbalancer.api-version.fallback-to-available-instances=true");
		awaitChosen(caller, "1");
		delete("1");
		register("2", Map.of());
		await().atMost(Duration.ofSeconds(2)).until(() -> chosen(caller, 4).keySet().equals(Set.of("2")));
		assertThat(output).doesNotContain("default cache").doesNotContain("without caching");
	}

	@Test
	void zonePreferenceKeepsToTheZoneOfThisInstance() {
		register("1", Map.of("zone", "eu-1"));
		register("2", Map.of("zone", "eu-2"));
		register("3", Map.of("zone", "eu-1"));
		ConfigurableApplicationContext caller = caller(configurations("zone-preference"),
				"spring.cloud.etcd.discovery.zone=eu-1");
		awaitChosen(caller, "1", "3");
		delete("1");
		delete("3");
		awaitChosen(caller, "2");
	}

	@Test
	void zoneOfTheLoadBalancerWinsOverThatOfThisInstance() {
		register("1", Map.of("zone", "eu-1"));
		register("2", Map.of("zone", "eu-2"));
		awaitChosen(caller(configurations("zone-preference"), "spring.cloud.etcd.discovery.zone=eu-1",
				"spring.cloud.loadbalancer.zone=eu-2"), "2");
	}

	@Test
	void weightsCountAndAreBounded() {
		register("1", Map.of("weight", "3"));
		register("2", Map.of("weight", "no number"));
		register("3", Map.of("weight", "-7"));
		ConfigurableApplicationContext caller = caller(configurations("weighted"));
		awaitChosen(caller, "1", "2", "3");
		assertThat(chosen(caller, 500)).isEqualTo(Map.of("1", 300, "2", 100, "3", 100));
		register("2", Map.of("weight", "2000000000"));
		register("3", Map.of("weight", "1000"));
		register("1", Map.of("weight", "1000"));
		await().atMost(SOON).until(() -> chosen(caller, 300).equals(Map.of("1", 100, "2", 100, "3", 100)));
	}

	@Test
	void stickySessionStaysWithTheInstanceOfTheCookieAsLongAsItIsThere() {
		register("1", Map.of());
		register("2", Map.of());
		ConfigurableApplicationContext caller = caller(configurations("request-based-sticky-session"));
		awaitChosen(caller, "1", "2");
		Request<RequestDataContext> request = request(new HttpHeaders(), "sc-lb-instance-id", "2");
		assertThat(IntStream.range(0, 10).mapToObj((i) -> choose(caller, request))).containsOnly("2");
		delete("2");
		await().atMost(SOON).until(() -> choose(caller, request).equals("1"));
	}

	@Test
	void sameInstanceIsPreferredAsLongAsItIsThere() {
		register("1", Map.of());
		register("2", Map.of());
		ConfigurableApplicationContext caller = caller(configurations("same-instance-preference"));
		await().atMost(SOON).until(() -> chosen(caller, 10).size() == 1);
		String first = choose(caller, new DefaultRequest<>());
		assertThat(chosen(caller, 20)).containsOnlyKeys(first);
		delete(first);
		String other = first.equals("1") ? "2" : "1";
		awaitChosen(caller, other);
	}

	@Test
	void subsetOfTheSizeWantedIsUsed() {
		IntStream.range(0, 10).forEach((i) -> register("" + i, Map.of()));
		ConfigurableApplicationContext caller = caller(configurations("subset"),
				"spring.cloud.loadbalancer.subset.size=3");
		await().atMost(SOON).until(() -> chosen(caller, 50).size() == 3);
	}

	@Test
	void apiVersionOfTheRequestIsMetByThatOfTheInstance() {
		register("1", Map.of("API_VERSION", "1"));
		register("2", Map.of("API_VERSION", "2"));
		ConfigurableApplicationContext caller = caller(configurations("api-version"),
				"spring.cloud.loadbalancer.api-version.header=X-Version");
		HttpHeaders headers = new HttpHeaders();
		headers.set("X-Version", "2");
		Request<RequestDataContext> request = request(headers, "none", "none");
		await().atMost(SOON).until(() -> "2".equals(choose(caller, request)));
		assertThat(IntStream.range(0, 10).mapToObj((i) -> choose(caller, request))).containsOnly("2");
	}

	@Test
	void configurationOfOneClientWinsOverThatOfAll() {
		register("1", Map.of("weight", "3"));
		register("2", Map.of());
		ConfigurableApplicationContext caller = caller(configurations("weighted"),
				"spring.cloud.loadbalancer.clients.orders.configurations=default");
		awaitChosen(caller, "1", "2");
		assertThat(chosen(caller, 100)).isEqualTo(Map.of("1", 50, "2", 50));
	}

	@Test
	void configurationThatIsNotKnownEndsTheStartWithASentence(CapturedOutput output) {
		assertThatException().isThrownBy(() -> caller(configurations("wieghted")));
		assertThat(output)
			.contains("Invalid value 'wieghted' for configuration property 'spring.cloud.loadbalancer.configurations'")
			.contains("Expected one or more of default, health-check");
	}

	@Test
	void configurationsAreCombined() {
		register("1", Map.of("zone", "eu-1", "weight", "3"));
		register("2", Map.of("zone", "eu-1"));
		register("3", Map.of("zone", "eu-2"));
		register("4", Map.of("zone", "eu-1"));
		List<String> well = List.of("127.0.0.1:91", "127.0.0.1:92", "127.0.0.1:93");
		ConfigurableApplicationContext caller = this.applications.start(
				new SpringApplicationBuilder(Caller.class).web(WebApplicationType.NONE)
					.initializers((context) -> ((GenericApplicationContext) context).registerBean(HealthProbe.class,
							() -> (uri) -> Mono.just(well.contains(uri.getAuthority())))),
				"caller", configurations("weighted,zone-preference,health-check"),
				"spring.cloud.etcd.discovery.zone=eu-1");
		awaitChosen(caller, "1", "2");
		assertThat(chosen(caller, 400)).isEqualTo(Map.of("1", 300, "2", 100));
	}

	@Test
	void stickySessionAndWeightsAreCombined() {
		register("1", Map.of("weight", "3"));
		register("2", Map.of());
		ConfigurableApplicationContext caller = caller(configurations("weighted,request-based-sticky-session"));
		awaitChosen(caller, "1", "2");
		assertThat(chosen(caller, 400)).isEqualTo(Map.of("1", 300, "2", 100));
		Request<RequestDataContext> request = request(new HttpHeaders(), "sc-lb-instance-id", "2");
		assertThat(IntStream.range(0, 10).mapToObj((i) -> choose(caller, request))).containsOnly("2");
	}

	@Test
	void leastRequestsSpreadOverAllInstances() {
		register("1", Map.of());
		register("2", Map.of());
		awaitChosen(caller(configurations("least-requests")), "1", "2");
	}

	@Test
	void zonesAreUsedInTheirOrderForAllServicesOrOne() {
		register("1", Map.of("zone", "eu-1"));
		register("2", Map.of("zone", "eu-2"));
		register("3", Map.of("zone", "us-1"));
		ConfigurableApplicationContext caller = caller("spring.cloud.etcd.discovery.zones=eu-1,eu-2",
				"spring.cloud.etcd.discovery.min-available=2");
		awaitChosen(caller, "1", "2");
		delete("1");
		awaitChosen(caller, "2", "3");
		awaitChosen(caller("spring.cloud.etcd.discovery.zones=eu-1,eu-2",
				"spring.cloud.etcd.discovery.clients.orders.zones=us-1,eu-2"), "3");
		awaitChosen(caller("spring.cloud.etcd.discovery.zones=us-1",
				"spring.cloud.etcd.discovery.clients.orders.min-available=2"), "2", "3");
	}

	@Test
	void shareOfTheRegisteredInstancesCountsAlsoThoseThatAreDown() {
		register("1", Map.of("zone", "eu-1"));
		register("2", Map.of("zone", "eu-2"));
		ConfigurableApplicationContext caller = caller("spring.cloud.etcd.discovery.zones=eu-1,eu-2",
				"spring.cloud.etcd.discovery.min-available=60%");
		awaitChosen(caller, "1");
		eyes.put("/services/orders/3",
				"{\"host\":\"127.0.0.1\",\"port\":93,\"status\":\"DOWN\",\"metadata\":{\"zone\":\"eu-1\"}}");
		awaitChosen(caller, "1", "2");
	}

	@Test
	void metadataIsSelectedByPropertyAndByHeader() {
		register("1", Map.of("version", "1", "app.color", "blue"));
		register("2", Map.of("version", "2"));
		register("3", Map.of("version", "3"));
		ConfigurableApplicationContext caller = caller("spring.cloud.etcd.discovery.select.orders.version=2,3",
				"spring.cloud.etcd.discovery.select-headers.X-Version=version");
		awaitChosen(caller, "2", "3");
		HttpHeaders headers = new HttpHeaders();
		headers.set("X-Version", "1");
		assertThat(IntStream.range(0, 10).mapToObj((i) -> choose(caller, request(headers, "none", "none"))))
			.containsOnly("1");
		awaitChosen(caller("spring.cloud.etcd.discovery.select.orders[app.color]=blue"), "1");
	}

	@Test
	void ejectedInstancesAreLeftOutOfThoseThatMatch() {
		register("1", Map.of("version", "2"));
		register("2", Map.of("version", "2"));
		register("3", Map.of("version", "1"));
		register("4", Map.of("version", "1"));
		ConfigurableApplicationContext caller = caller("spring.cloud.etcd.discovery.select.orders.version=2",
				"spring.cloud.etcd.discovery.outlier.base-ejection-time=1h",
				"spring.cloud.etcd.discovery.outlier.max-ejection-time=1h");
		awaitChosen(caller, "1", "2");
		LoadBalancerClient client = caller.getBean(LoadBalancerClient.class);
		for (int i = 0; i < 2; i++) {
			assertThatException().isThrownBy(() -> client.execute("orders", (instance) -> {
				throw new ConnectException();
			}));
		}
		assertThat(caller.getBean(EjectedInstances.class).current()).hasSize(2);
		assertThat(chosen(caller, 12).keySet()).hasSize(1).isSubsetOf("1", "2");
	}

	@Test
	void refreshChangesNothingBeforeTheNextStart(CapturedOutput output) {
		register("1", Map.of("zone", "eu-1"));
		register("2", Map.of("zone", "eu-2"));
		ConfigurableApplicationContext caller = caller("spring.cloud.etcd.discovery.zones=eu-1");
		TestPropertyValues.of("spring.cloud.etcd.discovery.zones=eu-2", "spring.cloud.etcd.discovery.min-available=x")
			.applyTo(caller);
		caller.publishEvent(new EnvironmentChangeEvent(caller,
				Set.of("spring.cloud.etcd.discovery.zones", "spring.cloud.etcd.discovery.min-available")));
		assertThat(output).contains("spring.cloud.etcd.discovery.zones has changed: it takes effect at the next start")
			.contains("spring.cloud.etcd.discovery.min-available has changed");
		awaitChosen(caller, "1");
	}

	@Test
	void whetherAllOrNoneAreUsedWithoutAMatchCanBeSaidForOneService() {
		register("1", Map.of());
		awaitChosen(caller("spring.cloud.etcd.discovery.select.orders.version=9"), "1");
		ConfigurableApplicationContext caller = caller("spring.cloud.etcd.discovery.select.orders.version=9",
				"spring.cloud.etcd.discovery.clients.orders.select-default=none");
		await().atMost(SOON).until(() -> caller.getBean(EtcdDiscoveryClient.class).getInstances("orders").size() == 1);
		assertThat(chosen(caller, 10)).containsOnlyKeys("none");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "min-available=101% | 100%", "min-available=0 | at least 1",
			"clients.orders.min-available=-3 | at least 1", "zones[0]= | none of which is blank",
			"outlier.base-ejection-time=-1s | more than 0", "outlier.base-ejection-time=0 | more than 0",
			"outlier.max-ejection-time=10ms | base-ejection-time", "outlier.max-ejection-percent=101 | 0 to 100",
			"outlier.max-ejection-percent=-1 | 0 to 100", "outlier.consecutive-5xx=-1 | 0 or more",
			"outlier.consecutive-timeouts=-1 | 0 or more", "clients.orders.outlier.max-ejection-percent=101 | 0 to 100",
			"select.orders.version= | metadata values", "select-headers.X-Version= | a metadata key",
			"propagate-select-headers=true | a header to copy" })
	void valueThatMakesNoSenseEndsTheStartWithASentence(String property, String expected, CapturedOutput output) {
		assertThatException().isThrownBy(() -> caller("spring.cloud.etcd.discovery." + property));
		assertThat(output).contains("APPLICATION FAILED TO START").containsIgnoringWhitespaces(expected);
	}

	@ParameterizedTest
	@ValueSource(classes = { AConfiguration.class, EtcdLoadBalancerClientConfiguration.class, ZConfiguration.class })
	void defaultConfigurationOfTheUsersWinsWhateverItsName(Class<?> application) {
		register("1", Map.of());
		ConfigurableApplicationContext caller = this.applications
			.start(new SpringApplicationBuilder(application).web(WebApplicationType.NONE), "caller");
		assertThat(chosen(caller, 10)).containsOnlyKeys("users");
	}

	private static String configurations(String configuration) {
		return "spring.cloud.loadbalancer.configurations=" + configuration;
	}

	private ConfigurableApplicationContext caller(String... properties) {
		return this.applications.start(new SpringApplicationBuilder(Caller.class).web(WebApplicationType.NONE),
				"caller", properties);
	}

	/** Puts a record into etcd, or another one in its place. */
	private static void register(String id, Map<String, String> metadata) {
		StringBuilder fields = new StringBuilder();
		metadata.forEach((key, value) -> fields.append(fields.isEmpty() ? "" : ",")
			.append("\"%s\":\"%s\"".formatted(key, value)));
		eyes.put("/services/orders/" + id,
				"{\"host\":\"127.0.0.1\",\"port\":9%s,\"metadata\":{%s}}".formatted(id, fields));
	}

	private static void delete(String id) {
		eyes.delete("/services/orders/" + id);
	}

	private static void awaitChosen(ConfigurableApplicationContext caller, String... ids) {
		await().atMost(SOON).untilAsserted(() -> assertThat(chosen(caller, 12)).containsOnlyKeys(ids));
	}

	/** How often each instance is chosen. */
	private static Map<String, Integer> chosen(ConfigurableApplicationContext caller, int times) {
		Map<String, Integer> chosen = new TreeMap<>();
		for (int i = 0; i < times; i++) {
			chosen.merge(choose(caller, new DefaultRequest<>()), 1, Integer::sum);
		}
		return chosen;
	}

	private static String choose(ConfigurableApplicationContext caller, Request<?> request) {
		ServiceInstance instance = caller.getBean(LoadBalancerClient.class).choose("orders", request);
		return (instance != null) ? instance.getInstanceId() : "none";
	}

	private static Request<RequestDataContext> request(HttpHeaders headers, String cookie, String value) {
		LinkedMultiValueMap<String, String> cookies = new LinkedMultiValueMap<>();
		cookies.add(cookie, value);
		return new DefaultRequest<>(new RequestDataContext(
				new RequestData(HttpMethod.GET, URI.create("http://orders/"), headers, cookies, Map.of())));
	}

	/**
	 * An application that calls others.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Caller {

	}

	/**
	 * A supplier of the user's.
	 */
	abstract static class UsersSupplier {

		@Bean
		ServiceInstanceListSupplier supplier() {
			return ServiceInstanceListSuppliers.from("orders",
					new DefaultServiceInstance("users", "orders", "127.0.0.1", 1, false));
		}

	}

	/**
	 * One whose name comes before that of ours.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@LoadBalancerClients(defaultConfiguration = AConfiguration.Own.class)
	static class AConfiguration {

		static class Own extends UsersSupplier {

		}

	}

	/**
	 * One that is called like ours.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@LoadBalancerClients(defaultConfiguration = EtcdLoadBalancerClientConfiguration.Own.class)
	static class EtcdLoadBalancerClientConfiguration {

		static class Own extends UsersSupplier {

		}

	}

	/**
	 * One whose name comes after that of ours.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@LoadBalancerClients(defaultConfiguration = ZConfiguration.Own.class)
	static class ZConfiguration {

		static class Own extends UsersSupplier {

		}

	}

}
