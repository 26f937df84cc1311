package io.github.etcddiscovery.cloud;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import io.github.etcddiscovery.testing.EtcdApplicationTests;
import io.github.etcddiscovery.testing.EtcdBinary;
import io.github.etcddiscovery.testing.RequiresEtcd;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.loadbalancer.LoadBalancerClient;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The share of calls that a new instance gets.
 */
@RequiresEtcd
class SlowStartTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	private final AtomicLong now = new AtomicLong();

	private final SlowStart slowStart = new SlowStart(new BoundedWeight(), Duration.ofSeconds(10), this.now::get);

	private final List<ServiceInstance> there = new ArrayList<>();

	private final ServiceInstanceListSupplier supplier = this.slowStart.following(new ServiceInstanceListSupplier() {

		@Override
		public String getServiceId() {
			return "stock";
		}

		@Override
		public Flux<List<ServiceInstance>> get() {
			return Flux.just(List.copyOf(SlowStartTests.this.there));
		}

	});

	SlowStartTests() {
		super(EtcdBinary.newest());
	}

	@Test
	void weightOfANewInstanceRisesInTenSteps() {
		ServiceInstance old = join("old", 1);
		ServiceInstance strong = join("strong", 7);
		assertThat(this.slowStart.apply(old)).isEqualTo(10);
		ServiceInstance added = join("new", 3);
		assertThat(IntStream.range(0, 12).map((second) -> {
			this.now.set(Duration.ofSeconds(second).toNanos());
			return this.slowStart.apply(added);
		})).containsExactly(3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 30, 30);
		assertThat(this.slowStart.apply(strong)).as("as ever").isEqualTo(70);
	}

	@Test
	void instanceThatComesBackIsNewAgain() {
		join("old", 1);
		ServiceInstance added = join("new", 1);
		this.now.set(Duration.ofSeconds(20).toNanos());
		assertThat(this.slowStart.apply(added)).isEqualTo(10);
		this.there.remove(added);
		this.supplier.get().blockFirst();
		join("new", 1);
		assertThat(this.slowStart.apply(added)).isEqualTo(1);
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

	private ServiceInstance join(String id, int weight) {
		ServiceInstance instance = new DefaultServiceInstance(id, "stock", id, 80, false,
				Map.of("weight", String.valueOf(weight)));
		this.there.add(instance);
		this.supplier.get().blockFirst();
		return instance;
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
