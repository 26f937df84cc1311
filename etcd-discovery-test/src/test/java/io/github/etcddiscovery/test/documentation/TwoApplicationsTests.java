package io.github.etcddiscovery.test.documentation;

import java.time.Duration;

import io.github.etcddiscovery.test.EmbeddedEtcd;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.ConfigurableApplicationContext;

import static org.awaitility.Awaitility.await;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = "spring.application.name=orders")
class TwoApplicationsTests {

	@Test
	void findEachOther(@Autowired EmbeddedEtcd etcd, @Autowired DiscoveryClient discovery) {
		String[] arguments = { "--spring.application.name=stock", "--server.port=0",
				"--spring.cloud.etcd.endpoints=" + etcd.endpoint(), "--spring.cloud.etcd.username=",
				"--spring.cloud.etcd.password=", "--spring.cloud.etcd.ca-cert=" };
		try (ConfigurableApplicationContext stock = SpringApplication.run(OrdersApplication.class, arguments)) {
			await().atMost(Duration.ofSeconds(10)).until(() -> discovery.getInstances("stock").size() == 1);
		}
		await().atMost(Duration.ofSeconds(10)).until(() -> discovery.getInstances("stock").isEmpty());
	}

}
