package io.github.etcddiscovery.faults;

import java.time.Duration;
import java.util.stream.Stream;

import io.github.etcddiscovery.registry.RegistryEntry;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.EtcdVersions;
import io.github.etcddiscovery.testsupport.OnEveryEtcd;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static io.github.etcddiscovery.faults.Subject.KEY;
import static io.github.etcddiscovery.faults.Subject.PREFIX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.awaitility.Awaitility.await;

/**
 * etcd itself fails, all of it.
 */
@OnEveryEtcd(EtcdVersions.MAINTAINED)
@Tag("slow")
class EtcdFaultTests extends OneEtcdFaults {

	private static final int[] OUTAGES = Stream.of(System.getProperty("faults.outages", "5").split(","))
		.mapToInt(Integer::parseInt)
		.toArray();

	EtcdFaultTests(EtcdBinary binary) {
		super(binary);
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
			this.eyes.delete(Subject.WRITTEN);
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

}
