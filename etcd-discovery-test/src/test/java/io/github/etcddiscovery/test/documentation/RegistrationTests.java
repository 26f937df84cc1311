package io.github.etcddiscovery.test.documentation;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.cloud.client.discovery.DiscoveryClient;

import static org.awaitility.Awaitility.await;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = "spring.application.name=orders")
class RegistrationTests {

	@Test
	void findsItself(@Autowired DiscoveryClient discovery) {
		await().atMost(Duration.ofSeconds(10)).until(() -> discovery.getInstances("orders").size() == 1);
	}

}
