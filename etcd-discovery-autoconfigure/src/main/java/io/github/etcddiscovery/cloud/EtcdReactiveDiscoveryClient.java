package io.github.etcddiscovery.cloud;

import io.github.etcddiscovery.view.ServiceView;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.ReactiveDiscoveryClient;

/**
 * Spring Cloud's {@link ReactiveDiscoveryClient} over the view. Every subscription sees
 * what is registered at that moment. Only instances with status UP are returned.
 */
public class EtcdReactiveDiscoveryClient implements ReactiveDiscoveryClient {

	private final ServiceView<ServiceInstance> view;

	private final int order;

	/**
	 * Creates a client.
	 * @param view what is registered
	 * @param order the order among discovery clients
	 */
	public EtcdReactiveDiscoveryClient(ServiceView<ServiceInstance> view, int order) {
		this.view = view;
		this.order = order;
	}

	@Override
	public String description() {
		return "etcd Reactive Discovery Client";
	}

	@Override
	public Flux<ServiceInstance> getInstances(String serviceId) {
		return Flux.defer(() -> Flux.fromIterable(this.view.catalog().available(serviceId)));
	}

	@Override
	public Flux<String> getServices() {
		return Flux.defer(() -> Flux.fromIterable(this.view.catalog().services()));
	}

	/**
	 * Asks etcd itself; while there is no connection for at most twice the request
	 * timeout.
	 */
	@Override
	public Mono<Void> reactiveProbe() {
		return Mono.fromFuture(this.view::probe);
	}

	@Override
	public int getOrder() {
		return this.order;
	}

}
