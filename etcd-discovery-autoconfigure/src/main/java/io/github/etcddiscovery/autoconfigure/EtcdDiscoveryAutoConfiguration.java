package io.github.etcddiscovery.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.cloud.AwaitedInstances;
import io.github.etcddiscovery.cloud.CatalogEventPublisher;
import io.github.etcddiscovery.cloud.CertificateExpiry;
import io.github.etcddiscovery.cloud.EtcdDiscoveryClient;
import io.github.etcddiscovery.cloud.EtcdReactiveDiscoveryClient;
import io.github.etcddiscovery.cloud.EtcdServiceInstance;
import io.github.etcddiscovery.cloud.ViewLifecycle;
import io.github.etcddiscovery.instance.AllowedNetworks;
import io.github.etcddiscovery.instance.GuardedFormats;
import io.github.etcddiscovery.instance.InstanceFormat;
import io.github.etcddiscovery.instance.InstanceFormats;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.instance.KeyRange;
import io.github.etcddiscovery.support.Telemetry;
import io.github.etcddiscovery.view.InstanceLimits;
import io.github.etcddiscovery.view.ServiceView;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.cloud.client.CommonsClientAutoConfiguration;
import org.springframework.cloud.client.ConditionalOnBlockingDiscoveryEnabled;
import org.springframework.cloud.client.ConditionalOnReactiveDiscoveryEnabled;
import org.springframework.cloud.client.ReactiveCommonsClientAutoConfiguration;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.composite.reactive.ReactiveCompositeDiscoveryClientAutoConfiguration;
import org.springframework.cloud.client.discovery.simple.SimpleDiscoveryClientAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.event.ApplicationEventMulticaster;
import org.springframework.context.support.AbstractApplicationContext;

/**
 * Auto-configuration for finding services in etcd.
 */
@AutoConfiguration(
		after = { EtcdClientAutoConfiguration.class, ReactiveCompositeDiscoveryClientAutoConfiguration.class },
		before = { SimpleDiscoveryClientAutoConfiguration.class, CommonsClientAutoConfiguration.class,
				ReactiveCommonsClientAutoConfiguration.class })
@ConditionalOnEtcdDiscoveryEnabled
@ConditionalOnBean(EtcdClient.class)
@EnableConfigurationProperties(EtcdDiscoveryProperties.class)
public final class EtcdDiscoveryAutoConfiguration {

	private static final Logger logger = LoggerFactory.getLogger(EtcdDiscoveryAutoConfiguration.class);

	@Bean
	@ConditionalOnMissingBean
	KeyLayout etcdStarterKeyLayout(EtcdDiscoveryProperties properties) {
		return layout(properties);
	}

	@Bean
	@ConditionalOnMissingBean
	GuardedFormats etcdStarterInstanceFormats(ObjectProvider<InstanceFormat> formats,
			EtcdDiscoveryProperties properties) {
		return formats(formats.orderedStream(), properties);
	}

	@Bean(initMethod = "start")
	@Lazy(false)
	@ConditionalOnMissingBean
	ServiceView<ServiceInstance> etcdStarterServiceView(EtcdClient client, KeyLayout layout, GuardedFormats formats,
			EtcdDiscoveryProperties properties, ObjectProvider<Telemetry> telemetries) {
		List<String> services = properties.getServices();
		List<KeyRange> ranges = services.isEmpty() ? layout.ranges()
				: PropertyRules.check("services", () -> layout.ranges(services));
		return view(client, ranges, formats, properties, telemetries.getIfAvailable(() -> Telemetry.NONE));
	}

	static KeyLayout layout(EtcdDiscoveryProperties properties) {
		String prefix = properties.getPrefix();
		PropertyRules.check(() -> new KeyLayout(prefix));
		if (!prefix.startsWith("/")) {
			logger.warn("spring.cloud.etcd.discovery.prefix is '{}', which is another one than '/{}': without a slash"
					+ " at its beginning it finds only those who leave it out too", prefix, prefix);
		}
		properties.getServicePrefixes()
			.forEach((service, own) -> PropertyRules.check("service-prefixes." + service,
					() -> new KeyLayout(prefix, Map.of(service, own))));
		return PropertyRules.check("service-prefixes", () -> new KeyLayout(prefix, properties.getServicePrefixes()));
	}

	static GuardedFormats formats(Stream<InstanceFormat> further, EtcdDiscoveryProperties properties) {
		AllowedNetworks networks = PropertyRules.check("allowed-networks",
				() -> AllowedNetworks.of(properties.getAllowedNetworks()));
		return new GuardedFormats(InstanceFormats.with(further.toList()), networks, properties.isAllowSecretMetadata());
	}

	static ServiceView<ServiceInstance> view(EtcdClient client, List<KeyRange> ranges, GuardedFormats formats,
			EtcdDiscoveryProperties properties, Telemetry telemetry) {
		InstanceLimits limits = PropertyRules
			.check(() -> new InstanceLimits(properties.getMaxInstances(), properties.getMaxInstancesPerService()));
		return new ServiceView<>(client, ranges,
				(key, keyValue) -> new EtcdServiceInstance(formats.decode(key, keyValue.value()), keyValue.leaseId()),
				(instance) -> ((EtcdServiceInstance) instance).isUp(),
				properties.isRetainVanished() ? properties.getTtl() : Duration.ZERO, limits, telemetry);
	}

	@Bean
	@Lazy(false)
	ViewLifecycle etcdStarterViewLifecycle(ServiceView<ServiceInstance> view, EtcdClient client, KeyLayout layout,
			EtcdProperties properties, EtcdDiscoveryProperties discovery,
			ObjectProvider<CertificateExpiry> certificates) {
		discovery.getWaitFor().forEach((service, instances) -> {
			String property = "wait-for[" + service + "]";
			PropertyRules.check(property, () -> layout.ranges(List.of(service)));
			if (instances < 1 || !view.follows(service)) {
				throw PropertyRules.invalid("discovery." + property, instances,
						(instances < 1) ? "Expected 1 instance or more."
								: "Expected a service among spring.cloud.etcd.discovery.services.");
			}
		});
		if (discovery.getWaitTimeout().compareTo(Duration.ZERO) <= 0) {
			throw PropertyRules.invalid("discovery.wait-timeout", discovery.getWaitTimeout(), "Expected more than 0.");
		}
		return new ViewLifecycle(view, client, properties.isFailFast(),
				properties.getDialTimeout().plus(properties.getRequestTimeout()),
				new AwaitedInstances(discovery.getWaitFor(), discovery.getWaitTimeout()),
				certificates.getIfAvailable());
	}

	@Bean
	@Lazy(false)
	CatalogEventPublisher etcdStarterCatalogEventPublisher(ServiceView<ServiceInstance> view,
			ApplicationContext context) {
		return new CatalogEventPublisher(view, context.getBean(
				AbstractApplicationContext.APPLICATION_EVENT_MULTICASTER_BEAN_NAME, ApplicationEventMulticaster.class));
	}

	/**
	 * For blocking callers.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBlockingDiscoveryEnabled
	static class BlockingConfiguration {

		@Bean
		@ConditionalOnMissingBean
		EtcdDiscoveryClient etcdStarterDiscoveryClient(ServiceView<ServiceInstance> view,
				EtcdDiscoveryProperties properties) {
			return new EtcdDiscoveryClient(view, properties.getOrder());
		}

	}

	/**
	 * For reactive callers.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnReactiveDiscoveryEnabled
	static class ReactiveConfiguration {

		@Bean
		@ConditionalOnMissingBean
		EtcdReactiveDiscoveryClient etcdStarterReactiveDiscoveryClient(ServiceView<ServiceInstance> view,
				EtcdDiscoveryProperties properties) {
			return new EtcdReactiveDiscoveryClient(view, properties.getOrder());
		}

	}

}
