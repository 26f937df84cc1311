package io.github.etcddiscovery.cloud.loadbalancer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.DefaultRequest;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.core.WeightFunction;
import org.springframework.cloud.loadbalancer.core.WeightedServiceInstanceListSupplier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * {@link WeightedInstances} and {@link WeightedInstanceListSupplier}.
 */
class WeightedInstancesTests {

	private static final WeightFunction BY_PORT = ServiceInstance::getPort;

	@Test
	void orderIsThatOfSpringCloud() {
		Random random = new Random(1);
		for (int run = 0; run < 300; run++) {
			int most = 1 + random.nextInt(20);
			int[] weights = random.ints(1 + random.nextInt(10), 1, most + 1).toArray();
			List<ServiceInstance> instances = instances(weights);
			List<ServiceInstance> theirs = new WeightedServiceInstanceListSupplier(supplier(instances), BY_PORT).get()
				.blockFirst();
			assertThat(new WeightedInstances(instances, weights.clone())).as(Arrays.toString(weights))
				.containsExactlyElementsOf(theirs);
		}
	}

	@Test
	void listOfTwoHundredMillionElementsTakesTheMemoryOfItsInstances() {
		int[] weights = IntStream.range(0, 20_000).map((i) -> 10_000 - i % 2).toArray();
		List<ServiceInstance> weighted = new WeightedInstances(instances(weights), weights.clone());
		assertThat(weighted.size()).isEqualTo(199_990_000);
		assertThat(weighted.get(0).getInstanceId()).isEqualTo("0");
		assertThat(weighted.get(199_989_999).getInstanceId()).as("the last of those with the most").isEqualTo("19998");
		assertThat(weighted.get(10_000 * 10_000).getInstanceId()).isEqualTo("0");
	}

	@Test
	void weightsWhoseSumIsNoIntAreHalved() {
		int[] weights = { Integer.MAX_VALUE, Integer.MAX_VALUE - 1, 1 };
		List<ServiceInstance> weighted = new WeightedInstances(instances(weights), weights.clone());
		assertThat(weighted.size()).isBetween(1 << 30, Integer.MAX_VALUE);
		assertThat(weighted.get(2).getInstanceId()).isEqualTo("2");
		assertThat(weighted.get(3).getInstanceId()).isEqualTo("0");
	}

	@Test
	void indexBehindTheEndIsRefused() {
		List<ServiceInstance> weighted = new WeightedInstances(instances(2, 1), new int[] { 2, 1 });
		assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> weighted.get(3));
		assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> weighted.get(-1));
	}

	@Test
	void weightsAreAskedForOnceUntilTheInstancesChange() {
		AtomicInteger asked = new AtomicInteger();
		List<ServiceInstance> instances = instances(1, 2);
		ServiceInstanceListSupplier supplier = new WeightedInstanceListSupplier(supplier(instances), (instance) -> {
			asked.incrementAndGet();
			return instance.getPort();
		}, () -> true);
		List<ServiceInstance> first = supplier.get(new DefaultRequest<>()).blockFirst();
		assertThat(first).extracting(ServiceInstance::getInstanceId).containsExactly("0", "1", "1");
		assertThat(supplier.get().blockFirst()).isSameAs(first);
		assertThat(asked).hasValue(2);
	}

	@Test
	void weightsAreAskedForAgainWhenAnEqualListFollows() {
		List<ServiceInstance> instances = instances(1, 2);
		AtomicInteger weight = new AtomicInteger(1);
		AtomicReference<List<ServiceInstance>> current = new AtomicReference<>(instances);
		ServiceInstanceListSupplier supplier = new WeightedInstanceListSupplier(supplier(current::get),
				(instance) -> (instance.getPort() == 1) ? weight.get() : 5, () -> true);
		assertThat(supplier.get().blockFirst()).hasSize(6);
		weight.set(3);
		current.set(new ArrayList<>(instances));
		assertThat(supplier.get().blockFirst()).as("instances are equal although their weights differ").hasSize(8);
	}

	@Test
	void weightsThatChangeWithTimeAreAskedForEachTime() {
		AtomicInteger weight = new AtomicInteger(1);
		AtomicBoolean steady = new AtomicBoolean();
		List<ServiceInstance> instances = instances(1, 5);
		ServiceInstanceListSupplier supplier = new WeightedInstanceListSupplier(supplier(instances),
				(instance) -> instance.getPort() == 1 ? weight.get() : 5, steady::get);
		assertThat(supplier.get().blockFirst()).hasSize(6);
		weight.set(3);
		assertThat(supplier.get().blockFirst()).hasSize(8);
		steady.set(true);
		assertThat(supplier.get().blockFirst()).hasSize(8);
	}

	@Test
	void noInstancesAreNone() {
		assertThat(new WeightedInstanceListSupplier(supplier(List.of()), BY_PORT, () -> true).get().blockFirst())
			.isEmpty();
	}

	private static List<ServiceInstance> instances(int... weights) {
		return IntStream.range(0, weights.length)
			.<ServiceInstance>mapToObj(
					(i) -> new DefaultServiceInstance(String.valueOf(i), "stock", "h", weights[i], false, Map.of()))
			.toList();
	}

	private static ServiceInstanceListSupplier supplier(List<ServiceInstance> instances) {
		return supplier(() -> instances);
	}

	private static ServiceInstanceListSupplier supplier(Supplier<List<ServiceInstance>> instances) {
		return new ServiceInstanceListSupplier() {

			@Override
			public String getServiceId() {
				return "stock";
			}

			@Override
			public Flux<List<ServiceInstance>> get() {
				return Flux.just(instances.get());
			}

		};
	}

}
