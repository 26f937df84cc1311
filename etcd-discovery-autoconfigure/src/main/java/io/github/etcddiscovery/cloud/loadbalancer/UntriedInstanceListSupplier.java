package io.github.etcddiscovery.cloud.loadbalancer;

import java.lang.ref.WeakReference;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;

import io.github.etcddiscovery.Internal;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.client.loadbalancer.RequestData;
import org.springframework.cloud.client.loadbalancer.RetryableRequestContext;
import org.springframework.cloud.loadbalancer.core.DelegatingServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;

/**
 * Leaves out the instances that a request has been sent to already, when it is repeated:
 * all of them, so that as many attempts as there are instances reach each of them once.
 * Spring Cloud's {@code RetryAwareServiceInstanceListSupplier} leaves out the last one
 * only. Where a request cannot be told from others (OpenFeign copies its headers), so
 * does this.
 */
@Internal
public final class UntriedInstanceListSupplier extends DelegatingServiceInstanceListSupplier {

	/** More requests than that are not repeated at one time. */
	private static final int MOST_REQUESTS = 1_000;

	private final Map<RepeatedRequest, Set<ServiceInstance>> tried = new LinkedHashMap<>() {

		@Override
		protected boolean removeEldestEntry(Map.Entry<RepeatedRequest, Set<ServiceInstance>> eldest) {
			return size() > MOST_REQUESTS;
		}

	};

	private final BooleanSupplier elsewhere;

	/**
	 * Creates a supplier.
	 * @param delegate supplies all instances
	 * @param elsewhere returns whether callers can use another cluster instead, so that
	 * the list may be empty once all instances have been tried
	 */
	public UntriedInstanceListSupplier(ServiceInstanceListSupplier delegate, BooleanSupplier elsewhere) {
		super(delegate);
		this.elsewhere = elsewhere;
	}

	/**
	 * Whether a request was sent before.
	 * @param request the request
	 * @return whether it is repeated
	 */
	static boolean isRepeated(Request<?> request) {
		return request.getContext() instanceof RetryableRequestContext context
				&& context.getPreviousServiceInstance() != null;
	}

	@Override
	public Flux<List<ServiceInstance>> get() {
		return this.delegate.get();
	}

	@Override
	@SuppressWarnings("rawtypes")
	public Flux<List<ServiceInstance>> get(Request request) {
		Flux<List<ServiceInstance>> all = this.delegate.get(request);
		if (!(request.getContext() instanceof RetryableRequestContext context)
				|| context.getPreviousServiceInstance() == null) {
			return all;
		}
		ServiceInstance previous = context.getPreviousServiceInstance();
		Set<ServiceInstance> left = tried(context.getClientRequest(), previous);
		return all.map((instances) -> without(left, previous, instances));
	}

	private Set<ServiceInstance> tried(@Nullable RequestData request, ServiceInstance previous) {
		if (request == null || request.getHeaders() == null) {
			return Set.of(previous);
		}
		synchronized (this.tried) {
			Set<ServiceInstance> known = this.tried.computeIfAbsent(new RepeatedRequest(request.getHeaders()),
					(added) -> new HashSet<>());
			known.add(previous);
			return Set.copyOf(known);
		}
	}

	/**
	 * Once all have been tried, only the last one is left out; and not if it is alone.
	 */
	private List<ServiceInstance> without(Set<ServiceInstance> tried, ServiceInstance previous,
			List<ServiceInstance> instances) {
		List<ServiceInstance> untried = instances.stream().filter((instance) -> !tried.contains(instance)).toList();
		if (!untried.isEmpty() || this.elsewhere.getAsBoolean()) {
			return untried;
		}
		List<ServiceInstance> others = instances.stream().filter((instance) -> !instance.equals(previous)).toList();
		return others.isEmpty() ? instances : others;
	}

	/**
	 * A request, told from others by its headers, which are the same object at every
	 * attempt and not kept for it.
	 */
	private static final class RepeatedRequest extends WeakReference<Object> {

		private final int hash;

		RepeatedRequest(Object headers) {
			super(headers);
			this.hash = System.identityHashCode(headers);
		}

		@Override
		public boolean equals(@Nullable Object other) {
			return this == other || (other instanceof RepeatedRequest that && get() != null && get() == that.get());
		}

		@Override
		public int hashCode() {
			return this.hash;
		}

	}

}
