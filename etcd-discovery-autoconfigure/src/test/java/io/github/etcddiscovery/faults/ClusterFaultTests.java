package io.github.etcddiscovery.faults;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import io.etcd.jetcd.Client;
import io.github.etcddiscovery.registry.Registrar;
import io.github.etcddiscovery.registry.RegistryEntry;
import io.github.etcddiscovery.registry.TtlOption;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.EtcdVersions;
import io.github.etcddiscovery.testsupport.OnEveryEtcd;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static io.github.etcddiscovery.faults.Subject.KEY;
import static io.github.etcddiscovery.faults.Subject.PREFIX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Members of a cluster of three fail.
 */
@OnEveryEtcd(EtcdVersions.MAINTAINED)
@Tag("slow")
class ClusterFaultTests {

	private static final Duration SOON = Duration.ofSeconds(30);

	private static final TtlOption SHORT = new TtlOption(Duration.ofSeconds(1), Duration.ofSeconds(3));

	/** etcd looks for leases that have run out every half a second. */
	private static final Duration NOISE = Duration.ofSeconds(1);

	/**
	 * etcd's {@code --election-timeout}, which a new leader adds to the time of every
	 * lease.
	 */
	private static final Duration ELECTION_TIMEOUT = Duration.ofSeconds(1);

	/**
	 * A member stands for election after one to two election timeouts. Where two stand at
	 * once nobody wins, and it begins again: on a busy machine that was seen twice in a
	 * row.
	 */
	private static final Duration ELECTION = ELECTION_TIMEOUT.multipliedBy(2).multipliedBy(3);

	/**
	 * How much later than a bare client of etcd's the view may be back: no election is
	 * asked for more.
	 */
	private static final Duration BEHIND = Duration.ofSeconds(3);

	/** How many entries of its log a member applies before it writes a snapshot. */
	private static final int SNAPSHOT_COUNT = 20;

	private final EtcdBinary binary;

	private List<EtcdProcess> members;

	private EtcdEyes eyes;

	private Subject subject;

	private int writes;

	ClusterFaultTests(EtcdBinary binary) {
		this.binary = binary;
	}

	@BeforeEach
	void start() {
		this.members = EtcdProcess.startCluster(this.binary, 3);
		this.eyes = new EtcdEyes(Client.builder().endpoints(endpoints()).build());
		this.subject = new Subject(endpoints());
	}

	@AfterEach
	void stop() {
		this.subject.close();
		this.eyes.close();
		this.members.forEach(EtcdProcess::close);
	}

	private String[] endpoints() {
		return this.members.stream().map(EtcdProcess::endpoint).toArray(String[]::new);
	}

	@Test
	void leaderKilled() throws Exception {
		assertThatItSurvives("leaderKilled", this::leader);
	}

	@Test
	void followerKilled() throws Exception {
		assertThatItSurvives("followerKilled", () -> {
			EtcdProcess leader = leader();
			return this.members.stream().filter((member) -> member != leader).findFirst().orElseThrow();
		});
	}

	private void assertThatItSurvives(String test, Supplier<EtcdProcess> victims) throws Exception {
		long before = this.eyes.get(KEY).getModRevision();
		Measurements.measure(test, this.binary, SOON, () -> {
			EtcdProcess victim = victims.get();
			victim.kill();
			Duration current = untilAWriteIsSeen();
			victim.startAgain();
			return current;
		});
		assertAllIsWell();
		assertThat(this.eyes.get(KEY).getModRevision()).as("R2: it never went").isEqualTo(before);
	}

	/** Promise R8: whoever ends without a word is there for the ttl, and no longer. */
	@Test
	void instanceKilled() throws Exception {
		Measurements.measure("instanceKilled", this.binary, SHORT.ttl().plus(NOISE), () -> lingering(() -> {
		}));
	}

	/**
	 * Promise R8: a new leader gives all leases their whole ttl again, and a little more.
	 */
	@Test
	void instanceKilledAndThenTheLeaderToo() throws Exception {
		Measurements.measure("instanceKilledAndThenTheLeaderToo", this.binary,
				SHORT.ttl().multipliedBy(2).plus(ELECTION_TIMEOUT).plus(ELECTION).plus(NOISE), () -> {
					AtomicReference<EtcdProcess> killed = new AtomicReference<>();
					// Just before the lease would have run out.
					Duration lingering = lingering(() -> {
						await().pollDelay(SHORT.ttl().minusMillis(500)).atMost(SOON).until(() -> true);
						killed.set(leader());
						killed.get().kill();
					});
					killed.get().startAgain();
					return lingering;
				});
		assertAllIsWell();
	}

	/** How long the view shows a record whose process has ended without a word. */
	private Duration lingering(Runnable meanwhile) {
		String key = PREFIX + "killed/10.0.0.7:8080";
		Registrar killed = new Registrar(this.subject.client(), SHORT);
		killed.register(RegistryEntry.of(key, "UP")).orTimeout(10, TimeUnit.SECONDS).join();
		this.subject.awaitSeen(key, "UP");
		killed.close(false, Duration.ofSeconds(1));
		Measurements.Stopwatch ended = Measurements.start();
		meanwhile.run();
		await().atMost(SOON).pollInterval(Duration.ofMillis(10)).until(() -> !this.subject.sees(key, "UP"));
		return ended.elapsed();
	}

	@Test
	void quorumLost() throws Exception {
		Measurements.measure("quorumLost", this.binary, SOON, () -> {
			List<EtcdProcess> lost = this.members.subList(0, 2);
			lost.forEach(EtcdProcess::kill);
			this.subject.awaitStale();
			assertThat(this.subject.view().catalog().available("subject")).as("V7: served all the same").hasSize(1);
			lost.forEach(EtcdProcess::launchAgain);
			return untilAWriteIsSeen();
		});
		assertAllIsWell();
	}

	@Test
	void memberCutOffFromTheOthersIsNotTrusted() throws Exception {
		EtcdProcess alone = this.members.get(2);
		try (Subject there = new Subject(PREFIX + "subject/alone", new String[] { alone.endpoint() })) {
			Measurements.measure("memberCutOffFromTheOthersIsNotTrusted", this.binary, Duration.ofSeconds(10), () -> {
				List<EtcdProcess> others = this.members.subList(0, 2);
				others.forEach(EtcdProcess::freeze);
				Measurements.Stopwatch cutOff = Measurements.start();
				there.awaitStale();
				Duration noticed = cutOff.elapsed();
				others.forEach(EtcdProcess::thaw);
				untilAWriteIsSeen();
				there.awaitCurrent();
				return noticed;
			});
			there.awaitRegistered();
			there.assertEqualToEtcd(this.eyes);
			there.assertWhatWasPublishedWasTrue(this.eyes);
		}
	}

	/** etcd does not support skipping a minor version. */
	@Test
	void clusterIsUpgradedMemberByMember() {
		List<EtcdBinary> newer = EtcdBinary.found()
			.stream()
			.dropWhile((found) -> !found.equals(this.binary))
			.skip(1)
			.toList();
		assumeTrue(!newer.isEmpty(), "There is no newer etcd to upgrade to");
		long before = this.eyes.get(KEY).getModRevision();
		for (EtcdBinary next : newer) {
			for (EtcdProcess member : this.members) {
				member.kill();
				untilAWriteIsSeen();
				member.startAgainAs(next, "--snapshot-count", Integer.toString(SNAPSHOT_COUNT));
				untilAWriteIsSeen();
			}
			await("all members know that the cluster is upgraded").atMost(SOON)
				.until(() -> next.minor().equals(this.members.get(0).clusterVersion()));
			// etcd 3.7 cannot read a log with entries of 3.5, so 3.6 has to write a
			// snapshot
			for (int i = 0; i < 2 * SNAPSHOT_COUNT; i++) {
				this.eyes.put(PREFIX + "orders/1", "10.0.0.1:" + (i + 1));
			}
		}
		assertAllIsWell();
		assertThat(this.eyes.get(KEY).getModRevision()).as("R2: it never went").isEqualTo(before);
		assertThat(this.subject.view().catalog().epoch()).isEqualTo(1);
	}

	/** etcd supports going back by one minor version since 3.6. */
	@Test
	void clusterIsDowngradedMemberByMember() {
		List<EtcdBinary> older = EtcdVersions.MAINTAINED.of(EtcdBinary.found())
			.stream()
			.takeWhile((found) -> !found.equals(this.binary))
			.toList();
		assumeTrue(!older.isEmpty(), "There is no older etcd to go back to");
		EtcdBinary previous = older.get(older.size() - 1);
		long before = this.eyes.get(KEY).getModRevision();
		this.members.get(0).enableDowngrade(previous);
		for (EtcdProcess member : this.members) {
			// After a kill the new storage version may not be in its file yet
			member.stop();
			untilAWriteIsSeen();
			member.startAgainAs(previous);
			untilAWriteIsSeen();
		}
		assertAllIsWell();
		assertThat(this.eyes.get(KEY).getModRevision()).as("R2: it never went").isEqualTo(before);
		assertThat(this.subject.view().catalog().epoch()).isEqualTo(1);
	}

	private EtcdProcess leader() {
		return await().atMost(SOON)
			.ignoreExceptions()
			.until(() -> this.members.stream()
				.filter((member) -> this.eyes.isLeader(member.endpoint()))
				.findFirst()
				.orElse(null), (leader) -> leader != null);
	}

	private void assertAllIsWell() {
		this.subject.awaitCurrent();
		this.subject.awaitRegistered();
		this.subject.assertEqualToEtcd(this.eyes);
		this.subject.assertWhatWasPublishedWasTrue(this.eyes);
	}

	/**
	 * From now until the view shows something written now. A write that meets an election
	 * hangs in etcd for seven seconds, so it is sent again and again. How long the
	 * cluster takes to elect is a matter of luck, so what is asserted is how soon the
	 * view follows.
	 */
	private Duration untilAWriteIsSeen() {
		Measurements.Stopwatch healed = Measurements.start();
		AtomicReference<Duration> acknowledged = new AtomicReference<>();
		String key = PREFIX + "orders/1";
		String value = "write " + this.writes++;
		await().atMost(SOON).pollInterval(Duration.ofMillis(50)).until(() -> {
			this.eyes.client()
				.getKVClient()
				.put(EtcdEyes.bytes(key), EtcdEyes.bytes(value))
				.thenRun(() -> acknowledged.compareAndSet(null, healed.elapsed()));
			return acknowledged.get() != null && this.subject.sees(key, value);
		});
		Duration seen = healed.elapsed();
		assertThat(seen).isLessThanOrEqualTo(acknowledged.get().plus(BEHIND));
		return seen;
	}

}
