package io.github.etcddiscovery.cloud.loadbalancer;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

import reactor.core.publisher.Flux;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.loadbalancer.core.DelegatingServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;

/**
 * Supplies one instance for each request: of two drawn at random, the one with fewer
 * calls in flight (power of two choices, as Envoy's load balancer for weights that are
 * all the same). So an instance that becomes slow gets fewer calls, and callers do not
 * all gather on the instance with the fewest.
 */
final class LeastRequestsInstanceListSupplier extends DelegatingServiceInstanceListSupplier {

	private final RequestsInFlight inFlight;

	LeastRequestsInstanceListSupplier(ServiceInstanceListSupplier delegate, RequestsInFlight inFlight) {
		super(delegate);
		this.inFlight = inFlight;
	}

	@Override
	public Flux<List<ServiceInstance>> get() {
		return this.delegate.get();
	}

	@Override
	@SuppressWarnings("rawtypes")
	public Flux<List<ServiceInstance>> get(Request request) {
		return this.delegate.get(request).map(this::choose);
	}

	private List<ServiceInstance> choose(List<ServiceInstance> instances) {
		int size = instances.size();
		if (size < 2) {
			return instances;
		}
		ThreadLocalRandom random = ThreadLocalRandom.current();
		int first = random.nextInt(size);
		// One of the others.
		int second = (first + 1 + random.nextInt(size - 1)) % size;
		ServiceInstance one = instances.get(first);
		ServiceInstance other = instances.get(second);
		return List.of((this.inFlight.count(other) < this.inFlight.count(one)) ? other : one);
	}

}
