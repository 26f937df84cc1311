package io.github.etcddiscovery.cloud.registration;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.doubles.MemoryEtcdClient;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.registry.RecordState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Tests of {@link EtcdServiceRegistry} on an etcd that answers at once.
 */
@ExtendWith(OutputCaptureExtension.class)
class EtcdServiceRegistryTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private static final String KEY = "/services/orders/h:8080";

	private final MemoryEtcdClient etcd = new MemoryEtcdClient();

	private final EtcdRegistration registration = registration("orders", 8080);

	private EtcdServiceRegistry registry = registry(true, Duration.ofSeconds(5));

	private EtcdServiceRegistry registry(boolean deregister, Duration timeout) {
		return MemoryRegistry.over(this.etcd, deregister, timeout);
	}

	private static EtcdRegistration registration(String serviceId, int port) {
		return new EtcdRegistration(serviceId, null, "h", port, false, Map.of());
	}

	@AfterEach
	void close() {
		this.registry.close();
	}

	private void awaitKeys(String... keys) {
		await().atMost(SOON).untilAsserted(() -> assertThat(this.etcd.keys()).containsExactlyInAnyOrder(keys));
	}

	@Test
	void changeThatEtcdRefusesIsTakenBackInTheRecordToo() {
		this.registry.register(this.registration);
		this.registry.changeMetadata(this.registration, "zone", "a");
		this.etcd.refusePuts(Reason.NO_SPACE);
		assertThatExceptionOfType(EtcdException.class)
			.isThrownBy(() -> this.registry.changeMetadata(this.registration, "zone", "b"));
		assertThat(this.registration.getMetadata()).containsEntry("zone", "a");
		await("not tried again").atMost(SOON)
			.untilAsserted(() -> assertThat(this.registry.getRecords()).singleElement()
				.satisfies((record) -> assertThat(record.refusal()).isNull())
				.satisfies((record) -> assertThat(record.state()).isEqualTo(RecordState.REGISTERED)));
		assertThat(this.etcd.value(KEY)).contains("\"zone\":\"a\"");
	}

	@Test
	void refusedChangeIsNotTakenBackIfTheApplicationHasChangedItAgain() {
		this.registry.register(this.registration);
		this.etcd.refusePuts(Reason.UNAVAILABLE);
		CompletableFuture<Boolean> change = CompletableFuture
			.supplyAsync(() -> this.registry.changeMetadata(this.registration, "zone", "a"));
		await().atMost(SOON).until(() -> "a".equals(this.registration.getMetadata().get("zone")));
		this.registration.getMetadata().put("zone", "later");
		this.etcd.refusePuts(Reason.NO_SPACE);
		assertThat(change).failsWithin(SOON);
		assertThat(this.registration.getMetadata()).containsEntry("zone", "later");
	}

	@Test
	void changeThatBreaksTheRulesChangesNothing() {
		this.registry.register(this.registration);
		String before = this.etcd.value(KEY);
		assertThatExceptionOfType(InvalidValueException.class)
			.isThrownBy(() -> this.registry.changeMetadata(this.registration, "password", "x"));
		assertThat(this.registration.getMetadata()).isEmpty();
		assertThat(this.etcd.value(KEY)).isEqualTo(before);
	}

	@Test
	void changeIsConfirmedOnceEtcdHasIt() {
		assertThat(this.registry.changeMetadata(this.registration, "zone", "a")).as("not registered").isFalse();
		this.registry.register(this.registration);
		assertThat(this.etcd.value(KEY)).contains("\"zone\":\"a\"");
		assertThat(this.registry.changeMetadata(this.registration, "zone", "b")).isTrue();
		assertThat(this.etcd.value(KEY)).contains("\"zone\":\"b\"");
		assertThat(this.registry.flush(this.registration)).isTrue();
	}

	@Test
	void changeThatEtcdDoesNotAnswerInTimeIsNotConfirmed(CapturedOutput output) {
		this.registry = registry(true, Duration.ofMillis(50));
		this.registry.register(this.registration);
		this.etcd.refusePuts(Reason.UNAVAILABLE);
		assertThat(this.registry.changeMetadata(this.registration, "zone", "a")).isFalse();
		assertThat(output).contains("is not changed after 50 ms: still trying in the background");
	}

	@Test
	void statusIsPublishedOfWhatIsRegisteredOnly() {
		this.registry.setStatus(this.registration, "DOWN");
		assertThat(this.etcd.keys()).isEmpty();
		this.registry.register(this.registration);
		assertThat(this.etcd.value(KEY)).contains("\"status\":\"DOWN\"");
		this.registry.setStatus(this.registration, "UP");
		await().atMost(SOON).untilAsserted(() -> assertThat(this.etcd.value(KEY)).contains("\"status\":\"UP\""));
		assertThat(this.registry.<String>getStatus(this.registration)).isEqualTo("UP");
	}

	@Test
	void registrationThatLeavesLeavesTheOthers() {
		EtcdRegistration other = registration("stock", 8081);
		this.registry.register(this.registration);
		this.registry.register(other);
		this.registry.deregister(this.registration);
		assertThat(this.etcd.keys()).containsExactly("/services/stock/h:8081");
		assertThat(this.registry.getState(this.registration)).isEqualTo(RecordState.GONE);
		assertThat(this.registry.withdraw(List.of(this.registration))).as("again").isFalse();
		assertThat(this.registry.withdrawAll()).isTrue();
		assertThat(this.etcd.keys()).isEmpty();
		assertThat(this.registry.withdrawAll()).as("again").isFalse();
	}

	@Test
	void recordThatWasNeverInEtcdIsNoneThatCallersKnow() {
		EtcdRegistration other = registration("stock", 8081);
		this.registry.register(other);
		this.etcd.putForAnother(KEY, "{}");
		this.registry.submit(this.registration);
		await().atMost(SOON).until(() -> this.registry.getState(this.registration) == RecordState.CONFLICT);
		assertThat(this.registry.withdraw(List.of(this.registration))).isFalse();
		assertThat(this.registry.withdraw(List.of(other))).isTrue();
		assertThat(this.etcd.value(KEY)).as("of another process").isEqualTo("{}");
	}

	/**
	 * One of several registrations moves to a key of another process, and leaves then.
	 */
	@Test
	void registrationThatLeavesWhileItMovesLeavesNothingBehind() {
		EtcdRegistration other = registration("stock", 8081);
		this.registry.register(other);
		this.registry.register(this.registration);
		this.etcd.putForAnother("/services/orders/h:9090", "{}");
		this.registration.setPort(9090);
		this.registry.submit(this.registration);
		await().atMost(SOON).until(() -> this.registry.getState(this.registration) == RecordState.CONFLICT);
		assertThat(this.etcd.keys()).as("still there").contains(KEY);
		this.registry.deregister(this.registration);
		awaitKeys("/services/orders/h:9090", "/services/stock/h:8081");
	}

	@Test
	void registrationThatMovesIsAtItsNewKeyOnly() {
		this.registry.register(this.registration);
		this.registration.setPort(9090);
		this.registry.register(this.registration);
		awaitKeys("/services/orders/h:9090");
		assertThat(this.registry.getRecords()).extracting(RegisteredRecord::key)
			.containsExactly("/services/orders/h:9090");
	}

	@Test
	void secondRecordComesAndGoesWithTheFirst() {
		this.registration.setWriteAlso(new WriteAlso("/legacy/orders", "url"));
		this.registry.register(this.registration);
		awaitKeys(KEY, "/legacy/orders/h:8080");
		this.registry.setStatus(this.registration, "OUT_OF_SERVICE");
		awaitKeys(KEY);
		this.registry.setStatus(this.registration, "UP");
		awaitKeys(KEY, "/legacy/orders/h:8080");
		this.registration.setWriteAlso(null);
		this.registry.register(this.registration);
		awaitKeys(KEY);
	}

	/** Either both are there or none. */
	@Test
	void firstRecordWaitsForASecondThatAnotherProcessHolds() {
		this.etcd.putForAnother("/legacy/orders/h:8080", "x");
		this.registration.setWriteAlso(new WriteAlso("/legacy/orders", "url"));
		this.registry.submit(this.registration);
		await().atMost(SOON).until(() -> this.registry.getState(this.registration) == RecordState.CONFLICT);
		assertThat(this.etcd.keys()).containsExactly("/legacy/orders/h:8080");
		assertThat(this.registry.getRecords()).extracting(RegisteredRecord::state)
			.containsExactly(RecordState.WANTED, RecordState.CONFLICT);
	}

	@Test
	void formatWithoutRoomForTheStatusIsNotInEtcdUntilItIsUp(CapturedOutput output) {
		this.registration.setFormat("url");
		this.registry.setStatus(this.registration, "OUT_OF_SERVICE");
		this.registry.register(this.registration);
		assertThat(this.etcd.keys()).isEmpty();
		assertThat(output).contains(KEY + " is not in etcd as long as its status is not UP: format url");
		this.registry.setStatus(this.registration, "UP");
		awaitKeys(KEY);
	}

	@Test
	void formatWithoutRoomForMetadataRefusesAChange() {
		this.registration.setFormat("url");
		assertThatExceptionOfType(InvalidValueException.class)
			.isThrownBy(() -> this.registry.changeMetadata(this.registration, "zone", "a"))
			.withMessageContaining("to change zone");
		assertThat(this.registration.getMetadata()).isEmpty();
	}

	@Test
	void callbackComesOnceTheRegistrationIsThere() {
		List<String> called = new CopyOnWriteArrayList<>();
		this.registry.whenRegistered(this.registration, () -> called.add("never"));
		this.etcd.refusePuts(Reason.UNAVAILABLE);
		this.registry.submit(this.registration);
		this.registry.whenRegistered(this.registration, () -> called.add("later"));
		assertThat(called).isEmpty();
		this.etcd.refusePuts(null);
		await().atMost(SOON).untilAsserted(() -> assertThat(called).containsExactly("later"));
		this.registry.whenRegistered(this.registration, () -> called.add("at once"));
		await().atMost(SOON).untilAsserted(() -> assertThat(called).containsExactly("later", "at once"));
	}

	@Test
	void closedRegistryOpensAgainAndAnEndedOneDoesNot() {
		this.registry.register(this.registration);
		this.registry.close();
		assertThat(this.etcd.keys()).isEmpty();
		assertThat(this.registry.getRecords()).isEmpty();
		this.registry.register(this.registration);
		assertThat(this.etcd.keys()).containsExactly(KEY);
		this.registry.end();
		assertThat(this.registry.flush(this.registration)).isFalse();
		assertThatIllegalStateException().isThrownBy(() -> this.registry.register(registration("stock", 1)))
			.withMessageContaining("the application is closing");
	}

	@Test
	void recordStaysUntilItsLeaseHasRunOutWhereLeavingDoesNotDeregister() {
		this.registry = registry(false, SOON);
		this.registry.register(this.registration);
		this.registry.close();
		assertThat(this.etcd.keys()).containsExactly(KEY);
	}

	@Test
	void nothingIsRefusedWithASentence() {
		assertThatIllegalArgumentException().isThrownBy(() -> this.registry.register(null))
			.withMessage("No registration given: expected an EtcdRegistration");
		assertThatIllegalArgumentException().isThrownBy(() -> this.registry.deregister(null))
			.withMessage("No registration given: expected an EtcdRegistration");
		assertThatIllegalArgumentException().isThrownBy(() -> this.registry.setStatus(this.registration, "AWAY"))
			.withMessageContaining("AWAY");
	}

	@Test
	void registrationThatCannotBeWrittenIsRefusedBeforeItIsTried() {
		EtcdRegistration evil = new EtcdRegistration("orders", null, "user@evil", 1, false, Map.of());
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> this.registry.requireRegistrable(evil))
			.withMessageContaining("user@evil");
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> this.registry.register(evil));
		assertThat(this.registry.getRecords()).isEmpty();
	}

}
