package io.github.etcddiscovery.faults;

import java.time.Duration;

import io.github.etcddiscovery.testsupport.Balancer;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.EtcdVersions;
import io.github.etcddiscovery.testsupport.OnEveryEtcd;
import io.github.etcddiscovery.testsupport.RequiresBalancers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A load balancer in front of etcd closes idle connections, or ends silent watches, after
 * less than a heartbeat.
 */
@OnEveryEtcd(EtcdVersions.MAINTAINED)
@RequiresBalancers
@Tag("slow")
class BalancerFaultTests {

	/** The heartbeat is one second. */
	private static final Duration IDLE = Duration.ofMillis(600);

	private final EtcdBinary binary;

	private final EtcdProcess etcd;

	private final EtcdEyes eyes;

	BalancerFaultTests(EtcdBinary binary) {
		this.binary = binary;
		this.etcd = EtcdProcess.start(binary);
		this.eyes = new EtcdEyes(this.etcd.endpoint());
	}

	@AfterEach
	void stop() {
		this.eyes.close();
		this.etcd.close();
	}

	@Test
	void haproxyClosesIdleConnections() throws Exception {
		assertThatItSurvives("haproxyClosesIdleConnections", Balancer.Kind.HAPROXY);
	}

	@Test
	void nginxClosesIdleConnections() throws Exception {
		assertThatItSurvives("nginxClosesIdleConnections", Balancer.Kind.NGINX_STREAM);
	}

	@Test
	void nginxEndsSilentCalls() throws Exception {
		assertThatItSurvives("nginxEndsSilentCalls", Balancer.Kind.NGINX_GRPC);
	}

	private void assertThatItSurvives(String test, Balancer.Kind kind) throws Exception {
		try (Balancer balancer = Balancer.start(kind, this.etcd.endpoint(), IDLE);
				Subject subject = new Subject(balancer.endpoint())) {
			long registered = this.eyes.get(Subject.KEY).getModRevision();
			// So it does close
			subject.awaitStale();
			Measurements.measure(test, this.binary, Duration.ofSeconds(2), () -> {
				await().pollDelay(IDLE.multipliedBy(4)).until(() -> true);
				return subject.untilAWriteIsSeen(this.eyes);
			});
			subject.assertAllIsWell(this.eyes);
			assertThat(this.eyes.get(Subject.KEY).getModRevision()).as("R2: it never went").isEqualTo(registered);
			assertThat(subject.view().catalog().epoch()).as("V3: the history is the same").isEqualTo(1);
		}
	}

}
