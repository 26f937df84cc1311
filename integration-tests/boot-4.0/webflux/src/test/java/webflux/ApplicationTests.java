package webflux;

import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.cloud.client.discovery.ReactiveDiscoveryClient;

import static org.assertj.core.api.Assertions.assertThat;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = "spring.application.name=tested")
class ApplicationTests {

	@Autowired
	ReactiveDiscoveryClient discovery;

	@Test
	void findsItselfInTheEtcdInMemory() {
		assertThat(this.discovery.getInstances("tested").collectList().block()).hasSize(1);
	}

}
