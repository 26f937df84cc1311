package io.github.etcddiscovery.registry;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.watch.WatchEvent;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.doubles.TestClients;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.OnEveryEtcd;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static io.github.etcddiscovery.testsupport.TestApplications.awaitNoThreads;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

@OnEveryEtcd
@ExtendWith(OutputCaptureExtension.class)
class RegistrarTests {

	private static final String KEY = "/services/orders/10.0.0.5:8080";

	private static final TtlOption TTL = new TtlOption(Duration.ofMillis(500), Duration.ofSeconds(3));

	private static final Duration SOON = Duration.ofSeconds(5);

	private final EtcdProcess etcd;

	private final EtcdEyes eyes;

	private final EtcdClient client;

	private final Registrar registrar;

	RegistrarTests(EtcdBinary binary) {
		this.etcd = EtcdProcess.start(binary);
		this.eyes = new EtcdEyes(this.etcd.endpoint());
		this.client = TestClients.connect(this.etcd.endpoint());
		this.registrar = new Registrar(this.client, TTL);
	}

	@AfterEach
	void stop() {
		this.registrar.close(false, SOON);
		this.client.close();
		this.eyes.close();
		this.etcd.close();
	}

	@Test
	void putsARecordUnderALeaseOfTheTtlAndKeepsItThere() {
		register("UP");
		KeyValue entry = this.eyes.get(KEY);
		assertThat(entry.getValue()).hasToString("UP");
		assertThat(this.eyes.grantedTtl(entry.getLease())).isEqualTo(3);
		long until = System.nanoTime() + Duration.ofSeconds(5).toNanos();
		await().atMost(Duration.ofSeconds(10)).until(() -> System.nanoTime() > until);
		assertThat(this.eyes.get(KEY).getModRevision()).as("renewed, not written again")
			.isEqualTo(entry.getModRevision());
	}

	@Test
	void eachRecordHasALeaseOfItsOwn() {
		String other = "/services/orders-management/10.0.0.5:9090";
		assertThat(this.registrar.leaseId(KEY)).isZero();
		register("UP");
		assertThat(this.registrar.register(entry(other, "UP"))).succeedsWithin(SOON);
		assertThat(this.eyes.get(KEY).getLease()).isEqualTo(this.registrar.leaseId(KEY));
		assertThat(this.eyes.get(other).getLease()).isEqualTo(this.registrar.leaseId(other))
			.isNotEqualTo(this.registrar.leaseId(KEY));
		assertThat(this.registrar.deregister(other)).succeedsWithin(SOON);
		assertThat(this.eyes.leasesOf("/services/")).containsExactly(this.registrar.leaseId(KEY));
	}

	@Test
	void valueThatIsTooLargeForEtcdIsRefusedWithTheReason() {
		assertThat(this.registrar.register(entry(KEY, "x".repeat(3_000_000)))).failsWithin(SOON);
		assertThat(this.registrar.refusal(KEY)).hasMessageContaining("larger than max");
		register("UP");
		assertThat(this.registrar.refusal(KEY)).isNull();
	}

	@Test
	void changesARecordInPlace() {
		register("UP");
		KeyValue before = this.eyes.get(KEY);
		List<String> events = watch();
		this.registrar.register(entry(KEY, "OUT_OF_SERVICE"));
		this.registrar.register(entry(KEY, "UP"));
		this.registrar.register(entry(KEY, "DOWN"));
		await().atMost(SOON).untilAsserted(() -> assertThat(this.eyes.get(KEY).getValue()).hasToString("DOWN"));
		KeyValue after = this.eyes.get(KEY);
		assertThat(after.getCreateRevision()).isEqualTo(before.getCreateRevision());
		assertThat(after.getLease()).isEqualTo(before.getLease());
		assertThat(events).doesNotContain("DELETE");
	}

	@Test
	void comesBackWhenTheLeaseIsRevoked() {
		register("UP");
		long lost = this.eyes.get(KEY).getLease();
		this.eyes.revoke(lost);
		awaitRegistered();
		assertThat(this.eyes.get(KEY).getLease()).isNotEqualTo(lost);
	}

	@Test
	void comesBackWhenItsKeyIsDeletedByAnOutsider() {
		register("UP");
		for (int i = 0; i < 5; i++) {
			this.eyes.delete(KEY);
			await().atMost(Duration.ofSeconds(2)).until(() -> this.eyes.get(KEY) != null);
		}
		awaitRegistered();
	}

	@Test
	void comesBackWhenItsKeyIsOverwrittenByAnOutsiderWithoutALease() {
		register("UP");
		this.eyes.put(KEY, "by hand");
		await().atMost(SOON).untilAsserted(() -> assertThat(this.eyes.get(KEY).getValue()).hasToString("UP"));
		assertThat(this.eyes.get(KEY).getLease()).isNotZero();
	}

	@Test
	void comesBackAfterAnOutageThatOutlivesItsLease() {
		register("UP");
		long lost = this.eyes.get(KEY).getLease();
		this.etcd.freeze();
		await().during(Duration.ofSeconds(7)).atMost(Duration.ofSeconds(10)).until(() -> true);
		this.etcd.thaw();
		await().atMost(Duration.ofSeconds(6)).ignoreExceptions().until(() -> this.eyes.get(KEY) != null);
		awaitRegistered();
		assertThat(this.eyes.get(KEY).getLease()).isNotEqualTo(lost);
	}

	@Test
	void comesBackWhenEtcdIsWiped() {
		register("UP");
		long lost = this.eyes.get(KEY).getLease();
		this.etcd.kill();
		this.etcd.wipe();
		this.etcd.startAgain();
		await().atMost(Duration.ofSeconds(6)).ignoreExceptions().until(() -> this.eyes.get(KEY) != null);
		awaitRegistered();
		assertThat(this.eyes.get(KEY).getLease()).isNotEqualTo(lost);
	}

	@Test
	void survivesARestartOfEtcdWithinTheTtl() {
		register("UP");
		KeyValue before = this.eyes.get(KEY);
		this.etcd.kill();
		this.etcd.startAgain();
		long until = System.nanoTime() + Duration.ofSeconds(5).toNanos();
		await().atMost(Duration.ofSeconds(10)).until(() -> System.nanoTime() > until);
		assertThat(this.eyes.get(KEY).getModRevision()).isEqualTo(before.getModRevision());
	}

	@Test
	void registersAsSoonAsEtcdIsThere() {
		this.etcd.kill();
		var registered = this.registrar.register(entry(KEY, "UP"));
		await().during(Duration.ofMillis(500)).atMost(SOON).until(() -> !registered.isDone());
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.WANTED);
		this.etcd.startAgain();
		assertThat(registered).succeedsWithin(SOON);
		assertThat(this.eyes.get(KEY)).isNotNull();
	}

	@Test
	void doesNotOverwriteAnotherLiveProcessButWaitsForItToGo() {
		long other = this.eyes.grant(60);
		this.eyes.put(KEY, "another", other);
		var registered = this.registrar.register(entry(KEY, "UP"));
		await().atMost(SOON).until(() -> this.registrar.state(KEY) == RecordState.CONFLICT);
		assertThat(registered).isNotDone();
		assertThat(this.eyes.get(KEY).getValue()).hasToString("another");
		this.eyes.revoke(other);
		assertThat(registered).succeedsWithin(SOON);
		assertThat(this.eyes.get(KEY).getValue()).hasToString("UP");
	}

	@Test
	void takesOverFromAnEarlierRunOfTheSameInstance(CapturedOutput output) {
		long predecessor = this.eyes.grant(60);
		this.eyes.put(KEY, "same UP", predecessor);
		register("same UP");
		assertThat(this.eyes.get(KEY).getLease()).isNotEqualTo(predecessor);
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.REGISTERED);
		await().during(TTL.heartbeat().plusSeconds(2))
			.atMost(SOON)
			.until(() -> !output.getAll().contains("Two live processes"));
	}

	@Test
	void waitsForAnotherWhoseValueItCannotRead() {
		long other = this.eyes.grant(60);
		this.eyes.put(KEY, "unreadable", other);
		var registered = this.registrar.register(entry(KEY, "UP"));
		await().atMost(SOON).until(() -> this.registrar.state(KEY) == RecordState.CONFLICT);
		this.eyes.revoke(other);
		assertThat(registered).succeedsWithin(SOON);
	}

	@Test
	void twoLiveProcessesBothSaySoAndTheIncumbentDoesNotWriteAgain(CapturedOutput output) {
		register("same UP");
		try (EtcdClient otherClient = TestClients.connect(this.etcd.endpoint())) {
			Registrar other = new Registrar(otherClient, TTL);
			assertThat(other.register(entry(KEY, "same OTHER"))).succeedsWithin(SOON);
			await().atMost(SOON).until(() -> this.registrar.state(KEY) == RecordState.CONFLICT);
			long revision = this.eyes.get(KEY).getModRevision();
			await().during(Duration.ofSeconds(1))
				.atMost(SOON)
				.until(() -> this.eyes.get(KEY).getModRevision() == revision);
			assertThat(output).contains("belongs to another live process");
			await().atMost(SOON).until(() -> output.getAll().contains("Two live processes claim " + KEY));
			other.close(true, SOON);
		}
		await().atMost(SOON).until(() -> this.registrar.state(KEY) == RecordState.REGISTERED);
		assertThat(this.eyes.get(KEY).getValue()).hasToString("same UP");
	}

	@Test
	void leavingMarksThenDeletesThenRevokes() {
		register("UP");
		long lease = this.eyes.get(KEY).getLease();
		List<String> events = watch();
		this.registrar.close(true, SOON);
		assertThat(this.eyes.get(KEY)).isNull();
		assertThat(this.eyes.grantedTtl(lease)).isEqualTo(-1);
		await().atMost(SOON).untilAsserted(() -> assertThat(events).containsExactly("PUT LEAVING", "DELETE"));
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.GONE);
	}

	@Test
	void leavingOneRecordLeavesTheOthersAlone() {
		register("UP");
		String second = "/services/orders-management/10.0.0.5:9090";
		assertThat(this.registrar.register(entry(second, "UP"))).succeedsWithin(SOON);
		assertThat(this.registrar.deregister(KEY)).succeedsWithin(SOON);
		assertThat(this.eyes.get(KEY)).isNull();
		assertThat(this.eyes.get(second)).isNotNull();
		assertThat(this.registrar.deregister(KEY)).succeedsWithin(SOON);
		register("UP");
		assertThat(this.eyes.get(KEY)).isNotNull();
	}

	@Test
	void nothingIsWrittenAfterLeavingBegan() {
		for (int i = 0; i < 20; i++) {
			String key = "/services/orders/" + i;
			this.registrar.register(entry(key, "UP"));
			this.registrar.register(entry(key, "DOWN"));
			assertThat(this.registrar.deregister(key)).succeedsWithin(SOON);
			assertThat(this.eyes.get(key)).isNull();
		}
		this.registrar.close(true, SOON);
		assertThat(this.eyes.all("/services/")).isEmpty();
	}

	@Test
	void leavingDoesNotDeleteWhatBelongsToAnother() {
		long other = this.eyes.grant(60);
		this.eyes.put(KEY, "another", other);
		this.registrar.register(entry(KEY, "UP"));
		await().atMost(SOON).until(() -> this.registrar.state(KEY) == RecordState.CONFLICT);
		this.registrar.close(true, SOON);
		assertThat(this.eyes.get(KEY).getValue()).hasToString("another");
	}

	@Test
	void leavingIsBoundedInTimeWhileEtcdIsAway() {
		register("UP");
		this.etcd.kill();
		long begin = System.nanoTime();
		this.registrar.close(true, Duration.ofSeconds(1));
		assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(2));
		begin = System.nanoTime();
		this.registrar.close(true, Duration.ofSeconds(10));
		assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(1));
	}

	@Test
	void leavingWithoutDeregisteringLeavesTheRecordToItsLease() {
		register("UP");
		List<String> events = watch();
		this.registrar.close(false, SOON);
		assertThat(this.eyes.get(KEY)).isNotNull();
		await().atMost(Duration.ofSeconds(15)).until(() -> this.eyes.get(KEY) == null);
		await().atMost(SOON).untilAsserted(() -> assertThat(events).containsExactly("DELETE"));
	}

	@Test
	void closedRegistrarTakesNoMoreRecordsAndItsThreadEnds() {
		register("UP");
		this.registrar.close(true, SOON);
		this.registrar.register(entry(KEY, "UP"));
		awaitNoThreads("etcd-registrar");
		assertThat(this.eyes.get(KEY)).isNull();
	}

	private void register(String value) {
		assertThat(this.registrar.register(entry(KEY, value))).succeedsWithin(SOON);
	}

	private void awaitRegistered() {
		await().atMost(SOON)
			.until(() -> this.registrar.state(KEY) == RecordState.REGISTERED && this.eyes.get(KEY) != null);
	}

	private List<String> watch() {
		List<String> events = new CopyOnWriteArrayList<>();
		this.eyes.client()
			.getWatchClient()
			.watch(EtcdEyes.bytes(KEY),
					io.etcd.jetcd.options.WatchOption.builder().withRevision(this.eyes.revision() + 1).build(),
					Watch.listener((response) -> {
						for (WatchEvent event : response.getEvents()) {
							boolean put = event.getEventType() == WatchEvent.EventType.PUT;
							events.add(put ? "PUT " + event.getKeyValue().getValue() : "DELETE");
						}
					}));
		return events;
	}

	private static RegistryEntry entry(String key, String value) {
		return new RegistryEntry(key, value.getBytes(StandardCharsets.UTF_8),
				"LEAVING".getBytes(StandardCharsets.UTF_8), (found) -> {
					String current = new String(found, StandardCharsets.UTF_8);
					if (current.equals("unreadable")) {
						throw new IllegalArgumentException("cannot be read");
					}
					return current.startsWith("same");
				});
	}

}
