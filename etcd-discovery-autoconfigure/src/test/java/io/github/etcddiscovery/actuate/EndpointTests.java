package io.github.etcddiscovery.actuate;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.github.etcddiscovery.cloud.EtcdServiceInstance;
import io.github.etcddiscovery.testsupport.Document;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TestApplications;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.ResponseEntity;
import org.springframework.web.client.RestClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What the actuator shows and lets change, in servlet applications and, where the web
 * counts, in reactive ones.
 */
@RequiresEtcd
class EndpointTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	private static final String ORDERS = "/services/orders/";

	private static final String CHANGEABLE = "management.endpoint.etcd.access=unrestricted";

	private ConfigurableApplicationContext context;

	EndpointTests() {
		// Less than a record may have
		super(EtcdBinary.newest(), "--max-request-bytes=3000");
	}

	@ParameterizedTest
	@ValueSource(strings = { "servlet", "reactive" })
	void targetsAreAnsweredAsPrometheusWantsThem(String type) {
		this.eyes.put("/services/stock/a", "{\"host\":\"10.0.0.9\",\"port\":80}");
		start(type);
		ResponseEntity<String> answer = TestApplications.http(this.context, "/actuator/etcdtargets")
			.get()
			.retrieve()
			.toEntity(String.class);
		assertThat(answer.getHeaders().getContentType()).hasToString("application/json");
		assertThat(answer.getBody()).startsWith("[{\"targets\":[").contains("\"10.0.0.9:80\"");
		assertThat(get("etcdtargets/us").status()).isEqualTo(404);
	}

	@ParameterizedTest
	@ValueSource(strings = { "servlet", "reactive" })
	void pageIsSwitchedOffByDefaultAndShownWhereItIsSwitchedOn(String type) {
		start(type);
		assertThat(get("etcdpage").status()).isEqualTo(404);
		this.context.close();
		start(type, "management.endpoint.etcdpage.access=read-only");
		ResponseEntity<String> page = TestApplications.http(this.context, "/actuator/etcdpage")
			.get()
			.retrieve()
			.toEntity(String.class);
		assertThat(page.getHeaders().getContentType()).hasToString("text/html;charset=UTF-8");
		assertThat(page.getBody()).startsWith("<!DOCTYPE html>");
		await().atMost(SOON)
			.until(() -> get("etcdpage/state").body().contains("\"services\":{\"orders\":[{\"id\":\"127.0.0.1:"));
		String version = get("etcdpage/state").body().replaceAll(".*\"version\":\"([^\"]+)\".*", "$1");
		assertThat(get("etcdpage/state?since=" + version).body()).contains("\"services\":null");
		assertThat(get("etcdpage/other").status()).isEqualTo(404);
	}

	@Test
	void sampleOfThePageHasTheFieldsOfARealAnswer() {
		start("servlet", "spring.cloud.etcd.discovery.zone=eu-1");
		JsonNode shown = JsonMapper.shared().readTree(Document.of("docs/monitoring.md").blocks("json").get(0));
		JsonNode real = JsonMapper.shared().readTree(get("etcd").body());
		assertThat(shown.propertyNames()).containsExactlyElementsOf(real.propertyNames());
		assertThat(shown.get("view").propertyNames()).containsExactlyElementsOf(real.get("view").propertyNames());
		for (String first : List.of("/registrations/0", "/view/prefixes/0")) {
			assertThat(shown.at(first).propertyNames()).containsExactlyElementsOf(real.at(first).propertyNames());
		}
	}

	@Test
	void statusIsShownAndSetAndReadinessDoesNotOverrideIt() {
		start("servlet");
		assertThat(get("serviceregistry").body()).contains("UP");
		assertThat(post("serviceregistry", Map.of("status", "OUT_OF_SERVICE")).status()).isEqualTo(200);
		assertThat(this.eyes.get(key()).getValue().toString()).as("by then").contains("OUT_OF_SERVICE");
		await().atMost(SOON).until(() -> discoveryClient().getInstances("orders").isEmpty());
		TestApplications.refuseAndAcceptTraffic(this.context);
		assertThat(get("serviceregistry").body()).contains("OUT_OF_SERVICE");
		post("serviceregistry", Map.of("status", "UP"));
		await().atMost(SOON).until(() -> discoveryClient().getInstances("orders").size() == 1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "servlet", "reactive" })
	void statusThatDoesNotExistIsRefusedInASentence(String type) {
		start(type);
		Answer answer = post("serviceregistry", Map.of("status", "SLEEPY"));
		assertThat(answer.status()).isEqualTo(400);
		assertThat(answer.json().path("error").asString())
			.isEqualTo("Unknown status 'SLEEPY': expected one of [UP, DOWN, OUT_OF_SERVICE, UNKNOWN]");
		assertThat(post("serviceregistry", Map.of("state", "UP")).json().path("error").asString())
			.isEqualTo("No status given: expected {\"status\":\"...\"}");
		assertThat(this.eyes.get(key()).getValue().toString()).contains("\"status\":\"UP\"");
	}

	@Test
	void whatIsRegisteredAndWhyAndWhatIsSeenIsShown() {
		start("servlet", "spring.cloud.etcd.discovery.zone=eu-1", "management.info.etcd.enabled=true");
		this.eyes.put("/services/stock/a", "{\"host\":\"h\",\"port\":1,\"status\":\"DOWN\"}");
		this.eyes.put("/services/stock/b", "{\"host\":\"h\",\"port\":0}");
		await().atMost(SOON)
			.until(() -> discoveryClient().getServices().size() == 2
					&& get("etcd").json().at("/view/rejected").asInt() == 1);
		String shown = get("etcd").body();
		long lease = this.eyes.get(key()).getLease();
		assertThat(discoveryClient().getInstances("orders")).singleElement()
			.isInstanceOfSatisfying(EtcdServiceInstance.class,
					(instance) -> assertThat(instance.getLeaseId()).isEqualTo(lease));
		assertThat(shown).containsPattern(Pattern
			.quote("{\"key\":\"" + key()
					+ "\",\"state\":\"REGISTERED\",\"refusal\":null,\"status\":\"UP\",\"format\":\"json\",\"lease\":\""
					+ Long.toHexString(lease))
				+ "\",\"leaseRemainingMillis\":[1-9]\\d*,"
				+ Pattern.quote(
						"\"host\":\"127.0.0.1\",\"hostReason\":\"the server listens on server.address only\",\"port\":"
								+ port() + ",\"metadata\":{\"zone\":\"eu-1\"}}"))
			.contains("\"state\":\"WATCHING\",\"synced\":true,\"staleMillis\":0")
			.contains("\"prefix\":\"/services/\",\"epoch\":1,\"revision\":" + this.eyes.revision())
			.contains("\"services\":{\"orders\":1,\"stock\":1}")
			.contains("\"rejections\":{\"/services/stock/b\":"
					+ "\"Invalid port '0': expected a port between 1 and 65535\"}");
		assertThat(get("info").json().path("etcd")).isEqualTo(JsonMapper.shared()
			.readTree(
					"{\"service\":\"orders\",\"instance\":\"127.0.0.1:%d\",\"status\":\"UP\",\"metadata\":{\"zone\":\"eu-1\"}}"
						.formatted(port())));
	}

	@Test
	void whatSomebodyHostileHasWrittenIsShownEscapedAndCut() {
		start("servlet");
		String hostile = "\u001b[31m\n\u202e" + "x".repeat(1_000);
		this.eyes.put("/services/stock/" + hostile, hostile);
		await().atMost(SOON).until(() -> get("etcd").json().at("/view/rejected").asInt() == 1);
		JsonNode rejections = get("etcd").json().at("/view/rejections");
		assertThat(rejections.propertyNames()).singleElement().satisfies((key) -> {
			assertThat(key).startsWith("/services/stock/\\u001b[31m\\u000a\\u202exxx").hasSizeLessThan(400);
			assertThat(rejections.path(key).asString()).doesNotContain("\u001b", "\n", "\u202e").hasSizeLessThan(400);
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "servlet", "reactive" })
	void metadataChangeInPlaceUnderTheSameLease(String type) {
		start(type, CHANGEABLE, "spring.cloud.etcd.discovery.metadata.weight=1",
				"spring.cloud.etcd.discovery.metadata.blue=yes");
		var before = this.eyes.get(key());
		Answer set = setWeight("5");
		assertThat(set.status()).isEqualTo(200);
		assertThat(set.json().path("metadata"))
			.isEqualTo(JsonMapper.shared().readTree("{\"weight\":\"5\",\"blue\":\"yes\"}"));
		Answer removed = http().delete().uri("etcd/metadata/blue").exchange((request, response) -> Answer.of(response));
		assertThat(removed.json().path("metadata")).isEqualTo(JsonMapper.shared().readTree("{\"weight\":\"5\"}"));
		var after = this.eyes.get(key());
		assertThat(after.getLease()).isEqualTo(before.getLease());
		assertThat(after.getVersion()).as("written twice, not deleted in between").isEqualTo(before.getVersion() + 2);
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(discoveryClient().getInstances("orders")).singleElement()
				.satisfies((instance) -> assertThat(instance.getMetadata()).isEqualTo(Map.of("weight", "5"))));
	}

	@Test
	void whatCannotBeChangedIsRefusedInASentence() {
		start("servlet", CHANGEABLE);
		long revision = this.eyes.get(key()).getModRevision();
		Answer other = post("etcd/host/name", Map.of("value", "h"));
		assertThat(other.status()).isEqualTo(404);
		assertThat(other.json().path("error").asString())
			.isEqualTo("There is no 'host' to change: expected 'metadata'");
		Answer none = post("etcd/metadata/weight", Map.of("other", "5"));
		assertThat(none.status()).isEqualTo(400);
		assertThat(none.json().path("error").asString()).isEqualTo("No value given: expected {\"value\":\"...\"}");
		Answer tooLong = setWeight("9".repeat(4_097));
		assertThat(tooLong.status()).isEqualTo(400);
		assertThat(tooLong.json().path("error").asString()).contains("metadata.weight")
			.contains("expected 4096 characters at most");
		Answer secret = post("etcd/metadata/password", Map.of("value", "canary"));
		assertThat(secret.status()).isEqualTo(400);
		assertThat(secret.body()).contains("no metadata named 'password'").doesNotContain("canary");
		assertThat(this.eyes.get(key()).getModRevision()).isEqualTo(revision);
	}

	@Test
	void metadataThatEtcdRefusesAreRefusedInASentence() {
		start("servlet", CHANGEABLE);
		Answer answer = setWeight("9".repeat(3_500));
		assertThat(answer.status()).isEqualTo(503);
		assertThat(answer.json().path("error").asString()).contains("request is too large");
		assertThat(get("etcd").body()).contains("\"metadata\":{}");
		long lease = this.eyes.get(key()).getLease();
		this.eyes.revoke(lease);
		await("not kept out by what was refused").atMost(SOON)
			.until(() -> this.eyes.get(key()) != null && this.eyes.get(key()).getLease() != lease);
	}

	@Test
	void changesAreTakenWhileEtcdIsAwayAndFollowWhenItIsBack() {
		start("servlet", CHANGEABLE, "spring.cloud.etcd.request-timeout=500ms");
		this.etcd.kill();
		Answer answer = setWeight("5");
		assertThat(answer.status()).isEqualTo(202);
		assertThat(answer.json().at("/metadata/weight").asString()).isEqualTo("5");
		assertThat(post("serviceregistry", Map.of("status", "OUT_OF_SERVICE")).status()).isEqualTo(202);
		this.etcd.startAgain();
		await().atMost(SOON)
			.ignoreExceptions()
			.until(() -> this.eyes.get(key()).getValue().toString().contains("\"weight\":\"5\"")
					&& this.eyes.get(key()).getValue().toString().contains("OUT_OF_SERVICE"));
	}

	@Test
	void applicationThatIsNotRegisteredHasNoMetadataToChange() {
		start("servlet", CHANGEABLE, "spring.cloud.etcd.discovery.register=false");
		Answer answer = setWeight("5");
		assertThat(answer.status()).isEqualTo(404);
		assertThat(answer.json().path("error").asString()).isEqualTo("This application does not register itself");
		assertThat(get("info").json().has("etcd")).isFalse();
	}

	@Test
	void nothingIsChangedUnlessItIsSaidThatItMayBe() {
		start("servlet");
		assertThat(get("etcd").status()).isEqualTo(200);
		assertThat(setWeight("5").status()).isEqualTo(404);
	}

	@Test
	void metadataOfAnApplicationThatIsNotRegisteredYetFollowWithIt() {
		start("servlet", CHANGEABLE);
		AvailabilityChangeEvent.publish(this.context, ReadinessState.REFUSING_TRAFFIC);
		this.context.stop();
		this.context.start();
		assertThat(this.eyes.all(ORDERS)).isEmpty();
		assertThat(setWeight("5").status()).isEqualTo(202);
		AvailabilityChangeEvent.publish(this.context, ReadinessState.ACCEPTING_TRAFFIC);
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(this.eyes.all(ORDERS).values()).singleElement()
				.asString()
				.contains("\"weight\":\"5\""));
	}

	@ParameterizedTest
	@ValueSource(strings = { "servlet", "reactive" })
	void discoveryHealthOfSpringCloudAndReadinessGroupSurviveAnOutage(String type) {
		start(type, "management.endpoint.health.show-details=always", "management.endpoint.health.probes.enabled=true",
				"management.endpoint.health.group.readiness.include=readinessState,etcd,discoveryComposite");
		boolean reactive = type.equals("reactive");
		String[] indicators = reactive
				? new String[] { "/components/discoveryComposite", "/components/reactiveDiscoveryClients",
						"/components/reactiveDiscoveryClients/components/etcd Reactive Discovery Client" }
				: new String[] { "/components/discoveryComposite" };
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(Arrays.stream(indicators)
				.map((indicator) -> get("health").json().at(indicator + "/status").asString()))
				.containsExactlyElementsOf(Collections.nCopies(indicators.length, "UP")));
		assertThat(get("health").body()).contains("\"services\":[\"orders\"]");
		assertThat(get("health/readiness").status()).isEqualTo(200);
		this.etcd.kill();
		await().atMost(SOON).until(() -> get("health").json().at("/components/etcd/details/view").has("failure"));
		assertThat(get("health").json().path("status").asString()).isEqualTo("UP");
		assertThat(get("health/readiness").status()).isEqualTo(200);
	}

	@Test
	void readinessGroupWithEtcdWaitsForTheFirstSync() {
		this.etcd.kill();
		start("servlet", CHANGEABLE, "spring.cloud.etcd.fail-fast=false",
				"management.endpoint.health.probes.enabled=true",
				"management.endpoint.health.group.readiness.include=readinessState,etcd");
		assertThat(get("health/readiness").status()).isEqualTo(503);
		this.etcd.startAgain();
		await().atMost(SOON).until(() -> get("health/readiness").status() == 200);
		await().atMost(SOON).ignoreExceptions().until(() -> this.eyes.get(key()) != null);
	}

	private void start(String type, String... properties) {
		this.context = this.applications.start(Application.class, "orders",
				Stream
					.concat(Stream.of("spring.main.web-application-type=" + type,
							"management.endpoints.web.exposure.include=*"), Stream.of(properties))
					.toArray(String[]::new));
	}

	private DiscoveryClient discoveryClient() {
		return this.context.getBean(DiscoveryClient.class);
	}

	private int port() {
		return TestApplications.port(this.context);
	}

	private String key() {
		return ORDERS + "127.0.0.1:" + port();
	}

	private Answer setWeight(String weight) {
		return post("etcd/metadata/weight", Map.of("value", weight));
	}

	private Answer get(String endpoint) {
		return http().get().uri(endpoint).exchange((request, response) -> Answer.of(response));
	}

	private Answer post(String endpoint, Object body) {
		return http().post().uri(endpoint).body(body).exchange((request, response) -> Answer.of(response));
	}

	private RestClient http() {
		return TestApplications.http(this.context, "/actuator/");
	}

	/**
	 * What an endpoint answers.
	 */
	private record Answer(int status, String body) {

		static Answer of(RestClient.RequestHeadersSpec.ConvertibleClientHttpResponse response) throws IOException {
			return new Answer(response.getStatusCode().value(), String.valueOf(response.bodyTo(String.class)));
		}

		JsonNode json() {
			return JsonMapper.shared().readTree(this.body);
		}

	}

	/**
	 * An application with nothing of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
