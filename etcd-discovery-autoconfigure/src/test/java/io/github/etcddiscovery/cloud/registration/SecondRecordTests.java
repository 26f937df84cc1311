package io.github.etcddiscovery.cloud.registration;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import io.etcd.jetcd.auth.Permission;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.registry.RecordState;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TestUsers;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.ConfigurableApplicationContext;

import static io.github.etcddiscovery.testsupport.EtcdEyes.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

/**
 * A registration that is written a second time for others: both records are there or
 * none, whatever happens to one of them. The user may write one of the two only until a
 * test allows it the other.
 */
@RequiresEtcd
class SecondRecordTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private static final String FIRST = "/services/orders/127.0.0.1:4711";

	private static final String SECOND = "/legacy/orders/127.0.0.1:4711";

	private final EtcdRegistration registration = registration("orders");

	private EtcdServiceRegistry registry;

	SecondRecordTests() {
		super(TestUsers.startWithAuthentication(EtcdBinary.newest()), EtcdEyes::asRoot);
	}

	@BeforeEach
	void start() {
		this.registry = start("spring.cloud.etcd.discovery.register=false").getBean(EtcdServiceRegistry.class);
	}

	@Test
	void bothAreWrittenEachInItsOwnFormat() {
		allow("/legacy/");
		ConfigurableApplicationContext context = start("spring.cloud.etcd.discovery.port=4711",
				"spring.cloud.etcd.discovery.write-also.service-prefix=/legacy/orders",
				"spring.cloud.etcd.discovery.write-also.format=url");
		assertThat(all()).containsOnlyKeys(FIRST, SECOND).containsEntry(SECOND, "http://127.0.0.1:4711");
		assertThat(all().get(FIRST)).startsWith("{\"serviceId\":\"orders\"");
		assertThat(this.eyes.get(FIRST).getLease()).isNotZero().isNotEqualTo(this.eyes.get(SECOND).getLease());
		EtcdServiceRegistry registry = context.getBean(EtcdServiceRegistry.class);
		assertThat(registry.getRecords()).extracting(RegisteredRecord::key, RegisteredRecord::format)
			.containsExactly(tuple(FIRST, "json"), tuple(SECOND, "url"));
		assertThat(registry.getStatistics().registered()).isEqualTo(2);
		await().atMost(SOON).until(() -> context.getBean(DiscoveryClient.class).getInstances("orders").size() == 1);
		context.close();
		assertThat(all()).isEmpty();
	}

	@Test
	void statusThatTheSecondHasNoRoomForTakesThatOneOutAlone() {
		registerBoth();
		long created = this.eyes.get(FIRST).getCreateRevision();
		this.registry.setStatus(this.registration, "OUT_OF_SERVICE");
		await().atMost(SOON).until(() -> this.eyes.get(SECOND) == null);
		await().atMost(SOON).until(() -> all().get(FIRST).contains("\"status\":\"OUT_OF_SERVICE\""));
		assertThat(this.registry.getState(this.registration)).isEqualTo(RecordState.REGISTERED);
		this.registry.setStatus(this.registration, "UP");
		await().atMost(SOON).until(() -> this.eyes.get(SECOND) != null);
		await().atMost(SOON).until(() -> all().get(FIRST).contains("\"status\":\"UP\""));
		assertThat(this.eyes.get(FIRST).getCreateRevision()).isEqualTo(created);
	}

	@Test
	void firstIsNeverThereAsLongAsTheSecondIsRefused() {
		long revision = this.eyes.revision();
		this.registration.setWriteAlso(new WriteAlso("/legacy/orders", "url"));
		assertThatExceptionOfType(EtcdException.class).isThrownBy(() -> this.registry.register(this.registration))
			.withMessageContaining(SECOND)
			.withMessageContaining("permission denied");
		assertThat(this.eyes.revision()).as("nothing was written").isEqualTo(revision);
		assertThat(this.registry.getState(this.registration)).isEqualTo(RecordState.WANTED);
		assertThat(this.registry.getRecords()).extracting(RegisteredRecord::refusal)
			.satisfiesExactly((first) -> assertThat(first).isNull(),
					(second) -> assertThat(second).contains("permission denied"));
		allow("/legacy/");
		awaitBoth();
		assertThat(this.eyes.get(FIRST).getCreateRevision()).as("the second came first")
			.isGreaterThan(this.eyes.get(SECOND).getCreateRevision());
	}

	@Test
	void secondGoesAgainIfTheFirstIsRefusedAndComesWithIt() {
		allow("/legacy/");
		EtcdRegistration stock = registration("stock");
		stock.setWriteAlso(new WriteAlso("/legacy/stock", "address"));
		assertThatExceptionOfType(EtcdException.class).isThrownBy(() -> this.registry.register(stock))
			.withMessageContaining("/services/stock/127.0.0.1:4711")
			.withMessageContaining("permission denied");
		await().atMost(SOON).untilAsserted(() -> assertThat(all()).isEmpty());
		allow("/services/stock/");
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(all()).containsOnlyKeys("/services/stock/127.0.0.1:4711",
					"/legacy/stock/127.0.0.1:4711"));
		assertThat(this.registry.getState(stock)).isEqualTo(RecordState.REGISTERED);
	}

	@Test
	void firstWaitsForTheKeyOfTheSecondToBecomeFree() {
		allow("/legacy/");
		long lease = this.eyes.grant(60);
		this.eyes.put(SECOND, "http://10.0.0.9:1", lease);
		long revision = this.eyes.revision();
		this.registration.setWriteAlso(new WriteAlso("/legacy/orders/", "url"));
		this.registry.submit(this.registration);
		await().atMost(SOON).until(() -> this.registry.getState(this.registration) == RecordState.CONFLICT);
		assertThat(this.eyes.revision()).as("nothing was written").isEqualTo(revision);
		this.eyes.revoke(lease);
		awaitBoth();
	}

	@ParameterizedTest
	@CsvSource({ FIRST + ", false", SECOND + ", false", FIRST + ", true", SECOND + ", true" })
	void neitherStaysAloneWhenTheOtherIsTakenByAnotherProcess(String taken, boolean leaseLost) {
		registerBoth();
		for (int round = 0; round < 2; round++) {
			if (leaseLost) {
				this.eyes.revoke(this.eyes.get(FIRST).getLease());
			}
			long another = this.eyes.grant(60);
			// Whoever it is insists.
			await().atMost(SOON).pollInterval(Duration.ofMillis(1)).until(() -> {
				this.eyes.put(taken, "http://10.0.0.9:1", another);
				return this.registry.getState(this.registration) == RecordState.CONFLICT;
			});
			await().atMost(SOON).untilAsserted(() -> assertThat(all()).containsOnlyKeys(taken));
			long revision = this.eyes.revision();
			this.registry.submit(this.registration);
			this.registry.setStatus(this.registration, "UP");
			assertThat(this.registry.flush(this.registration)).isFalse();
			assertThat(this.eyes.revision()).as("nothing was written").isEqualTo(revision);
			this.eyes.revoke(another);
			awaitBoth();
		}
	}

	@Test
	void whatIsThereStaysWhereSomethingNewIsRefused() {
		this.registry.register(this.registration);
		this.registration.setWriteAlso(new WriteAlso("/legacy/orders", "url"));
		assertThatRefused("/legacy/orders/127.0.0.1:4711");
		assertThat(all()).containsOnlyKeys(FIRST);
		allow("/legacy/");
		awaitBoth();
		this.registration.setWriteAlso(new WriteAlso("/new/orders", "url"));
		assertThatRefused("/new/orders/127.0.0.1:4711");
		assertThat(all()).containsOnlyKeys(FIRST, SECOND);
		this.registration.setWriteAlso(new WriteAlso("/legacy/orders", "url"));
		this.registration.setServiceId("stock");
		assertThatRefused("/services/stock/127.0.0.1:4711");
		assertThat(all()).containsOnlyKeys(FIRST, SECOND);
		allow("/services/stock/");
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(all()).containsOnlyKeys("/services/stock/127.0.0.1:4711", SECOND));
	}

	private void assertThatRefused(String key) {
		assertThatExceptionOfType(EtcdException.class).isThrownBy(() -> this.registry.register(this.registration))
			.withMessageContaining(key)
			.withMessageContaining("permission denied");
	}

	@Test
	void firstGoesWhenTheSecondCannotComeBackWithTheStatus() {
		registerBoth();
		this.registry.setStatus(this.registration, "OUT_OF_SERVICE");
		await().atMost(SOON).until(() -> this.eyes.get(SECOND) == null);
		long another = this.eyes.grant(60);
		this.eyes.put(SECOND, "http://10.0.0.9:1", another);
		this.registry.setStatus(this.registration, "UP");
		await().atMost(SOON).untilAsserted(() -> assertThat(all()).containsOnlyKeys(SECOND));
		this.eyes.revoke(another);
		awaitBoth();
	}

	@Test
	void keyThatIsNotWantedAnyMoreDoesNotComeLater() {
		allow("/legacy/");
		long another = this.eyes.grant(60);
		this.eyes.put(SECOND, "http://10.0.0.9:1", another);
		this.registration.setWriteAlso(new WriteAlso("/legacy/orders", "url"));
		this.registry.submit(this.registration);
		await().atMost(SOON).until(() -> this.registry.getState(this.registration) == RecordState.CONFLICT);
		this.registration.setWriteAlso(new WriteAlso("/new/orders", "url"));
		assertThatRefused("/new/orders/127.0.0.1:4711");
		this.eyes.revoke(another);
		await().during(Duration.ofSeconds(1)).atMost(SOON).until(() -> all().isEmpty());
		allow("/new/");
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(all()).containsOnlyKeys(FIRST, "/new/orders/127.0.0.1:4711"));
	}

	@Test
	void refusedChangeOfOneLeavesBothInPlace() {
		registerBoth();
		forbid("/services/orders/");
		assertThatExceptionOfType(EtcdException.class)
			.isThrownBy(() -> this.registry.changeMetadata(this.registration, "team", "a"))
			.withMessageContaining("permission denied");
		assertThat(all()).containsOnlyKeys(FIRST, SECOND);
		assertThat(this.registration.getMetadata()).isEmpty();
	}

	@Test
	void whatIsDeregisteredMeanwhileIsNoFailureForWhoWaitsForIt() {
		this.registry.register(this.registration);
		EtcdRegistration further = registration("orders");
		further.setInstanceId("further");
		this.etcd.freeze();
		CompletableFuture<Void> registered = this.registry.submit(further);
		this.registry.deregister(further);
		assertThat(registered).isCancelled();
		this.etcd.thaw();
		await().atMost(SOON).untilAsserted(() -> assertThat(all()).containsOnlyKeys(FIRST));
	}

	@Test
	void statusIsNotSaidToBeInEtcdBeforeTheRecordThatHasNoRoomForItIsOut() {
		registerBoth();
		this.etcd.freeze();
		this.registry.setStatus(this.registration, "OUT_OF_SERVICE");
		assertThat(this.registry.flush(this.registration)).isFalse();
		this.etcd.thaw();
		await().atMost(SOON).until(() -> this.registry.flush(this.registration));
		assertThat(all()).containsOnlyKeys(FIRST);
	}

	@Test
	void bothComeBackWhenALeaseIsLostOrOneIsDeleted() {
		registerBoth();
		for (String key : List.of(FIRST, SECOND)) {
			this.eyes.revoke(this.eyes.get(key).getLease());
			awaitBoth();
			this.eyes.delete(key);
			awaitBoth();
		}
	}

	@Test
	void recordForDnsIsTakenOverFromAnEarlierRunButNotFromAnotherInstance() {
		allow("/skydns/");
		String key = "/skydns/local/orders/127-0-0-1-4711-%s";
		this.registration.setWriteAlso(new WriteAlso("/skydns/local/orders", "skydns"));
		this.registry.register(this.registration);
		String second = all().keySet()
			.stream()
			.filter((found) -> found.startsWith("/skydns/"))
			.findFirst()
			.orElseThrow();
		assertThat(second).startsWith(key.formatted(""));
		String value = all().get(second);
		long earlier = this.eyes.grant(60);
		this.registry.deregister(this.registration);
		this.eyes.put(second, value, earlier);
		this.registry.register(this.registration);
		assertThat(this.eyes.get(second).getLease()).isNotEqualTo(earlier);
		this.registry.deregister(this.registration);
		this.eyes.put(second, value.replace("127.0.0.1", "127.0.0.2"), earlier);
		this.registry.submit(this.registration);
		await().atMost(SOON).until(() -> this.registry.getState(this.registration) == RecordState.CONFLICT);
	}

	@Test
	void bothLeaveTogether() {
		EtcdRegistration staying = registration("orders");
		staying.setInstanceId("staying");
		this.registry.register(staying);
		registerBoth();
		this.registry.deregister(this.registration);
		assertThat(all()).containsOnlyKeys("/services/orders/staying");
	}

	@Test
	void secondMovesAndEndsWhileTheFirstStays() {
		registerBoth();
		long created = this.eyes.get(FIRST).getCreateRevision();
		allow("/new/");
		this.registration.setWriteAlso(new WriteAlso("/new/orders", "grpc"));
		this.registry.register(this.registration);
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(all()).containsOnlyKeys(FIRST, "/new/orders/127.0.0.1:4711"));
		this.registration.setWriteAlso(null);
		this.registry.register(this.registration);
		await().atMost(SOON).untilAsserted(() -> assertThat(all()).containsOnlyKeys(FIRST));
		assertThat(this.eyes.get(FIRST).getCreateRevision()).isEqualTo(created);
	}

	@Test
	void secondThatCannotBeWrittenIsRefusedByName() {
		this.registration.setWriteAlso(new WriteAlso("/services/orders", "url"));
		assertThatIllegalArgumentException().isThrownBy(() -> this.registry.register(this.registration))
			.withMessage("Invalid write-also.service-prefix '/services/orders': expected one that does not meet"
					+ " /services/, where this application discovers instances itself");
		this.registration.setWriteAlso(new WriteAlso("/", "url"));
		assertThatIllegalArgumentException().isThrownBy(() -> this.registry.register(this.registration))
			.withMessage("Invalid write-also.service-prefix '/': expected a key prefix such as /legacy/orders");
		this.registration.setWriteAlso(new WriteAlso("/legacy/orders", "yaml"));
		assertThatIllegalArgumentException().isThrownBy(() -> this.registry.register(this.registration))
			.withMessage("Invalid write-also.format 'yaml': expected one of [json, url, address, grpc, kratos,"
					+ " skydns]");
		this.registration.setWriteAlso(new WriteAlso("/skydns/local/Orders", "skydns"));
		assertThatIllegalArgumentException().isThrownBy(() -> this.registry.register(this.registration))
			.withMessageStartingWith(
					"Invalid write-also.service-prefix '/skydns/local/Orders/': expected the path of CoreDNS");
		this.registration.setWriteAlso(new WriteAlso("/legacy/orders", "address"));
		this.registration.setSecure(true);
		assertThatIllegalArgumentException().isThrownBy(() -> this.registry.register(this.registration))
			.withMessageContaining("format 'address' has no room for it");
	}

	private void registerBoth() {
		allow("/legacy/");
		this.registration.setWriteAlso(new WriteAlso("/legacy/orders", "url"));
		this.registry.register(this.registration);
		assertThat(all()).containsKeys(FIRST, SECOND);
	}

	private void awaitBoth() {
		await().atMost(SOON).untilAsserted(() -> assertThat(all()).containsOnlyKeys(FIRST, SECOND));
	}

	private Map<String, String> all() {
		return this.eyes.all("/");
	}

	private void allow(String prefix) {
		String end = prefix.substring(0, prefix.length() - 1) + "0";
		this.eyes.client()
			.getAuthClient()
			.roleGrantPermission(bytes("orders"), bytes(prefix), bytes(end), Permission.Type.READWRITE)
			.join();
	}

	private void forbid(String prefix) {
		String end = prefix.substring(0, prefix.length() - 1) + "0";
		this.eyes.client().getAuthClient().roleRevokePermission(bytes("orders"), bytes(prefix), bytes(end)).join();
	}

	private ConfigurableApplicationContext start(String... properties) {
		String[] all = Stream.concat(
				Stream.of("spring.cloud.etcd.username=orders", "spring.cloud.etcd.password=pw",
						"spring.cloud.etcd.request-timeout=1s", "spring.cloud.etcd.discovery.host=127.0.0.1"),
				Stream.of(properties))
			.toArray(String[]::new);
		return this.applications.start(new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE),
				"orders", all);
	}

	private static EtcdRegistration registration(String service) {
		return new EtcdRegistration(service, null, "127.0.0.1", 4711, false, Map.of());
	}

	/**
	 * An application that registers what it is told to.
	 */
	@EnableAutoConfiguration
	static class Application {

	}

}
