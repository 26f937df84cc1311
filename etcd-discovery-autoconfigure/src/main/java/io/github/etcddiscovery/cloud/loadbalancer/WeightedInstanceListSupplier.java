package io.github.etcddiscovery.cloud.loadbalancer;

import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

import io.github.etcddiscovery.Internal;
import reactor.core.publisher.Flux;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.loadbalancer.core.DelegatingServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.core.WeightFunction;

/**
 * Supplies each instance as often as its weight says. Unlike Spring Cloud's own it keeps
 * the list until the instances change, and its memory does not depend on the weights,
 * which come from the instances. Safe to use from any thread.
 */
@Internal
public final class WeightedInstanceListSupplier extends DelegatingServiceInstanceListSupplier {

	private final WeightFunction weight;

	private final BooleanSupplier steady;

	private final RecentLists<Boolean> lists = new RecentLists<>();

	/**
	 * Creates a supplier.
	 * @param delegate supplies all instances
	 * @param weight the weight of an instance, at least 1
	 * @param steady whether the weights stay as they are until the instances change
	 */
	public WeightedInstanceListSupplier(ServiceInstanceListSupplier delegate, WeightFunction weight,
			BooleanSupplier steady) {
		super(delegate);
		this.weight = weight;
		this.steady = steady;
	}

	@Override
	public Flux<List<ServiceInstance>> get() {
		return this.delegate.get().map(this::weighted);
	}

	@Override
	@SuppressWarnings("rawtypes")
	public Flux<List<ServiceInstance>> get(Request request) {
		return this.delegate.get(request).map(this::weighted);
	}

	private List<ServiceInstance> weighted(List<ServiceInstance> instances) {
		if (instances.isEmpty()) {
			return instances;
		}
		Supplier<List<ServiceInstance>> list = () -> new WeightedInstances(instances,
				instances.stream().mapToInt(this.weight::apply).toArray());
		return this.steady.getAsBoolean() ? this.lists.get(instances, true, list) : list.get();
	}

}
