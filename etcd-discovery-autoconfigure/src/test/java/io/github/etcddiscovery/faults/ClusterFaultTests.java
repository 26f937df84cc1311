package io.github.etcddiscovery.faults;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

import io.etcd.jetcd.Client;
import io.github.etcddiscovery.testing.EtcdBinary;
import io.github.etcddiscovery.testing.EtcdEyes;
import io.github.etcddiscovery.testing.EtcdProcess;
import io.github.etcddiscovery.testing.OnEveryEtcd;
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
@OnEveryEtcd
@Tag("slow")
class ClusterFaultTests {

	private static final Duration SOON = Duration.ofSeconds(30);

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
		Measurements.measure(test, this.binary, Duration.ofSeconds(3), () -> {
			EtcdProcess victim = victims.get();
			victim.kill();
			Duration current = untilAWriteIsSeen();
			victim.startAgain();
			return current;
		});
		assertAllIsWell();
		assertThat(this.eyes.get(KEY).getModRevision()).as("R2: it never went").isEqualTo(before);
	}

	@Test
	void quorumLost() throws Exception {
		Measurements.measure("quorumLost", this.binary, Duration.ofSeconds(5), () -> {
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

	@Test
	void clusterIsUpgradedMemberByMember() {
		EtcdBinary newest = EtcdBinary.newest();
		assumeTrue(!this.binary.equals(newest), "There is no newer etcd to upgrade to");
		long before = this.eyes.get(KEY).getModRevision();
		for (EtcdProcess member : this.members) {
			member.kill();
			untilAWriteIsSeen();
			member.startAgainAs(newest);
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
	 * hangs in etcd for seven seconds, so it is sent again and again.
	 */
	private Duration untilAWriteIsSeen() {
		Measurements.Stopwatch healed = Measurements.start();
		String key = PREFIX + "orders/1";
		String value = "write " + this.writes++;
		await().atMost(SOON).pollInterval(Duration.ofMillis(50)).until(() -> {
			this.eyes.client().getKVClient().put(EtcdEyes.bytes(key), EtcdEyes.bytes(value));
			return this.subject.sees(key, value);
		});
		return healed.elapsed();
	}

}
