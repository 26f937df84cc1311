package io.github.etcddiscovery.test.documentation;

import java.time.Duration;

import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.registry.RecordState;
import io.github.etcddiscovery.test.EmbeddedEtcd;
import io.github.etcddiscovery.view.ServiceView;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.cloud.client.discovery.DiscoveryClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = "spring.application.name=orders")
class OutageTests {

	static final Duration SOON = Duration.ofSeconds(10);

	@Autowired
	EmbeddedEtcd etcd;

	@Autowired
	DiscoveryClient discovery;

	@Autowired
	ServiceView<?> view;

	@Autowired
	EtcdServiceRegistry registry;

	@Test
	void isRegisteredAgainWhenItsLeaseHasRunOut() {
		String lease = lease();
		this.etcd.expireAllLeases();
		await().atMost(SOON).until(() -> !lease().equals(lease) && isRegistered());
	}

	@Test
	void servesTheLastKnownInstancesWhileEtcdIsAway() {
		await().atMost(SOON).until(() -> this.discovery.getInstances("orders").size() == 1);
		this.etcd.stop();
		try {
			await().atMost(SOON).until(() -> !this.view.staleness().isZero());
			assertThat(this.discovery.getInstances("orders")).hasSize(1);
		}
		finally {
			this.etcd.startAgain();
		}
	}

	private boolean isRegistered() {
		return this.registry.getRecords().get(0).state() == RecordState.REGISTERED;
	}

	private String lease() {
		return this.registry.getRecords().get(0).lease();
	}

}
