package io.github.etcddiscovery.autoconfigure.loadbalancer;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;

import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryProperties;
import io.github.etcddiscovery.cloud.loadbalancer.BoundedWeight;
import io.github.etcddiscovery.cloud.loadbalancer.EtcdServiceInstanceListSupplier;
import io.github.etcddiscovery.cloud.loadbalancer.FallbackInstanceListSupplier;
import io.github.etcddiscovery.cloud.loadbalancer.HealthCheckedInstanceListSupplier;
import io.github.etcddiscovery.cloud.loadbalancer.HealthProbe;
import io.github.etcddiscovery.cloud.loadbalancer.MinAvailable;
import io.github.etcddiscovery.cloud.loadbalancer.OtherRegistries;
import io.github.etcddiscovery.cloud.loadbalancer.OutlierDetection;
import io.github.etcddiscovery.cloud.loadbalancer.OutlierSettings;
import io.github.etcddiscovery.cloud.loadbalancer.RequestsInFlight;
import io.github.etcddiscovery.cloud.loadbalancer.SelectingInstanceListSupplier;
import io.github.etcddiscovery.cloud.loadbalancer.SlowStart;
import io.github.etcddiscovery.cloud.loadbalancer.UntriedInstanceListSupplier;
import io.github.etcddiscovery.cloud.loadbalancer.WeightedInstanceListSupplier;
import io.github.etcddiscovery.cloud.loadbalancer.ZonesInstanceListSupplier;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.view.Catalog;
import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.TypeReference;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.loadbalancer.config.LoadBalancerZoneConfig;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplierBuilder;
import org.springframework.cloud.loadbalancer.support.LoadBalancerClientFactory;
import org.springframework.cloud.loadbalancer.support.LoadBalancerEnvironmentPropertyUtils;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.util.ClassUtils;

/**
 * Builds the supplier of a service from layers. Each layer narrows, or orders, what the
 * layer below supplies. Spring Cloud builds one configuration at a time, over the
 * discovery client and a cache. Here several are combined, over a supplier that is always
 * current.
 */
final class LoadBalancerLayers {

	private static final String SERVLET_REQUEST = "jakarta.servlet.http.HttpServletRequest";

	private final ConfigurableApplicationContext context;

	private final ClusterView<ServiceInstance> view;

	private final String serviceId;

	private final LoadBalancingSettings settings;

	private final ChoiceSettings choice;

	private final Set<String> configurations;

	/** Whether neither health checks nor selection nor a floor decide. */
	private final boolean onlyStatusCounts;

	private OutlierDetection.@Nullable Watched watched;

	private @Nullable SelectingInstanceListSupplier selecting;

	/**
	 * Reads the properties of a service.
	 * @param context the load balancer's context of the service
	 * @param view what is registered
	 */
	LoadBalancerLayers(ConfigurableApplicationContext context, ClusterView<ServiceInstance> view) {
		this.context = context;
		this.view = view;
		this.serviceId = LoadBalancerClientFactory.getName(context.getEnvironment());
		this.settings = context.getBean(LoadBalancingSettings.class);
		this.choice = this.settings.of(this.serviceId);
		this.configurations = LoadBalancerConfigurations.of(context.getEnvironment(), this.serviceId,
				this.choice.zones());
		this.onlyStatusCounts = !has(LoadBalancerConfigurations.HEALTH_CHECK) && !isSelecting()
				&& this.choice.minAvailable().equals(MinAvailable.ONE);
	}

	/**
	 * Builds the supplier. The order of the layers does not depend on the order in which
	 * the configurations are written.
	 */
	ServiceInstanceListSupplier build() {
		boolean weighted = has(LoadBalancerConfigurations.WEIGHTED);
		SlowStart slowStart = weighted ? slowStart() : null;
		EtcdServiceInstanceListSupplier.warnIfNotFollowed(this.view, this.serviceId);
		EtcdServiceInstanceListSupplier bottom = new EtcdServiceInstanceListSupplier(this.view, this.serviceId,
				OtherRegistries.find(this.serviceId, this.context, this.view), this::home);
		OutlierSettings outlier = this.choice.outlier();
		this.watched = (outlier == null) ? null : this.context.getBean(OutlierDetection.class)
			.watch(this.serviceId, outlier, bottom::available, this::isElsewhere);
		ServiceInstanceListSupplier usable = usable((slowStart != null) ? slowStart.following(bottom) : bottom);
		ServiceInstanceListSupplierBuilder layers = ServiceInstanceListSupplier.builder()
			.withBase(new FallbackInstanceListSupplier(promising(usable), this::fallback, usable,
					this.choice.minAvailable(), new ClustersOfService(), ThreadLocalRandom.current().nextLong()));
		if (!this.choice.zones().isEmpty()) {
			layers.with((used, delegate) -> zones(delegate, this.choice.zones(), this.choice.minAvailable()));
		}
		if (has(LoadBalancerConfigurations.ZONE_PREFERENCE)) {
			layers.with((used, delegate) -> zonePreference(delegate));
		}
		if (has(LoadBalancerConfigurations.API_VERSION)) {
			byApiVersion(layers);
		}
		if (has(LoadBalancerConfigurations.SUBSET)) {
			layers.withSubset();
		}
		if (has(LoadBalancerConfigurations.STICKY_SESSION)) {
			layers.withRequestBasedStickySession();
		}
		if (has(LoadBalancerConfigurations.SAME_INSTANCE)) {
			layers.withSameInstancePreference();
		}
		if (weighted) {
			layers.with((used, delegate) -> weighted(delegate, slowStart));
		}
		if (has(LoadBalancerConfigurations.LEAST_REQUESTS)) {
			layers.with((used, delegate) -> this.context.getBean(RequestsInFlight.class).leastRequests(delegate));
		}
		return layers.build(this.context);
	}

	/** Returns the instances that are used as long as nothing is wrong with them. */
	private List<ServiceInstance> home(Catalog<ServiceInstance> catalog) {
		return this.onlyStatusCounts ? catalog.available(this.serviceId)
				: ClusterView.preferred(catalog, this.serviceId);
	}

	private ServiceInstanceListSupplier fallback() {
		ServiceInstanceListSupplier usable = usable(new EtcdServiceInstanceListSupplier(this.view, this.serviceId, null,
				(catalog) -> ClusterView.fallback(catalog, this.serviceId)));
		return untried((this.watched != null) ? this.watched.fallback(usable) : usable, () -> false);
	}

	private boolean isElsewhere() {
		return this.view.hasRemotes() && !ClusterView.fallback(this.view.catalog(), this.serviceId).isEmpty();
	}

	/**
	 * Health checks come first, because they check all instances, whatever the request.
	 */
	private ServiceInstanceListSupplier usable(ServiceInstanceListSupplier instances) {
		return selecting(has(LoadBalancerConfigurations.HEALTH_CHECK) ? healthChecked(instances) : instances);
	}

	/**
	 * Leaves out the instances to which calls failed. Below sticky sessions and
	 * same-instance: their instance may be one of them.
	 */
	private ServiceInstanceListSupplier promising(ServiceInstanceListSupplier usable) {
		return untried((this.watched != null) ? this.watched.home(usable) : usable, this::isElsewhere);
	}

	private boolean has(String configuration) {
		return this.configurations.contains(configuration);
	}

	private @Nullable SlowStart slowStart() {
		Duration duration = this.context.getBean(EtcdDiscoveryProperties.class).getSlowStart();
		return duration.isZero() ? null : new SlowStart(new BoundedWeight(), duration);
	}

	private static ServiceInstanceListSupplier weighted(ServiceInstanceListSupplier delegate,
			@Nullable SlowStart slowStart) {
		return (slowStart != null) ? new WeightedInstanceListSupplier(delegate, slowStart, slowStart::isSteady)
				: new WeightedInstanceListSupplier(delegate, new BoundedWeight(), () -> true);
	}

	private ServiceInstanceListSupplier healthChecked(ServiceInstanceListSupplier delegate) {
		HealthCheckedInstanceListSupplier supplier = new HealthCheckedInstanceListSupplier(delegate,
				this.context.getBean(LoadBalancerClientFactory.class), this.context.getBean(HealthProbe.class));
		if (this.context.getParent() instanceof ConfigurableApplicationContext application) {
			application.addApplicationListener(new StopAtClose(supplier, application));
		}
		return supplier;
	}

	private ServiceInstanceListSupplier selecting(ServiceInstanceListSupplier delegate) {
		if (!isSelecting()) {
			return delegate;
		}
		SelectingInstanceListSupplier selecting = new SelectingInstanceListSupplier(delegate,
				this.settings.selector(this.serviceId), this.settings.headers(), this.choice.allWithoutMatch());
		if (this.selecting == null) {
			this.selecting = selecting;
		}
		return selecting;
	}

	private boolean isSelecting() {
		return !this.settings.selector(this.serviceId).isAll() || !this.settings.headers().isEmpty();
	}

	private ServiceInstanceListSupplier untried(ServiceInstanceListSupplier delegate, BooleanSupplier elsewhere) {
		boolean avoid = LoadBalancerEnvironmentPropertyUtils
			.trueOrMissingForClientOrDefault(this.context.getEnvironment(), "retry.avoid-previous-instance");
		return avoid ? new UntriedInstanceListSupplier(delegate, elsewhere) : delegate;
	}

	private ServiceInstanceListSupplier zones(ServiceInstanceListSupplier delegate, List<String> zones,
			MinAvailable minAvailable) {
		return new ZonesInstanceListSupplier(delegate, zones, minAvailable, this::registered,
				ThreadLocalRandom.current().nextLong());
	}

	/** In place of Spring Cloud's, which makes a new list for each request. */
	private ServiceInstanceListSupplier zonePreference(ServiceInstanceListSupplier delegate) {
		String zone = this.context.getBean(LoadBalancerZoneConfig.class).getZone();
		return (zone != null) ? zones(delegate, List.of(zone), MinAvailable.ONE) : delegate;
	}

	private List<ServiceInstance> registered(Request<?> request, List<ServiceInstance> available) {
		Catalog<ServiceInstance> home = this.view.home().catalog();
		// Another registry, and a fallback, count with their available instances only.
		List<ServiceInstance> all = home.contains(this.serviceId) ? home.all(this.serviceId) : available;
		return (this.selecting != null) ? this.selecting.registered(request, available, all) : all;
	}

	/**
	 * The version is read from a request of the stack that the application is made of.
	 */
	private static void byApiVersion(ServiceInstanceListSupplierBuilder layers) {
		if (ClassUtils.isPresent(SERVLET_REQUEST, ServiceInstance.class.getClassLoader())) {
			layers.withBlockingApiVersioning();
		}
		else {
			layers.withReactiveApiVersioning();
		}
	}

	/**
	 * What the view knows of the service.
	 */
	private final class ClustersOfService implements FallbackInstanceListSupplier.Clusters {

		@Override
		public boolean areSeveral() {
			return LoadBalancerLayers.this.view.hasRemotes();
		}

		@Override
		public boolean areAllUsable() {
			OutlierDetection.Watched watched = LoadBalancerLayers.this.watched;
			return LoadBalancerLayers.this.onlyStatusCounts && (watched == null || watched.noneEjected());
		}

		@Override
		public int registeredAtHome() {
			return LoadBalancerLayers.this.view.home().catalog().all(LoadBalancerLayers.this.serviceId).size();
		}

		@Override
		public int upAtHome() {
			return ClusterView.preferred(LoadBalancerLayers.this.view.catalog(), LoadBalancerLayers.this.serviceId)
				.size();
		}

		@Override
		public Duration failBackAfter() {
			return LoadBalancerLayers.this.view.failBackAfter(LoadBalancerLayers.this.serviceId);
		}

	}

	/**
	 * The load balancer's contexts are closed late, when HTTP clients are gone already or
	 * wait for calls to cease.
	 *
	 * @param supplier checks until then
	 * @param application closes
	 */
	private record StopAtClose(HealthCheckedInstanceListSupplier supplier,
			ConfigurableApplicationContext application) implements ApplicationListener<ContextClosedEvent> {

		@Override
		public void onApplicationEvent(ContextClosedEvent event) {
			if (event.getApplicationContext() == this.application) {
				this.supplier.stop();
			}
		}

	}

	/**
	 * Lets a native image look for the type by its name.
	 */
	static final class Hints implements RuntimeHintsRegistrar {

		@Override
		public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
			hints.reflection().registerType(TypeReference.of(SERVLET_REQUEST));
		}

	}

}
