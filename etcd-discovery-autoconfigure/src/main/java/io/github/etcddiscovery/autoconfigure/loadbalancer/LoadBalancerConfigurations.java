package io.github.etcddiscovery.autoconfigure.loadbalancer;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryProperties;
import io.github.etcddiscovery.cloud.loadbalancer.BoundedWeight;
import io.github.etcddiscovery.cloud.loadbalancer.HealthCheckedInstanceListSupplier;
import io.github.etcddiscovery.cloud.loadbalancer.HealthProbe;
import io.github.etcddiscovery.cloud.loadbalancer.SlowStart;
import io.github.etcddiscovery.cloud.loadbalancer.UntriedInstanceListSupplier;
import io.github.etcddiscovery.cloud.loadbalancer.WeightedInstanceListSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.TypeReference;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplierBuilder;
import org.springframework.cloud.loadbalancer.support.LoadBalancerClientFactory;
import org.springframework.cloud.loadbalancer.support.LoadBalancerEnvironmentPropertyUtils;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.core.env.Environment;
import org.springframework.util.ClassUtils;

/**
 * What {@code spring.cloud.loadbalancer.configurations} may say, or
 * {@code spring.cloud.loadbalancer.clients.<service>.configurations} for one service, put
 * on top of a supplier that is always current. Spring Cloud builds the same over the
 * discovery client and a cache.
 */
final class LoadBalancerConfigurations {

	private static final String SERVLET_REQUEST = "jakarta.servlet.http.HttpServletRequest";

	private static final Logger logger = LoggerFactory.getLogger(LoadBalancerConfigurations.class);

	private static final String PROPERTY = "configurations";

	private static final String DEFAULT = "default";

	private static final Map<String, Configuration> KNOWN = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
	static {
		KNOWN.put(DEFAULT, on((builder) -> builder));
		KNOWN.put("zone-preference", on(ServiceInstanceListSupplierBuilder::withZonePreference));
		KNOWN.put("health-check", on((builder) -> builder.with(LoadBalancerConfigurations::healthChecked)));
		KNOWN.put("request-based-sticky-session",
				on(ServiceInstanceListSupplierBuilder::withRequestBasedStickySession));
		KNOWN.put("same-instance-preference", on(ServiceInstanceListSupplierBuilder::withSameInstancePreference));
		KNOWN.put("weighted", LoadBalancerConfigurations::weighted);
		KNOWN.put("subset", on(ServiceInstanceListSupplierBuilder::withSubset));
		KNOWN.put("api-version", on(LoadBalancerConfigurations::byApiVersion));
	}

	private LoadBalancerConfigurations() {
	}

	/**
	 * Puts the configuration that is wanted for a service on top of a supplier.
	 * @param base supplies the instances
	 * @param context the load balancer's context of the service
	 * @return the supplier for the load balancer
	 */
	static ServiceInstanceListSupplier apply(ServiceInstanceListSupplier base, ConfigurableApplicationContext context) {
		Environment environment = context.getEnvironment();
		String everywhere = "spring.cloud.loadbalancer." + PROPERTY;
		String here = "spring.cloud.loadbalancer.clients." + base.getServiceId() + "." + PROPERTY;
		String property = environment.containsProperty(here) ? here : everywhere;
		String wanted = environment.getProperty(property, DEFAULT);
		Configuration configuration = KNOWN.get(wanted);
		if (configuration == null) {
			logger.warn("{} is '{}', which is not known here: {} is balanced by default. Expected one of {}", property,
					wanted, base.getServiceId(), KNOWN.keySet());
			return untried(base, context).build(context);
		}
		return configuration.apply(base, context).build(context);
	}

	/** Puts something on top of instances that have not been tried for a request. */
	private static Configuration on(UnaryOperator<ServiceInstanceListSupplierBuilder> configuration) {
		return (base, context) -> configuration.apply(untried(base, context));
	}

	/** At the bottom, so that nothing above holds on to an instance that has failed. */
	private static ServiceInstanceListSupplierBuilder untried(ServiceInstanceListSupplier base,
			ConfigurableApplicationContext context) {
		return ServiceInstanceListSupplier.builder().withBase(withoutTried(base, context));
	}

	private static ServiceInstanceListSupplier withoutTried(ServiceInstanceListSupplier supplier,
			ConfigurableApplicationContext context) {
		boolean avoid = LoadBalancerEnvironmentPropertyUtils.trueOrMissingForClientOrDefault(context.getEnvironment(),
				"retry.avoid-previous-instance");
		return avoid ? new UntriedInstanceListSupplier(supplier) : supplier;
	}

	private static ServiceInstanceListSupplierBuilder weighted(ServiceInstanceListSupplier base,
			ConfigurableApplicationContext context) {
		Duration slowStart = context.getBean(EtcdDiscoveryProperties.class).getSlowStart();
		if (slowStart.isZero()) {
			return untried(base, context)
				.with((used, delegate) -> new WeightedInstanceListSupplier(delegate, new BoundedWeight(), () -> true));
		}
		SlowStart weights = new SlowStart(new BoundedWeight(), slowStart);
		return untried(weights.following(base), context)
			.with((used, delegate) -> new WeightedInstanceListSupplier(delegate, weights, weights::isSteady));
	}

	private static ServiceInstanceListSupplier healthChecked(ConfigurableApplicationContext context,
			ServiceInstanceListSupplier delegate) {
		HealthCheckedInstanceListSupplier supplier = new HealthCheckedInstanceListSupplier(delegate,
				context.getBean(LoadBalancerClientFactory.class), context.getBean(HealthProbe.class));
		if (context.getParent() instanceof ConfigurableApplicationContext application) {
			application.addApplicationListener(new StopAtClose(supplier, application));
		}
		// It checks all, whatever the request, so that what is below does not count.
		return withoutTried(supplier, context);
	}

	/**
	 * The version is read from a request of the stack that the application is made of.
	 */
	private static ServiceInstanceListSupplierBuilder byApiVersion(ServiceInstanceListSupplierBuilder builder) {
		boolean servlet = ClassUtils.isPresent(SERVLET_REQUEST, ServiceInstance.class.getClassLoader());
		return servlet ? builder.withBlockingApiVersioning() : builder.withReactiveApiVersioning();
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
	 * Puts a configuration on top of the instances that there are.
	 */
	@FunctionalInterface
	private interface Configuration {

		ServiceInstanceListSupplierBuilder apply(ServiceInstanceListSupplier base,
				ConfigurableApplicationContext context);

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
