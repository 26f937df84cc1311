package io.github.etcddiscovery.faults;

import java.time.Duration;

import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdVersions;
import io.github.etcddiscovery.testsupport.OnEveryEtcd;
import io.github.etcddiscovery.testsupport.TcpProxy;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static io.github.etcddiscovery.faults.Subject.KEY;
import static io.github.etcddiscovery.faults.Subject.PREFIX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The way to etcd fails.
 */
@OnEveryEtcd(EtcdVersions.MAINTAINED)
@Tag("slow")
class NetworkFaultTests extends OneEtcdFaults {

	NetworkFaultTests(EtcdBinary binary) {
		super(binary);
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
			long lease = this.subject.registrar().leaseId(KEY);
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
				return untilAWriteIsSeenOverANewConnection(this.proxy::cut);
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
				return untilAWriteIsSeenOverANewConnection(this.proxy::halfClose);
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
			this.proxy.swallow(TcpProxy.Direction.values());
			Measurements.Stopwatch swallowed = Measurements.start();
			this.subject.awaitStale();
			Duration noticed = swallowed.elapsed();
			this.proxy.swallow();
			untilAWriteIsSeen();
			return noticed;
		});
		this.subject.awaitRegistered();
		assertAllIsWell();
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

	private Duration untilAWriteIsSeenOverANewConnection(Runnable disturbance) {
		Measurements.Stopwatch disturbed = Measurements.start();
		int before = this.proxy.accepted();
		disturbance.run();
		await().atMost(SOON).pollInterval(Duration.ofMillis(1)).until(() -> this.proxy.accepted() > before);
		untilAWriteIsSeen();
		return disturbed.elapsed();
	}

}
