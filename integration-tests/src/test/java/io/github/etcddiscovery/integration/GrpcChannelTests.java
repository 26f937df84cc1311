package io.github.etcddiscovery.integration;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.etcddiscovery.testsupport.Document;
import io.github.etcddiscovery.testsupport.TestAuthority;
import io.github.etcddiscovery.testsupport.TestCertificates;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.entry;
import static org.awaitility.Awaitility.await;

/**
 * What channels to {@code etcd:///} targets make of what is registered: weights, service
 * configs, health, TLS, and a service that has no instance any more.
 */
class GrpcChannelTests extends GrpcApplicationTests {

	private static final String CHANNEL = "spring.grpc.client.channel.default.";

	@Test
	void callsGoToInstancesAsOftenAsTheirWeightsSay() {
		stock("one");
		stock("three", "spring.cloud.etcd.discovery.metadata.weight=3");
		Channel channel = channel(caller(), "etcd:///stock");
		reaches(channel, "one", "three");
		assertThat(calls(channel, 40)).containsOnly(entry("one", 10L), entry("three", 30L));
	}

	@Test
	void roundRobinIsUsedWhereAPropertyAsksForIt() {
		stock("one");
		stock("three", "spring.cloud.etcd.discovery.metadata.weight=3");
		Channel channel = channel(caller(CHANNEL + "default.load-balancing-policy=round_robin"), "etcd:///stock");
		reaches(channel, "one", "three");
		assertThat(calls(channel, 40)).containsOnly(entry("one", 20L), entry("three", 20L));
	}

	@Test
	void lastConnectionEndsWhenNoInstanceMayBeCalledAnyMore() {
		ConfigurableApplicationContext stock = stock("first");
		Channel channel = channel(caller(), "etcd:///stock");
		reaches(channel, "first");
		refuseTraffic(stock);
		await().atMost(SOON)
			.untilAsserted(() -> failsWith(channel, "Cannot call stock: none of its instances in etcd may be called"));
		AvailabilityChangeEvent.publish(stock, ReadinessState.ACCEPTING_TRAFFIC);
		reaches(channel, "first");
		stock.close();
		failsWith(channel, "Cannot call stock: none of its instances in etcd may be called");
		stock("second");
		reaches(channel, "second");
	}

	/** As gRPC's round robin has it: better an instance that leaves than none. */
	@Test
	void roundRobinKeepsTheLastConnectionUntilThatEnds() {
		ConfigurableApplicationContext stock = stock("first");
		Channel channel = channel(caller(CHANNEL + "default.load-balancing-policy=round_robin"), "etcd:///stock");
		reaches(channel, "first");
		refuseTraffic(stock);
		assertThat(call(channel)).isEqualTo("first");
		stock.close();
		failsWith(channel, "Cannot call stock: none of its instances in etcd may be called");
	}

	@Test
	void connectionsStayWhileEtcdIsAway() {
		stock("first");
		Channel channel = channel(caller(), "etcd:///stock");
		reaches(channel, "first");
		this.etcd.kill();
		assertThat(calls(channel, 20)).containsOnly(entry("first", 20L));
		this.etcd.startAgain();
	}

	@Test
	void serviceConfigThatInstancesPublishCountsAndOneInstanceAloneDoesNotDecide() {
		String publishes = "spring.cloud.etcd.discovery.metadata.gRPC_service_config="
				+ "{\"methodConfig\":[{\"name\":[{}],\"timeout\":\"0.000000001s\"}]}";
		stock("hasty", publishes);
		Channel channel = channel(caller(), "etcd:///stock");
		await().atMost(SOON)
			.untilAsserted(() -> assertThatExceptionOfType(StatusRuntimeException.class).isThrownBy(() -> call(channel))
				.satisfies((ex) -> assertThat(ex.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED)));
		stock("second");
		stock("third");
		reaches(channel, "hasty", "second", "third");
	}

	@ParameterizedTest
	@ValueSource(strings = { CHANNEL + "health.enabled=true", "spring.cloud.loadbalancer.configurations=health-check" })
	void instanceThatGrpcsHealthProtocolReportsAsBrokenIsNotCalled(String property) {
		ConfigurableApplicationContext first = stock("first");
		stock("second");
		Channel channel = channel(caller(property), "etcd:///stock");
		reaches(channel, "first", "second");
		first.getBean(HealthStatusManager.class).setStatus("", ServingStatus.NOT_SERVING);
		reaches(channel, "second");
		first.getBean(HealthStatusManager.class).setStatus("", ServingStatus.SERVING);
		reaches(channel, "first", "second");
	}

	@Test
	void certificatesOfBothSidesAreCheckedAgainstTheServiceByItsName(@TempDir Path folder) throws IOException {
		TestAuthority authority = new TestAuthority(folder);
		Map<String, String> snippet = Document.properties(Document.of("docs/grpc.md").blocks("yaml").get(3));
		Map<String, String> client = Document.properties(Document.of("docs/grpc.md").blocks("yaml").get(4));
		stock("first", with(snippet, authority.issueFor("stock")));
		Channel channel = channel(caller(with(client, authority.issue("caller"))), "stock");
		reaches(channel, "first");
		Channel withoutCertificate = channel(caller("spring.grpc.client.channel.stock.target=etcd:///stock",
				"spring.grpc.client.channel.stock.ssl.enabled=true",
				"spring.ssl.bundle.pem.authority.truststore.certificate=" + authority.certificate(),
				"spring.grpc.client.channel.stock.ssl.bundle=authority"), "stock");
		assertUnavailable(withoutCertificate);
		stock("impostor", with(snippet, authority.issueFor("orders")));
		assertThat(calls(channel, 20)).containsOnlyKeys("first");
	}

	/** The properties of a snippet, with certificates that exist. */
	private static String[] with(Map<String, String> snippet, TestCertificates certificates) {
		return snippet.entrySet()
			.stream()
			.map((property) -> property.getKey() + "="
					+ property.getValue()
						.replaceAll("^/etc/.*authority.*$", certificates.authority())
						.replaceAll("^/etc/.*[.]crt$", certificates.certificate())
						.replaceAll("^/etc/.*[.]key$", certificates.key()))
			.toArray(String[]::new);
	}

	private void refuseTraffic(ConfigurableApplicationContext stock) {
		AvailabilityChangeEvent.publish(stock, ReadinessState.REFUSING_TRAFFIC);
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(this.eyes.all(STOCK).values()).singleElement()
				.asString()
				.contains("OUT_OF_SERVICE"));
	}

	private static void assertUnavailable(Channel channel) {
		assertThatExceptionOfType(StatusRuntimeException.class).isThrownBy(() -> call(channel))
			.satisfies((ex) -> assertThat(ex.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
	}

	/** How often each instance answered. */
	private static Map<String, Long> calls(Channel channel, int count) {
		return IntStream.range(0, count)
			.mapToObj((i) -> call(channel))
			.collect(Collectors.groupingBy((name) -> name, Collectors.counting()));
	}

}
