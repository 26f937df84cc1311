package io.github.etcddiscovery.cloud.loadbalancer;

import java.util.List;
import java.util.function.Function;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cloud.discovery.LiveInstances;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.CatalogSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;

/**
 * Feeds Spring Cloud LoadBalancer straight from the view, with no cache in between.
 * {@link #get(Request)} emits the current list at subscription, and completes.
 * {@link #get()} emits the current list at subscription, and another list at every change
 * of the service's instances, on the notification thread of the view; a slow subscriber
 * gets only the newest. Lists are never {@code null}, sorted by instance id, and not
 * modifiable. Neither fails: without instances they emit an empty list.
 * <p>
 * Other registries may know a service that the view does not contain. Their instances are
 * supplied until its first key arrives. The first request then waits for the answer of
 * the other registry.
 */
public final class EtcdServiceInstanceListSupplier implements ServiceInstanceListSupplier {

	private static final Logger logger = LoggerFactory.getLogger(EtcdServiceInstanceListSupplier.class);

	private final CatalogSource<ServiceInstance> view;

	private final String serviceId;

	private final @Nullable OtherRegistries others;

	private final Function<Catalog<ServiceInstance>, List<ServiceInstance>> instances;

	private final Flux<List<ServiceInstance>> current;

	/**
	 * Creates a supplier that reads only the view.
	 * @param view what is registered
	 * @param serviceId the service whose instances are supplied
	 */
	public EtcdServiceInstanceListSupplier(CatalogSource<ServiceInstance> view, String serviceId) {
		this(view, serviceId, null, (catalog) -> catalog.available(serviceId));
		warnIfNotFollowed(view, serviceId);
	}

	/**
	 * Creates a supplier.
	 * @param view what is registered
	 * @param serviceId the service whose instances are supplied
	 * @param others what other registries know of a service that the view does not
	 * contain
	 * @param instances returns the instances of the service in a catalog
	 */
	@Internal
	public EtcdServiceInstanceListSupplier(CatalogSource<ServiceInstance> view, String serviceId,
			@Nullable OtherRegistries others, Function<Catalog<ServiceInstance>, List<ServiceInstance>> instances) {
		this.view = view;
		this.serviceId = serviceId;
		this.others = others;
		this.instances = instances;
		this.current = Mono.fromCallable(() -> instances.apply(view.catalog())).flux();
	}

	/**
	 * Warns of a service that will have no instances.
	 * @param view what is registered
	 * @param serviceId the service
	 */
	@Internal
	public static void warnIfNotFollowed(CatalogSource<ServiceInstance> view, String serviceId) {
		if (!view.follows(serviceId)) {
			logger.warn("There will be no instances of {} from etcd: add it to spring.cloud.etcd.discovery.services,"
					+ " or clear that property to follow all services", serviceId);
		}
	}

	@Override
	public String getServiceId() {
		return this.serviceId;
	}

	@Override
	public Flux<List<ServiceInstance>> get() {
		OtherRegistries others = this.others;
		if (others == null) {
			return LiveInstances.of(this.view, this.instances);
		}
		return LiveInstances.known(this.view, this.serviceId)
			.distinctUntilChanged()
			.switchMap((known) -> known ? LiveInstances.of(this.view, this.instances) : others.polled());
	}

	@Override
	@SuppressWarnings("rawtypes")
	public Flux<List<ServiceInstance>> get(Request request) {
		OtherRegistries others = this.others;
		return (others != null && !this.view.catalog().contains(this.serviceId)) ? others.get() : this.current;
	}

	/**
	 * Returns how many instances are available, without asking another registry.
	 * @return the number now, or of the last answer of another registry
	 */
	@Internal
	public int available() {
		OtherRegistries others = this.others;
		Catalog<ServiceInstance> catalog = this.view.catalog();
		return (others != null && !catalog.contains(this.serviceId)) ? others.size()
				: this.instances.apply(catalog).size();
	}

}
