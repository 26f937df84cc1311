package io.github.etcddiscovery.cloud.loadbalancer;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

import io.github.etcddiscovery.Internal;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.loadbalancer.core.DelegatingServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.core.WeightFunction;

/**
 * Lets an instance of one service that has just come have a tenth of its weight first,
 * and another tenth every tenth of a while. As the least weight is also the usual one,
 * all others have ten times theirs. Those that are there at the first request are not new
 * to anybody. Safe to use from any thread.
 */
@Internal
public final class SlowStart implements WeightFunction {

	private static final int STEPS = 10;

	private final WeightFunction weight;

	private final long duration;

	private final LongSupplier nanoTime;

	/** When those came that are still new. */
	private final Map<ServiceInstance, Long> joined = new ConcurrentHashMap<>();

	private volatile @Nullable List<ServiceInstance> last;

	/**
	 * Creates the weights of a service.
	 * @param weight the weight of an instance that is not new
	 * @param duration how long an instance is new
	 */
	public SlowStart(WeightFunction weight, Duration duration) {
		this(weight, duration, System::nanoTime);
	}

	SlowStart(WeightFunction weight, Duration duration, LongSupplier nanoTime) {
		this.weight = weight;
		this.duration = duration.toNanos();
		this.nanoTime = nanoTime;
	}

	/**
	 * Takes note of the instances that come and go.
	 * @param delegate supplies all instances of the service
	 * @return supplies the same
	 */
	public ServiceInstanceListSupplier following(ServiceInstanceListSupplier delegate) {
		return new Following(delegate);
	}

	/**
	 * Returns the weight of an instance at this moment.
	 * @param instance the instance
	 * @return from its weight to ten times that
	 */
	@Override
	public int apply(ServiceInstance instance) {
		return this.weight.apply(instance) * steps(instance);
	}

	/**
	 * Whether no instance is new, so that the weights stay until instances come or go.
	 * @return whether the weights stay
	 */
	public boolean isSteady() {
		return this.joined.isEmpty();
	}

	private int steps(ServiceInstance instance) {
		Long since = this.joined.get(instance);
		if (since == null) {
			return STEPS;
		}
		long age = this.nanoTime.getAsLong() - since;
		if (age >= this.duration) {
			this.joined.remove(instance, since);
			return STEPS;
		}
		return 1 + (int) (STEPS * age / this.duration);
	}

	private List<ServiceInstance> note(List<ServiceInstance> current) {
		if (current != this.last) {
			update(current);
		}
		return current;
	}

	private synchronized void update(List<ServiceInstance> current) {
		List<ServiceInstance> before = this.last;
		if (before != null) {
			Set<ServiceInstance> known = new HashSet<>(before);
			long now = this.nanoTime.getAsLong();
			current.stream()
				.filter((instance) -> !known.contains(instance))
				.forEach((instance) -> this.joined.put(instance, now));
			this.joined.keySet().retainAll(new HashSet<>(current));
		}
		this.last = current;
	}

	/**
	 * Sees every list that is supplied.
	 */
	private final class Following extends DelegatingServiceInstanceListSupplier {

		Following(ServiceInstanceListSupplier delegate) {
			super(delegate);
		}

		@Override
		public Flux<List<ServiceInstance>> get() {
			return this.delegate.get().map(SlowStart.this::note);
		}

		@Override
		@SuppressWarnings("rawtypes")
		public Flux<List<ServiceInstance>> get(Request request) {
			return this.delegate.get(request).map(SlowStart.this::note);
		}

	}

}
