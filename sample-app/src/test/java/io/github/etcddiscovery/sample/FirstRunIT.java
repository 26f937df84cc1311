package io.github.etcddiscovery.sample;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import io.github.etcddiscovery.test.EmbeddedEtcd;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.LoopbackPorts;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The first command of the README, on a machine without etcd and on one with it.
 */
class FirstRunIT {

	private static final Duration SOON = Duration.ofSeconds(30);

	private static final String JOINED = "this run takes over when the one that hosts it ends";

	private static final String TAKEN_OVER = "this one hosts it from now on";

	/** Below the port from which on the samples look for one of their own. */
	private final int etcdPort = LoopbackPorts.next();

	private final int port = LoopbackPorts.next();

	@Test
	void runsFindEachOtherAndTheEtcdOutlivesTheOneThatHostedIt() {
		try (SampleProcess first = startAfter()) {
			assertThat(first.log()).contains("hosting an embedded etcd there");
			awaitLog(first, "The page is at http://localhost:" + first.port());
			try (SampleProcess second = startAfter(first); SampleProcess third = startAfter(second)) {
				awaitLog(second, JOINED);
				awaitLog(third, JOINED);
				assertThat(List.of(first.port(), second.port(), third.port())).isSorted()
					.doesNotHaveDuplicates()
					.allMatch((taken) -> taken >= this.port);
				first.awaitInstances(first, second, third);
				third.awaitInstances(first, second, third);
				first.terminate();
				assertThat(first.awaitEnd()).isTrue();
				await().atMost(SOON).pollInterval(Duration.ofMillis(10)).until(() -> {
					assertThat(second.instancesOf("sample-app")).as("what was seen last is served").isNotEmpty();
					second.get("/call/rest-client/sample-app");
					return hostOf(second, third) != null && second.log().contains("Connected to etcd at");
				});
				second.awaitInstances(second, third);
				third.awaitInstances(second, third);
				SampleProcess host = hostOf(second, third);
				SampleProcess last = (host == second) ? third : second;
				host.kill();
				awaitLog(last, TAKEN_OVER);
				last.awaitInstances(last);
				assertThat(last.get("/call/rest-client/sample-app")).contains(last.instanceId());
			}
		}
	}

	@Test
	@RequiresEtcd
	void etcdThatIsThereIsJoinedAndItsPortIsNotTakenFromIt() {
		try (EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest());
				EtcdEyes eyes = new EtcdEyes(etcd.endpoint());
				SampleProcess sample = start("--sample.etcd-port=" + portOf(etcd))) {
			awaitRegistered(sample, eyes);
			assertThat(sample.log()).contains("joining what listens on 127.0.0.1:" + portOf(etcd));
			etcd.kill();
			awaitLog(sample, "No connection to etcd at");
			assertThat(sample.get("/instances")).contains(sample.instanceId());
			etcd.startAgain();
			awaitLog(sample, "Connected to etcd at");
			assertThat(sample.log()).doesNotContain(TAKEN_OVER);
		}
	}

	@Test
	void runsStartedTogetherTakeAPortEach() {
		try (SampleProcess one = start("--sample.etcd-port=" + this.etcdPort);
				SampleProcess other = start("--sample.etcd-port=" + this.etcdPort)) {
			assertThat(one.port()).isNotEqualTo(other.port());
			one.awaitInstances(one, other);
		}
	}

	@Test
	void configuredEndpointsAreUsed() {
		try (EmbeddedEtcd etcd = EmbeddedEtcd.start();
				EtcdEyes eyes = new EtcdEyes(etcd.endpoint());
				SampleProcess sample = start("--sample.etcd-port=" + this.etcdPort,
						"--spring.cloud.etcd.endpoints[0]=" + etcd.endpoint())) {
			awaitRegistered(sample, eyes);
			assertThat(sample.log()).doesNotContain("No etcd is configured");
			assertThat(LoopbackPorts.listens(this.etcdPort)).isFalse();
		}
	}

	/** On a busy machine starting takes longer than all that comes after it. */
	private static void awaitRegistered(SampleProcess sample, EtcdEyes eyes) {
		sample.port();
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(eyes.all("/services/sample-app/"))
				.as("etcd while the sample logs %s", sample.log())
				.hasSize(1));
	}

	/** Started once others serve, as by a person in another terminal. */
	private SampleProcess startAfter(SampleProcess... running) {
		Arrays.stream(running).forEach(SampleProcess::port);
		SampleProcess started = start("--sample.etcd-port=" + this.etcdPort);
		started.port();
		return started;
	}

	private SampleProcess start(String... arguments) {
		List<String> all = new ArrayList<>(List.of("--sample.port=" + this.port, "--spring.cloud.etcd.discovery.ttl=4s",
				"--spring.cloud.etcd.discovery.heartbeat=1s"));
		all.addAll(List.of(arguments));
		return SampleProcess.startAsItIs(all.toArray(String[]::new));
	}

	private static SampleProcess hostOf(SampleProcess... candidates) {
		return Arrays.stream(candidates).filter((sample) -> sample.log().contains(TAKEN_OVER)).findFirst().orElse(null);
	}

	private static void awaitLog(SampleProcess sample, String line) {
		await().atMost(SOON).untilAsserted(() -> assertThat(sample.log()).contains(line));
	}

	private static int portOf(EtcdProcess etcd) {
		return URI.create(etcd.endpoint()).getPort();
	}

}
