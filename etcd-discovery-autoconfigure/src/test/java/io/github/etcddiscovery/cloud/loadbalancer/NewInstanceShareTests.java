package io.github.etcddiscovery.cloud.loadbalancer;

import java.time.Duration;
import java.util.stream.IntStream;

import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import org.junit.jupiter.api.Test;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.loadbalancer.LoadBalancerClient;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of {@code slow-start} in an application: the share of calls that a new instance
 * gets.
 */
@RequiresEtcd
class NewInstanceShareTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	NewInstanceShareTests() {
		super(EtcdBinary.newest());
	}

	@Test
	void callersOfAServiceLetItsNewInstanceInSlowly() {
		put("a");
		put("b");
		var context = this.applications.start(
				new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE), "caller",
				"spring.cloud.etcd.discovery.register=false", "spring.cloud.loadbalancer.configurations=weighted",
				"spring.cloud.etcd.discovery.slow-start=5s");
		DiscoveryClient discoveryClient = context.getBean(DiscoveryClient.class);
		LoadBalancerClient loadBalancer = context.getBean(LoadBalancerClient.class);
		await().atMost(SOON).until(() -> discoveryClient.getInstances("stock").size() == 2);
		assertThat(share(loadBalancer, "a", 20)).isEqualTo(10);
		put("c");
		await().atMost(SOON).until(() -> discoveryClient.getInstances("stock").size() == 3);
		assertThat(share(loadBalancer, "c", 63)).as("about 3 of 63 at first").isBetween(1L, 9L);
		await().atMost(SOON).until(() -> share(loadBalancer, "c", 30) == 10);
	}

	private static long share(LoadBalancerClient loadBalancer, String id, int choices) {
		return IntStream.range(0, choices)
			.filter((i) -> loadBalancer.choose("stock").getInstanceId().equals(id))
			.count();
	}

	private void put(String id) {
		this.eyes.put("/services/stock/" + id, "{\"host\":\"127.0.0.1\",\"port\":80}");
	}

	/**
	 * An application with nothing of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
