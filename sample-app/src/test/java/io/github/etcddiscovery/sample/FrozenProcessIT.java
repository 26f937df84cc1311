package io.github.etcddiscovery.sample;

import java.time.Duration;

import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A process that does not run for longer than its lease lasts, as in a long pause of its
 * garbage collector, or in a machine that sleeps.
 */
@RequiresEtcd
class FrozenProcessIT {

	private static final Duration SOON = Duration.ofSeconds(30);

	@Test
	void isForgottenMeanwhileAndBackSoonAfter() {
		try (EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest());
				EtcdEyes eyes = new EtcdEyes(etcd.endpoint());
				SampleProcess sample = SampleProcess.start("sample-app", etcd.endpoint(),
						"--spring.cloud.etcd.discovery.ttl=4s", "--spring.cloud.etcd.discovery.heartbeat=1s")) {
			String key = "/services/sample-app/" + sample.instanceId();
			await().atMost(SOON).until(() -> eyes.get(key) != null);
			long lease = eyes.get(key).getLease();
			sample.freeze();
			await().atMost(SOON).until(() -> eyes.get(key) == null);
			String newcomer = "/services/sample-app/10.0.0.5:80";
			eyes.put(newcomer, "{\"host\":\"10.0.0.5\",\"port\":80}");
			sample.thaw();
			await().atMost(Duration.ofSeconds(6)).until(() -> eyes.get(key) != null);
			assertThat(eyes.get(key).getLease()).isNotEqualTo(lease);
			await().atMost(SOON)
				.untilAsserted(() -> assertThat(sample.instancesOf("sample-app"))
					.containsExactlyInAnyOrder(sample.instanceId(), "10.0.0.5:80"));
		}
	}

}
