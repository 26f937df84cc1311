package io.github.etcddiscovery.autoconfigure;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

import io.github.etcddiscovery.cloud.BoundedWeight;
import io.github.etcddiscovery.cloud.HealthCheckedInstanceListSupplier;
import io.github.etcddiscovery.cloud.HealthProbe;
import io.github.etcddiscovery.cloud.UntriedInstanceListSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplierBuilder;
import org.springframework.cloud.loadbalancer.support.LoadBalancerClientFactory;
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

	private static final Logger logger = LoggerFactory.getLogger(LoadBalancerConfigurations.class);

	private static final String PROPERTY = "configurations";

	private static final String DEFAULT = "default";

	private static final Map<String, UnaryOperator<ServiceInstanceListSupplierBuilder>> KNOWN = new TreeMap<>(
			String.CASE_INSENSITIVE_ORDER);
	static {
		KNOWN.put(DEFAULT, UnaryOperator.identity());
		KNOWN.put("zone-preference", ServiceInstanceListSupplierBuilder::withZonePreference);
		KNOWN.put("health-check", (builder) -> builder.with(LoadBalancerConfigurations::healthChecked));
		KNOWN.put("request-based-sticky-session", ServiceInstanceListSupplierBuilder::withRequestBasedStickySession);
		KNOWN.put("same-instance-preference", ServiceInstanceListSupplierBuilder::withSameInstancePreference);
		KNOWN.put("weighted", (builder) -> builder.withWeighted(new BoundedWeight()));
		KNOWN.put("subset", ServiceInstanceListSupplierBuilder::withSubset);
		KNOWN.put("api-version", LoadBalancerConfigurations::byApiVersion);
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
		// Below the rest, so that none of them holds on to an instance that has failed.
		ServiceInstanceListSupplier untried = new UntriedInstanceListSupplier(base);
		UnaryOperator<ServiceInstanceListSupplierBuilder> configuration = KNOWN.get(wanted);
		if (configuration == null) {
			logger.warn("{} is '{}', which is not known here: {} is balanced by default. Expected one of {}", property,
					wanted, base.getServiceId(), KNOWN.keySet());
			return untried;
		}
		return configuration.apply(ServiceInstanceListSupplier.builder().withBase(untried)).build(context);
	}

	private static ServiceInstanceListSupplier healthChecked(ConfigurableApplicationContext context,
			ServiceInstanceListSupplier delegate) {
		HealthCheckedInstanceListSupplier supplier = new HealthCheckedInstanceListSupplier(delegate,
				context.getBean(LoadBalancerClientFactory.class), context.getBean(HealthProbe.class));
		if (context.getParent() instanceof ConfigurableApplicationContext application) {
			application.addApplicationListener(new StopAtClose(supplier, application));
		}
		// It checks all, whatever the request, so that what is below does not count.
		return new UntriedInstanceListSupplier(supplier);
	}

	/**
	 * The version is read from a request of the stack that the application is made of.
	 */
	private static ServiceInstanceListSupplierBuilder byApiVersion(ServiceInstanceListSupplierBuilder builder) {
		boolean servlet = ClassUtils.isPresent("jakarta.servlet.http.HttpServletRequest",
				ServiceInstance.class.getClassLoader());
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

}
