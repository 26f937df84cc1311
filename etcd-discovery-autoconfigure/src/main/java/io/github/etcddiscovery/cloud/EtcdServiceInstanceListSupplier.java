package io.github.etcddiscovery.cloud;

import java.util.List;

import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;

/**
 * Feeds Spring Cloud LoadBalancer straight from the view, with no cache in between: the
 * current list at once, and again at every change of the service's instances. The load
 * balancer takes one list for each request and cancels; a subscriber that stays and is
 * slow gets the newest list.
 */
public class EtcdServiceInstanceListSupplier implements ServiceInstanceListSupplier {

	private static final Logger logger = LoggerFactory.getLogger(EtcdServiceInstanceListSupplier.class);

	private final ServiceView<ServiceInstance> view;

	private final String serviceId;

	private final Flux<List<ServiceInstance>> instances;

	/**
	 * Creates a supplier.
	 * @param view what is registered
	 * @param serviceId the service whose instances are supplied
	 */
	public EtcdServiceInstanceListSupplier(ServiceView<ServiceInstance> view, String serviceId) {
		this.view = view;
		this.serviceId = serviceId;
		if (!view.follows(serviceId)) {
			logger.warn("There will be no instances of {}: expected it among spring.cloud.etcd.discovery.services,"
					+ " which says what to follow", serviceId);
		}
		this.instances = Flux.create(this::supply, FluxSink.OverflowStrategy.LATEST);
	}

	private void supply(FluxSink<List<ServiceInstance>> sink) {
		Emitter emitter = new Emitter(sink);
		emitter.accept(this.view.catalog());
		// The load balancer has what it wants by now: subscribing would be for nothing.
		if (!sink.isCancelled()) {
			sink.onDispose(this.view.subscribe(emitter::accept)::close);
		}
	}

	@Override
	public String getServiceId() {
		return this.serviceId;
	}

	@Override
	public Flux<List<ServiceInstance>> get() {
		return this.instances;
	}

	/**
	 * Emits the service's list when it has changed. Used by one thread at a time: the
	 * subscriber's before the subscription, the view's after it.
	 */
	private final class Emitter {

		private final FluxSink<List<ServiceInstance>> sink;

		private List<ServiceInstance> last = List.of();

		private boolean emitted;

		Emitter(FluxSink<List<ServiceInstance>> sink) {
			this.sink = sink;
		}

		void accept(Catalog<ServiceInstance> catalog) {
			List<ServiceInstance> current = catalog.available(EtcdServiceInstanceListSupplier.this.serviceId);
			if (!this.emitted || current != this.last) {
				this.emitted = true;
				this.last = current;
				this.sink.next(current);
			}
		}

	}

}
