package io.github.etcddiscovery.faults;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.etcddiscovery.instance.JsonInstanceCodec;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.registry.RecordState;
import io.github.etcddiscovery.registry.RegistryEntry;
import io.github.etcddiscovery.testing.EtcdBinary;
import io.github.etcddiscovery.testing.EtcdEyes;
import io.github.etcddiscovery.testing.EtcdProcess;
import io.github.etcddiscovery.testing.OnEveryEtcd;
import io.github.etcddiscovery.testing.TcpProxy;
import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.ViewState;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static io.github.etcddiscovery.faults.Subject.KEY;
import static io.github.etcddiscovery.faults.Subject.PREFIX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.awaitility.Awaitility.await;

/**
 * One etcd, or the way to it, fails. After each fault the view is what etcd holds, the
 * record is there once and under a lease, and whatever was published meanwhile was true.
 */
@OnEveryEtcd
@Tag("slow")
class FaultMatrixTests {

	private static final Duration SOON = Duration.ofSeconds(30);

	/**
	 * For what is to be done within a second or so: noise of a machine that is busy.
	 */
	private static final Duration NOISE = Duration.ofSeconds(1);

	private static final int[] OUTAGES = Stream.of(System.getProperty("faults.outages", "5").split(","))
		.mapToInt(Integer::parseInt)
		.toArray();

	private final EtcdBinary binary;

	private EtcdProcess etcd;

	private EtcdEyes eyes;

	private TcpProxy proxy;

	private Subject subject;

	private int writes;

	FaultMatrixTests(EtcdBinary binary) {
		this.binary = binary;
	}

	@BeforeEach
	void start() {
		this.etcd = EtcdProcess.start(this.binary);
		this.eyes = new EtcdEyes(this.etcd.endpoint());
		this.proxy = TcpProxy.to(this.etcd.endpoint());
		this.subject = new Subject(this.proxy.endpoint());
	}

	@AfterEach
	void stop() {
		this.subject.close();
		this.proxy.close();
		this.eyes.close();
		this.etcd.close();
	}

	@Test
	void etcdKilledAndStartedAgain() throws Exception {
		long before = this.eyes.get(KEY).getModRevision();
		measure("etcdKilledAndStartedAgain", Duration.ofSeconds(1).plus(NOISE), () -> {
			this.etcd.kill();
			this.subject.awaitStale();
			this.etcd.startAgain();
			return untilAWriteIsSeen();
		});
		assertAllIsWell();
		assertThat(this.eyes.get(KEY).getModRevision()).as("R2: it never went").isEqualTo(before);
	}

	/**
	 * Of {@code -Dfaults.outages=5,60,150} seconds: gRPC alone would come back ever
	 * later.
	 */
	@Test
	void etcdAwayForLong() throws Exception {
		for (int seconds : OUTAGES) {
			measure("etcdAwayFor" + seconds + "Seconds", Duration.ofSeconds(1).plus(NOISE), () -> {
				this.etcd.kill();
				this.subject.awaitStale();
				await().pollDelay(Duration.ofSeconds(seconds)).atMost(Duration.ofMinutes(5)).until(() -> true);
				assertThat(this.subject.view().catalog().available("subject")).as("V7: served all the same").hasSize(1);
				this.etcd.startAgain();
				// Who writes must not be the one that comes back late.
				this.eyes.close();
				this.eyes = new EtcdEyes(this.etcd.endpoint());
				return untilAWriteIsSeen();
			});
			this.subject.awaitRegistered();
		}
		assertAllIsWell();
	}

	@Test
	void outageWithinTheLeaseLosesNothing() throws Exception {
		long before = this.eyes.get(KEY).getModRevision();
		Duration within = Subject.TTL.ttl().minus(Subject.TTL.heartbeat()).minusSeconds(2);
		measure("outageWithinTheLeaseLosesNothing", Duration.ofSeconds(1).plus(NOISE), () -> {
			this.proxy.setRefusing(true);
			await().pollDelay(within).atMost(SOON).until(() -> true);
			this.proxy.setRefusing(false);
			Duration current = untilAWriteIsSeen();
			// The next outage is one of its own, once the lease has been renewed.
			await().atMost(SOON)
				.until(() -> this.subject.registrar()
					.leaseRemaining()
					.compareTo(Subject.TTL.ttl().minusMillis(500)) > 0);
			return current;
		});
		assertAllIsWell();
		assertThat(this.eyes.get(KEY).getModRevision()).as("R2: it never went").isEqualTo(before);
	}

	@Test
	void outageThatOutlivesTheLease() throws Exception {
		measure("outageThatOutlivesTheLease", Duration.ofSeconds(6), () -> {
			long lease = this.subject.registrar().leaseId();
			this.proxy.setRefusing(true);
			await().atMost(SOON).until(() -> this.eyes.get(KEY) == null);
			this.proxy.setRefusing(false);
			Measurements.Stopwatch healed = Measurements.start();
			await().atMost(SOON).pollInterval(Duration.ofMillis(5)).until(() -> this.eyes.get(KEY) != null);
			Duration back = healed.elapsed();
			this.subject.awaitCurrent();
			assertThat(this.eyes.get(KEY).getLease()).isNotEqualTo(lease);
			return back;
		});
		assertAllIsWell();
	}

	@Test
	void connectionResetWhileMuchIsWritten() throws Exception {
		try (Churn churn = new Churn(this.eyes.client(), PREFIX + "churn/", 1)) {
			measure("connectionResetWhileMuchIsWritten", Duration.ofSeconds(1).plus(NOISE), () -> {
				this.proxy.cut();
				return untilAWriteIsSeen();
			});
		}
		assertAllIsWell();
	}

	@Test
	void connectionResetAfterEveryFewBytes() throws Exception {
		try (Churn churn = new Churn(this.eyes.client(), PREFIX + "churn/", 2)) {
			for (int bytes = 0; bytes < 6_000; bytes += 97) {
				int before = this.proxy.cuts();
				this.proxy.cutAfter(bytes);
				await().atMost(SOON).pollInterval(Duration.ofMillis(1)).until(() -> this.proxy.cuts() > before);
				this.proxy.cutAfter(Long.MAX_VALUE);
				this.subject.awaitCurrent();
			}
		}
		untilAWriteIsSeen();
		assertAllIsWell();
	}

	@Test
	void connectionResetAfterEveryFrameOfASession() {
		try (Churn churn = new Churn(this.eyes.client(), PREFIX + "churn/", 3)) {
			for (int frames = 1; frames <= 60; frames++) {
				int before = this.proxy.cuts();
				// The session begins with a new connection.
				this.proxy.cut();
				this.proxy.cutAfterFrames(frames);
				await().atMost(SOON).pollInterval(Duration.ofMillis(1)).until(() -> this.proxy.cuts() > before);
				this.proxy.cutAfterFrames(Integer.MAX_VALUE);
				this.subject.awaitCurrent();
			}
		}
		untilAWriteIsSeen();
		assertAllIsWell();
	}

	@Test
	void connectionThatEtcdHalfCloses() throws Exception {
		try (Churn churn = new Churn(this.eyes.client(), PREFIX + "churn/", 4)) {
			measure("connectionThatEtcdHalfCloses", Duration.ofSeconds(1).plus(NOISE), () -> {
				this.proxy.halfClose();
				return untilAWriteIsSeen();
			});
		}
		assertAllIsWell();
	}

	@Test
	void networkThatSwallowsWhatIsSaidToEtcd() {
		swallowUntilNoticed(TcpProxy.Direction.TO_ETCD);
	}

	@Test
	void networkThatSwallowsWhatEtcdSays() {
		swallowUntilNoticed(TcpProxy.Direction.FROM_ETCD);
	}

	private void swallowUntilNoticed(TcpProxy.Direction direction) {
		this.proxy.swallow(direction);
		Measurements.Stopwatch swallowed = Measurements.start();
		this.subject.awaitStale();
		assertThat(swallowed.elapsed()).isLessThan(Duration.ofSeconds(15));
		this.proxy.swallow();
		untilAWriteIsSeen();
		this.subject.awaitRegistered();
		assertAllIsWell();
	}

	@Test
	void everythingTakesAThirdOfASecondEachWay() {
		long before = this.eyes.get(KEY).getModRevision();
		this.proxy.setDelay(Duration.ofMillis(300));
		this.proxy.cut();
		untilAWriteIsSeen();
		await().pollDelay(Subject.TTL.ttl().multipliedBy(2)).atMost(SOON).until(this.subject::isCurrent);
		assertThat(this.eyes.get(KEY).getModRevision()).as("R2: it never went").isEqualTo(before);
		this.proxy.setDelay(Duration.ZERO);
		assertAllIsWell();
	}

	@Test
	void networkThatSwallowsEverything() throws Exception {
		measure("networkThatSwallowsEverything", Duration.ofSeconds(15), () -> {
			this.proxy.setBlackHole(true);
			Measurements.Stopwatch swallowed = Measurements.start();
			this.subject.awaitStale();
			Duration noticed = swallowed.elapsed();
			this.proxy.setBlackHole(false);
			untilAWriteIsSeen();
			return noticed;
		});
		this.subject.awaitRegistered();
		assertAllIsWell();
	}

	@Test
	void serverThatHangs() throws Exception {
		measure("serverThatHangs", Duration.ofSeconds(15), () -> {
			this.etcd.freeze();
			Measurements.Stopwatch hung = Measurements.start();
			this.subject.awaitStale();
			Duration noticed = hung.elapsed();
			this.etcd.thaw();
			untilAWriteIsSeen();
			return noticed;
		});
		this.subject.awaitRegistered();
		assertAllIsWell();
	}

	@Test
	void compactionWhileCutOff() throws Exception {
		measure("compactionWhileCutOff", Duration.ofSeconds(1).plus(NOISE), () -> {
			this.proxy.setRefusing(true);
			this.subject.awaitStale();
			write();
			this.eyes.delete(PREFIX + "orders/1");
			write();
			this.eyes.compact(this.eyes.revision());
			this.proxy.setRefusing(false);
			return untilAWriteIsSeen();
		});
		assertThat(this.subject.view().catalog().epoch()).as("V3: the history is the same").isEqualTo(1);
		this.subject.assertEqualToEtcd(this.eyes);
	}

	@Test
	void leaseRevokedBySomebody() throws Exception {
		measure("leaseRevokedBySomebody", Duration.ofSeconds(2), () -> {
			this.eyes.revoke(this.subject.registrar().leaseId());
			return untilTheRecordIsThere();
		});
		assertAllIsWell();
	}

	@Test
	void keyDeletedBySomebody() throws Exception {
		measure("keyDeletedBySomebody", Duration.ofSeconds(2), () -> {
			this.eyes.delete(KEY);
			return untilTheRecordIsThere();
		});
		assertAllIsWell();
	}

	@Test
	void keyOverwrittenBySomebody() throws Exception {
		measure("keyOverwrittenBySomebody", Duration.ofSeconds(2), () -> {
			this.eyes.put(KEY, "somebody's");
			return untilTheRecordIsThere();
		});
		assertAllIsWell();
	}

	@Test
	void etcdWiped() throws Exception {
		measure("etcdWiped", Subject.TTL.ttl().dividedBy(3).plusSeconds(6), () -> {
			long epoch = this.subject.view().catalog().epoch();
			this.etcd.kill();
			this.etcd.wipe();
			this.etcd.startAgain();
			Duration back = untilTheRecordIsThere();
			untilAWriteIsSeen();
			assertThat(this.subject.view().catalog().epoch()).as("V5: noticed").isEqualTo(epoch + 1);
			return back;
		});
		assertAllIsWell();
	}

	@Test
	void etcdRestoredFromAnOlderSnapshot() throws Exception {
		measure("etcdRestoredFromAnOlderSnapshot", Subject.TTL.ttl().dividedBy(3).plusSeconds(6), () -> {
			this.etcd.kill();
			this.etcd.save();
			this.etcd.startAgain();
			untilAWriteIsSeen();
			this.eyes.delete(PREFIX + "orders/1");
			untilAWriteIsSeen();
			long epoch = this.subject.view().catalog().epoch();
			this.etcd.kill();
			this.etcd.restore();
			this.etcd.startAgain();
			Duration back = untilAWriteIsSeen();
			assertThat(this.subject.view().catalog().epoch()).as("V5: noticed").isGreaterThan(epoch);
			return back;
		});
		this.subject.awaitRegistered();
		assertAllIsWell();
	}

	@Test
	void slowLinkAtFiveThousandInstances() throws Exception {
		writeMany(5_000);
		this.proxy.setRefusing(true);
		this.subject.awaitStale();
		this.eyes.put(PREFIX + "many/0", "changed while away");
		// So that all of it has to be read again: 1.5 MB.
		this.eyes.compact(this.eyes.revision());
		this.proxy.setBytesPerSecond(500_000);
		this.proxy.setRefusing(false);
		this.subject.awaitSeen(PREFIX + "many/0", "changed while away");
		this.proxy.setBytesPerSecond(Long.MAX_VALUE);
		this.subject.awaitCurrent();
		this.subject.assertEqualToEtcd(this.eyes);
	}

	@Test
	void compactionInMidList() throws Exception {
		// Two pages of 5,000 and a third.
		writeMany(11_000);
		this.proxy.setRefusing(true);
		this.subject.awaitStale();
		this.eyes.put(PREFIX + "many/0", "changed while away");
		this.eyes.compact(this.eyes.revision());
		this.proxy.setBytesPerSecond(1_500_000);
		this.proxy.setRefusing(false);
		await().atMost(SOON)
			.pollInterval(Duration.ofMillis(1))
			.until(() -> this.subject.view().state() == ViewState.LISTING);
		this.eyes.put(PREFIX + "many/1", "changed in mid-list");
		this.eyes.compact(this.eyes.revision());
		assertThat(this.subject.view().state()).as("the list is still being read").isEqualTo(ViewState.LISTING);
		this.proxy.setBytesPerSecond(Long.MAX_VALUE);
		this.subject.awaitSeen(PREFIX + "many/1", "changed in mid-list");
		this.subject.awaitCurrent();
		this.subject.assertEqualToEtcd(this.eyes);
		assertThat(this.subject.view().catalog().epoch()).as("V3: the history is the same").isEqualTo(1);
	}

	@Test
	void oneKeyWrittenAHundredTimesASecond() {
		String key = PREFIX + "orders/often";
		for (int i = 0; i < 1_000; i++) {
			String value = "write " + i;
			this.eyes.put(key, value);
			this.subject.registrar().register(RegistryEntry.of(KEY, value));
			await().pollDelay(Duration.ofMillis(9)).atMost(SOON).until(() -> true);
		}
		this.subject.awaitSeen(key, "write 999");
		this.subject.awaitSeen(KEY, "write 999");
		this.subject.assertEqualToEtcd(this.eyes);
		this.subject.assertWhatWasPublishedWasTrue(this.eyes);
		assertThat(this.eyes.get(KEY).getLease()).isEqualTo(this.subject.registrar().leaseId()).isNotZero();
	}

	private void writeMany(int instances) throws Exception {
		for (int i = 0; i < instances; i += 100) {
			int from = i;
			CompletableFuture
				.allOf(IntStream.range(from, from + 100)
					.mapToObj((id) -> this.eyes.client()
						.getKVClient()
						.put(EtcdEyes.bytes(PREFIX + "many/" + id), EtcdEyes.bytes("v".repeat(200))))
					.toArray(CompletableFuture[]::new))
				.get(20, TimeUnit.SECONDS);
		}
	}

	@Test
	void etcdWithoutSpaceStillRenewsAndLetsGo() {
		try (EtcdProcess full = EtcdProcess.startWith(this.binary, "--quota-backend-bytes=2097152");
				EtcdEyes fullEyes = new EtcdEyes(full.endpoint());
				Subject there = new Subject(full.endpoint())) {
			String other = PREFIX + "subject/10.0.0.6:8080";
			there.registrar()
				.register(new RegistryEntry(other, bytes("UP"), bytes("OUT_OF_SERVICE"), (found) -> false))
				.join();
			assertThatException().isThrownBy(() -> {
				for (int i = 0; i < 100; i++) {
					fullEyes.put("/filling/" + i, "x".repeat(100_000));
				}
			}).withMessageContaining("database space exceeded");
			long lease = fullEyes.get(KEY).getLease();
			await().atMost(SOON)
				.pollDelay(Subject.TTL.ttl().plusSeconds(2))
				.until(() -> fullEyes.remainingTtl(lease) > 0);
			assertThat(fullEyes.get(KEY)).as("renewed").isNotNull();
			assertThat(there.registrar().deregister(other)).succeedsWithin(Duration.ofSeconds(3));
			assertThat(fullEyes.get(other)).isNull();
			there.assertEqualToEtcd(fullEyes);
		}
	}

	@Test
	void valuesThatAreNoRecordsHarmNobodyElse() {
		JsonInstanceCodec codec = new JsonInstanceCodec();
		try (ServiceView<ServiceRecord> view = new ServiceView<>(this.subject.client(),
				new KeyLayout("/records").ranges(), (key, keyValue) -> codec.decode(key, keyValue.value()),
				(record) -> true)) {
			view.start();
			List<byte[]> odd = List.of(bytes("{\"host\":"), bytes("[".repeat(100_000)), new byte[] { 0 },
					new byte[] { (byte) 0xc3, 0x28 }, new byte[1_400_000], bytes("null"), bytes("\"h\""),
					bytes("{\"host\":\"h\u0000\",\"port\":1}"), bytes("{\"host\":\"h\",\"port\":-1}"), new byte[0]);
			String record = "{\"host\":\"h\",\"port\":1}";
			for (int i = 0; i < odd.size(); i++) {
				this.eyes.put("/records/orders/good-" + i, record);
				this.eyes.put("/records/orders/odd-" + i, odd.get(i));
				this.eyes.put("/records/orders/odd/" + i + "/deep", odd.get(i));
			}
			this.eyes.put("/records/orders/last", record);
			await().atMost(SOON).until(() -> view.catalog().all("orders").size() == odd.size() + 1);
			assertThat(view.state()).isEqualTo(ViewState.WATCHING);
			this.proxy.cut();
			this.eyes.delete("/records/orders/last");
			await().atMost(SOON).until(() -> view.catalog().all("orders").size() == odd.size());
		}
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	/** Promises V1 to V4 and R1, now that all has healed. */
	private void assertAllIsWell() {
		this.subject.awaitCurrent();
		this.subject.awaitRegistered();
		this.subject.assertEqualToEtcd(this.eyes);
		this.subject.assertWhatWasPublishedWasTrue(this.eyes);
		assertThat(this.eyes.all(PREFIX + "subject/")).containsExactly(Map.entry(KEY, "UP"));
		assertThat(this.eyes.get(KEY).getLease()).isEqualTo(this.subject.registrar().leaseId()).isNotZero();
	}

	private void measure(String test, Duration bound, Callable<Duration> fault) throws Exception {
		Measurements.measure(test, this.binary, bound, fault);
	}

	/** From now until the view shows something written now. */
	private Duration untilAWriteIsSeen() {
		Measurements.Stopwatch healed = Measurements.start();
		String value = write();
		this.subject.awaitSeen(PREFIX + "orders/1", value);
		return healed.elapsed();
	}

	private String write() {
		String value = "write " + this.writes++;
		this.eyes.put(PREFIX + "orders/1", value);
		return value;
	}

	private Duration untilTheRecordIsThere() {
		Measurements.Stopwatch healed = Measurements.start();
		Awaitility.await()
			.atMost(SOON)
			.pollInterval(Duration.ofMillis(5))
			.ignoreExceptions()
			.until(() -> this.subject.registrar().state(KEY) == RecordState.REGISTERED
					&& "UP".equals(this.eyes.all(PREFIX).get(KEY)) && this.eyes.get(KEY).getLease() != 0);
		return healed.elapsed();
	}

}
