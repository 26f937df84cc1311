package io.github.etcddiscovery.test.documentation;

import java.time.Duration;

import io.github.etcddiscovery.test.EmbeddedEtcd;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = "spring.application.name=orders")
class OutageTests {

	static final EmbeddedEtcd etcd = EmbeddedEtcd.start();

	@Autowired
	DiscoveryClient discovery;

	@DynamicPropertySource
	static void etcd(DynamicPropertyRegistry properties) {
		properties.add("spring.cloud.etcd.endpoints", etcd::endpoint);
		properties.add("spring.cloud.etcd.discovery.drain", () -> "0s");
	}

	@Test
	void isRegisteredAgainWhenItsLeaseHasRunOut() {
		awaitInstances(1);
		etcd.expireAllLeases();
		awaitInstances(1);
	}

	@Test
	void servesTheLastKnownInstancesWhileEtcdIsAway() {
		awaitInstances(1);
		etcd.stop();
		assertThat(this.discovery.getInstances("orders")).hasSize(1);
		etcd.startAgain();
	}

	private void awaitInstances(int count) {
		await().atMost(Duration.ofSeconds(10)).until(() -> this.discovery.getInstances("orders").size() == count);
	}

}
