package io.github.etcddiscovery.cloud.loadbalancer;

import java.util.List;

import io.github.etcddiscovery.cloud.discovery.LiveInstances;
import io.github.etcddiscovery.view.ServiceView;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;

/**
 * Feeds Spring Cloud LoadBalancer straight from the view, with no cache in between. For a
 * request it is the list of the moment at which it is subscribed to, and no other;
 * without one it is the current list at once, and again at every change of the service's
 * instances, of which a slow subscriber gets the newest.
 */
public final class EtcdServiceInstanceListSupplier implements ServiceInstanceListSupplier {

	private static final Logger logger = LoggerFactory.getLogger(EtcdServiceInstanceListSupplier.class);

	private final String serviceId;

	private final Flux<List<ServiceInstance>> instances;

	private final Flux<List<ServiceInstance>> current;

	/**
	 * Creates a supplier.
	 * @param view what is registered
	 * @param serviceId the service whose instances are supplied
	 */
	public EtcdServiceInstanceListSupplier(ServiceView<ServiceInstance> view, String serviceId) {
		this.serviceId = serviceId;
		if (!view.follows(serviceId)) {
			logger.warn("There will be no instances of {}: expected it among spring.cloud.etcd.discovery.services,"
					+ " which says what to follow", serviceId);
		}
		this.instances = LiveInstances.of(view, serviceId);
		this.current = Mono.fromCallable(() -> view.catalog().available(serviceId)).flux();
	}

	@Override
	public String getServiceId() {
		return this.serviceId;
	}

	@Override
	public Flux<List<ServiceInstance>> get() {
		return this.instances;
	}

	@Override
	@SuppressWarnings("rawtypes")
	public Flux<List<ServiceInstance>> get(Request request) {
		return this.current;
	}

}
