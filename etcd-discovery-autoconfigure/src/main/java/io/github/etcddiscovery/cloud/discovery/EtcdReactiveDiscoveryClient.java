package io.github.etcddiscovery.cloud.discovery;

import java.util.List;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cloud.ManagementServices;
import io.github.etcddiscovery.view.CatalogSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.ReactiveDiscoveryClient;

/**
 * Spring Cloud's {@link ReactiveDiscoveryClient} over the view. Every subscription sees
 * what is registered at that moment. Only instances with status UP are returned.
 */
public class EtcdReactiveDiscoveryClient implements ReactiveDiscoveryClient {

	private final CatalogSource<ServiceInstance> view;

	private final int order;

	private final EarlyLookup early = new EarlyLookup();

	/**
	 * Creates a client.
	 * @param view what is registered
	 * @param order the order among discovery clients
	 */
	public EtcdReactiveDiscoveryClient(CatalogSource<ServiceInstance> view, int order) {
		this.view = view;
		this.order = order;
	}

	@Override
	public String description() {
		return "etcd Reactive Discovery Client";
	}

	@Override
	public Flux<ServiceInstance> getInstances(String serviceId) {
		return Flux.defer(() -> Flux.fromIterable(this.early.check(serviceId, this.view.catalog())));
	}

	/**
	 * Follows the instances of a service that may be called: emits those of now at once,
	 * and again whenever they change, until the subscriber cancels. Before the first sync
	 * there are none.
	 * @param serviceId the service
	 * @return the lists, sorted by id, not modifiable; the first on the subscriber's
	 * thread, the others on the view's notification thread, which must not be blocked for
	 * long. A slow subscriber gets only the newest list
	 */
	public Flux<List<ServiceInstance>> watchInstances(String serviceId) {
		return LiveInstances.of(this.view, serviceId);
	}

	/**
	 * Returns the names of the services that have instances. The services of management
	 * servers are left out, because a gateway would create a public route to each.
	 * @return the names as they are at each subscription
	 */
	@Override
	public Flux<String> getServices() {
		return Flux.defer(() -> Flux.fromIterable(ManagementServices.leaveOut(this.view.catalog())));
	}

	/**
	 * Asks etcd itself; while there is no connection for at most twice the request
	 * timeout.
	 */
	@Override
	public Mono<Void> reactiveProbe() {
		return Mono.fromFuture(this.view::probe);
	}

	/**
	 * Whether this client answers from a particular view.
	 * @param view the view
	 * @return whether it reads from that very view
	 */
	@Internal
	public boolean reads(CatalogSource<ServiceInstance> view) {
		return this.view == view;
	}

	@Override
	public int getOrder() {
		return this.order;
	}

}
