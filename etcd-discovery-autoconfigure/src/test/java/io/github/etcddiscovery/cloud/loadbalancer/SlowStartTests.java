package io.github.etcddiscovery.cloud.loadbalancer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link SlowStart}: the weight of a new instance.
 */
class SlowStartTests {

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
	void instancesOfTheFirstListAreNotNew() {
		assertThat(this.slowStart.apply(join("first", 2))).isEqualTo(20);
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

	private ServiceInstance join(String id, int weight) {
		ServiceInstance instance = new DefaultServiceInstance(id, "stock", id, 80, false,
				Map.of("weight", String.valueOf(weight)));
		this.there.add(instance);
		this.supplier.get().blockFirst();
		return instance;
	}

}
