package io.github.etcddiscovery.sample;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;

import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A machine whose clock is set while the application runs.
 */
@RequiresEtcd
@Tag("slow")
@ExtendWith(TurnedClock.Condition.class)
class TurnedClockIT {

	private static final Duration SOON = Duration.ofSeconds(30);

	private static final Duration TTL = Duration.ofSeconds(4);

	/** One start for both: by such a clock it takes a minute. */
	@Test
	void anHourForwardsAndTwoBackwardsMakeNoDifference() {
		try (EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest());
				EtcdEyes eyes = new EtcdEyes(etcd.endpoint());
				TurnedClock clock = new TurnedClock();
				SampleProcess sample = SampleProcess.start(clock, "sample-app", etcd.endpoint(),
						"--spring.cloud.etcd.discovery.ttl=4s", "--spring.cloud.etcd.discovery.heartbeat=1s")) {
			String key = "/services/sample-app/" + sample.instanceId();
			await().atMost(SOON).until(() -> eyes.get(key) != null);
			long before = eyes.get(key).getModRevision();
			for (int hours : new int[] { 1, -1 }) {
				turn(clock, Duration.ofHours(hours), sample);
				await().pollDelay(TTL.multipliedBy(3)).atMost(SOON).until(() -> true);
				assertThat(eyes.get(key)).as("never gone").isNotNull();
				assertThat(eyes.get(key).getModRevision()).as("never gone").isEqualTo(before);
				eyes.put("/services/stock/10.0.0.5:80", "{\"host\":\"10.0.0.5\",\"port\":80}");
				await().atMost(SOON)
					.untilAsserted(() -> assertThat(sample.instancesOf("stock")).containsExactly("10.0.0.5:80"));
				eyes.delete("/services/stock/10.0.0.5:80");
				await().atMost(SOON).untilAsserted(() -> assertThat(sample.instancesOf("stock")).isEmpty());
			}
			sample.terminate();
			assertThat(sample.awaitEnd()).isTrue();
			assertThat(eyes.get(key)).as("deregistered").isNull();
		}
	}

	private static void turn(TurnedClock clock, Duration difference, SampleProcess sample) {
		clock.turn(difference);
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(timeOf(sample)).isBetween(Instant.now().plus(difference).minusSeconds(5),
					Instant.now().plus(difference).plusSeconds(5)));
	}

	/** What it says in the header of a response. */
	private static Instant timeOf(SampleProcess sample) throws IOException {
		HttpURLConnection connection = (HttpURLConnection) URI
			.create("http://127.0.0.1:" + sample.port() + "/instances")
			.toURL()
			.openConnection();
		return Instant.ofEpochMilli(connection.getDate());
	}

}
