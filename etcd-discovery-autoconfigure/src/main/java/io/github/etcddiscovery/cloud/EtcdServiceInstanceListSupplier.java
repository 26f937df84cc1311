package io.github.etcddiscovery.cloud;

import java.util.List;

import io.github.etcddiscovery.view.ServiceView;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;

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

	private final String serviceId;

	private final Flux<List<ServiceInstance>> instances;

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
	}

	@Override
	public String getServiceId() {
		return this.serviceId;
	}

	@Override
	public Flux<List<ServiceInstance>> get() {
		return this.instances;
	}

}
