package io.github.etcddiscovery.cloud.loadbalancer;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.github.etcddiscovery.Internal;
import org.jspecify.annotations.Nullable;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.CompletionContext;
import org.springframework.cloud.client.loadbalancer.LoadBalancerLifecycle;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.client.loadbalancer.Response;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;

/**
 * Counts the calls in flight to each instance of the services with least-requests. Spring
 * Cloud reports the beginning and the end of each call, but not the end of a reactive
 * call that is cancelled: such a call counts until the garbage collector has collected
 * its request. Safe to use from any thread; reading takes no lock.
 */
@Internal
public final class RequestsInFlight implements LoadBalancerLifecycle<Object, Object, ServiceInstance> {

	private final ServiceMapping<Boolean> services = new ServiceMapping<>();

	private final Set<Call> calls = ConcurrentHashMap.newKeySet();

	/** Addresses without a call are not in it. */
	private final Map<InstanceAddress, Integer> counts = new ConcurrentHashMap<>();

	private final ReferenceQueue<Object> abandoned = new ReferenceQueue<>();

	/**
	 * Chooses by the calls in flight to a service, and begins to count them.
	 * @param delegate supplies the instances
	 * @return supplies one instance for each request: of two random instances, the one
	 * with fewer calls in flight
	 */
	public ServiceInstanceListSupplier leastRequests(ServiceInstanceListSupplier delegate) {
		this.services.put(delegate.getServiceId(), true);
		return new LeastRequestsInstanceListSupplier(delegate, this);
	}

	@Override
	@SuppressWarnings("rawtypes")
	public boolean supports(Class requestContextClass, Class responseClass, Class serverTypeClass) {
		return !this.services.isEmpty() && ServiceInstance.class.isAssignableFrom(serverTypeClass);
	}

	@Override
	public void onStart(Request<Object> request) {
	}

	@Override
	public void onStartRequest(Request<Object> request, Response<ServiceInstance> response) {
		for (Reference<?> call = this.abandoned.poll(); call != null; call = this.abandoned.poll()) {
			end((Call) call);
		}
		ServiceInstance instance = response.getServer();
		if (instance != null && this.services.find(instance) != null) {
			Call call = new Call(request, InstanceAddress.of(instance), this.abandoned);
			if (this.calls.add(call)) {
				this.counts.merge(call.address, 1, Integer::sum);
			}
		}
	}

	@Override
	public void onComplete(CompletionContext<Object, ServiceInstance, Object> completed) {
		Response<ServiceInstance> response = completed.getLoadBalancerResponse();
		ServiceInstance instance = (response != null) ? response.getServer() : null;
		Request<Object> request = completed.getLoadBalancerRequest();
		if (instance != null && request != null && this.services.find(instance) != null) {
			end(new Call(request, InstanceAddress.of(instance), null));
		}
	}

	private void end(Call call) {
		if (this.calls.remove(call)) {
			this.counts.computeIfPresent(call.address, (address, count) -> (count > 1) ? count - 1 : null);
		}
	}

	/**
	 * Returns the number of calls in flight to an instance.
	 */
	int count(ServiceInstance instance) {
		return this.counts.getOrDefault(InstanceAddress.of(instance), 0);
	}

	/**
	 * A call, identified by its request object, which is the same at its beginning and
	 * its end.
	 */
	private static final class Call extends WeakReference<Object> {

		private final InstanceAddress address;

		private final int hash;

		Call(Object request, InstanceAddress address, @Nullable ReferenceQueue<Object> queue) {
			super(request, queue);
			this.address = address;
			this.hash = System.identityHashCode(request);
		}

		@Override
		public boolean equals(@Nullable Object other) {
			return this == other || (other instanceof Call that && get() != null && get() == that.get()
					&& this.address.equals(that.address));
		}

		@Override
		public int hashCode() {
			return this.hash;
		}

	}

}
