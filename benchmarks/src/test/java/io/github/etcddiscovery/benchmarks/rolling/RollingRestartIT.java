package io.github.etcddiscovery.benchmarks.rolling;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import io.github.etcddiscovery.benchmarks.rolling.Figures.Scenario;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.springframework.http.HttpMethod.GET;
import static org.springframework.http.HttpMethod.POST;

/**
 * Instances are restarted or killed, and etcd too, while others call them all the time.
 * What came of it goes to {@code docs/rolling-restart.md} where that is asked for.
 */
@RequiresEtcd
class RollingRestartIT {

	/** Of 10 ms of work, on a machine that is busy. */
	private static final Duration LONGEST_CALL = Duration.ofSeconds(5);

	/** Until a pool knows that connections in it were closed when their process died. */
	private static final Duration NOTICE = Duration.ofMillis(100);

	private static final Figures figures = new Figures();

	@AfterAll
	static void write() {
		figures.write();
	}

	@Test
	void noCallFailsWhileAllInstancesAreRestartedOneAfterTheOther() {
		try (EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest());
				Run run = new Run(Registry.ETCD, etcd.endpoint(), false, POST)) {
			Load load = restart(run);
			assertThat(load.failures()).isEmpty();
			assertThatAllAreUsed(run, load);
			figures.add(Scenario.RESTARTED, Registry.ETCD, load);
		}
	}

	@Test
	void onlyPostsInFlightFailWhenAnInstanceIsKilled() {
		try (EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest());
				Run run = new Run(Registry.ETCD, etcd.endpoint(), true, GET, POST)) {
			List<Long> deaths = kill(run);
			run.awaitUnseen();
			Load load = run.finish();
			assertThat(load.failures()).allSatisfy((failure) -> {
				assertThat(failure.client()).endsWith("POST");
				assertThat(deaths).anySatisfy((death) -> assertThat(Duration.ofNanos(failure.sent() - death))
					.isBetween(LONGEST_CALL.negated(), NOTICE));
			});
			assertThat(load.failures()).as("no more than can be in flight, and those sent before pools have noticed")
				.hasSizeLessThanOrEqualTo(deaths.size() * Load.THREADS);
			assertThatAllAreUsed(run, load);
			figures.add(Scenario.KILLED, Registry.ETCD, load);
		}
	}

	@Test
	void noCallFailsWhileEtcdIsRestartedOrLosesAMember() {
		List<EtcdProcess> members = EtcdProcess.startCluster(EtcdBinary.newest(), 3);
		String endpoints = members.stream().map(EtcdProcess::endpoint).collect(Collectors.joining(","));
		try (Run run = new Run(Registry.ETCD, endpoints, false, POST)) {
			for (int round = 0; round < Run.ROUNDS; round++) {
				EtcdProcess member = members.get(round % members.size());
				member.kill();
				run.awaitMoreCalls(3_000);
				member.startAgain();
				run.awaitMoreCalls(1_000);
				members.forEach(EtcdProcess::kill);
				run.awaitMoreCalls(3_000);
				members.forEach(EtcdProcess::launchAgain);
				run.awaitMoreCalls(3_000);
			}
			run.restartAll();
			Load load = run.finish();
			assertThat(load.failures()).isEmpty();
			assertThatAllAreUsed(run, load);
			figures.add(Scenario.ETCD, Registry.ETCD, load);
		}
		finally {
			members.forEach(EtcdProcess::close);
		}
	}

	@Test
	void peerIsMeasuredWhileAllInstancesAreRestartedOneAfterTheOther() throws Exception {
		try (TestingServer zooKeeper = startZooKeeper();
				Run run = new Run(Registry.ZOOKEEPER, zooKeeper.getConnectString(), false, POST)) {
			Load load = restart(run);
			assertThat(load.failures()).as("what the page says of it").isNotEmpty();
			figures.add(Scenario.RESTARTED, Registry.ZOOKEEPER, load);
		}
	}

	@Test
	void peerIsMeasuredWhenAnInstanceIsKilled() throws Exception {
		try (TestingServer zooKeeper = startZooKeeper();
				Run run = new Run(Registry.ZOOKEEPER, zooKeeper.getConnectString(), true, GET, POST)) {
			kill(run);
			Load load = run.finish();
			assertThat(load.failures()).as("what the page says of it").isNotEmpty();
			figures.add(Scenario.KILLED, Registry.ZOOKEEPER, load);
		}
	}

	/** On loopback, and by its own defaults. */
	private static TestingServer startZooKeeper() throws Exception {
		return new TestingServer(new InstanceSpec(null, -1, -1, -1, true, -1, -1, -1,
				Map.of("clientPortAddress", "127.0.0.1", "admin.enableServer", "false")), true);
	}

	private static Load restart(Run run) {
		for (int round = 0; round < Run.ROUNDS; round++) {
			run.restartAll();
		}
		return run.finish();
	}

	private static List<Long> kill(Run run) {
		List<Long> deaths = new ArrayList<>();
		for (int round = 0; round < Run.ROUNDS; round++) {
			deaths.add(run.kill(round));
			run.awaitCalls(((long) Run.CALLS) * (round + 1) / Run.ROUNDS);
		}
		return deaths;
	}

	private static void assertThatAllAreUsed(Run run, Load load) {
		assertThat(load.rate()).as("calls a second").isGreaterThanOrEqualTo(500);
		assertThat(run.used()).isEqualTo(run.ports());
	}

}
