package io.github.etcddiscovery.autoconfigure;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.cloud.CertificateExpiry;
import io.github.etcddiscovery.cloud.discovery.AwaitedInstances;
import io.github.etcddiscovery.cloud.discovery.CatalogEventPublisher;
import io.github.etcddiscovery.cloud.discovery.EtcdDiscoveryClient;
import io.github.etcddiscovery.cloud.discovery.EtcdReactiveDiscoveryClient;
import io.github.etcddiscovery.cloud.discovery.ViewLifecycle;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.instance.InstanceFormat;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.instance.KeyRange;
import io.github.etcddiscovery.instance.format.CheckedFormats;
import io.github.etcddiscovery.snapshot.ViewSnapshot;
import io.github.etcddiscovery.support.Telemetry;
import io.github.etcddiscovery.view.ServiceView;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.cloud.client.CommonsClientAutoConfiguration;
import org.springframework.cloud.client.ConditionalOnBlockingDiscoveryEnabled;
import org.springframework.cloud.client.ConditionalOnDiscoveryHealthIndicatorEnabled;
import org.springframework.cloud.client.ConditionalOnReactiveDiscoveryEnabled;
import org.springframework.cloud.client.ReactiveCommonsClientAutoConfiguration;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.composite.reactive.ReactiveCompositeDiscoveryClientAutoConfiguration;
import org.springframework.cloud.client.discovery.health.DiscoveryClientHealthIndicatorProperties;
import org.springframework.cloud.client.discovery.health.reactive.ReactiveDiscoveryClientHealthIndicator;
import org.springframework.cloud.client.discovery.simple.SimpleDiscoveryClientAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Primary;
import org.springframework.context.event.ApplicationEventMulticaster;
import org.springframework.context.support.AbstractApplicationContext;
import org.springframework.core.env.Environment;

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

	/**
	 * Only a bean of this name replaces ours: an application may have further clients.
	 */
	private static final String BLOCKING_CLIENT = "etcdStarterDiscoveryClient";

	private static final String REACTIVE_CLIENT = "etcdStarterReactiveDiscoveryClient";

	@Bean
	@ConditionalOnMissingBean
	KeyLayout etcdStarterKeyLayout(EtcdDiscoveryProperties properties) {
		return Views.layout(properties);
	}

	@Bean
	@ConditionalOnMissingBean
	CheckedFormats etcdStarterInstanceFormats(ObjectProvider<InstanceFormat> formats,
			EtcdDiscoveryProperties properties) {
		return Views.formats(formats.orderedStream(), properties);
	}

	@Bean(initMethod = "start")
	@Lazy(false)
	@ConditionalOnMissingBean
	ServiceView<ServiceInstance> etcdStarterServiceView(EtcdClient client, KeyLayout layout, CheckedFormats formats,
			EtcdDiscoveryProperties properties, ObjectProvider<Telemetry> telemetries) {
		List<String> services = properties.getServices();
		List<KeyRange> ranges = services.isEmpty() ? layout.ranges()
				: InvalidProperties.check("services", () -> layout.ranges(services));
		return Views.home(client, ranges, formats, properties, telemetries.getIfAvailable(() -> Telemetry.NONE));
	}

	@Bean
	@Lazy(false)
	@ConditionalOnMissingBean
	ViewSnapshot<ServiceInstance> etcdStarterViewSnapshot(ServiceView<ServiceInstance> view, CheckedFormats formats,
			EtcdDiscoveryProperties properties) {
		ViewSnapshot<ServiceInstance> snapshot = Views.snapshot(view, formats, properties);
		// Besides the instances, a view may retain as many that have vanished.
		snapshot.start((int) Math.min(Integer.MAX_VALUE, 2L * properties.getMaxInstances()));
		return snapshot;
	}

	/** The view of home is another {@code CatalogSource}. */
	@Bean
	@Primary
	@ConditionalOnMissingBean
	ClusterView<ServiceInstance> etcdStarterClusterView(ServiceView<ServiceInstance> view) {
		return new ClusterView<>(view, Comparator.comparing(ServiceInstance::getInstanceId));
	}

	@Bean(initMethod = "start")
	@Lazy(false)
	@ConditionalOnMissingBean
	RemoteClusters etcdStarterRemoteClusters(Environment environment, EtcdDiscoveryProperties properties,
			ClusterView<ServiceInstance> clusters, CheckedFormats formats, ObjectProvider<Telemetry> telemetries,
			ObjectProvider<SslBundles> sslBundles, BeanFactory beans, ObjectProvider<EtcdConnectionDetails> details) {
		return new RemoteClusters(environment, properties, clusters, formats,
				telemetries.getIfAvailable(() -> Telemetry.NONE), sslBundles.getIfAvailable(), beans,
				details.getIfUnique());
	}

	@Bean
	@Lazy(false)
	ViewLifecycle etcdStarterViewLifecycle(ServiceView<ServiceInstance> view, ClusterView<ServiceInstance> clusters,
			RemoteClusters remotes, EtcdClient client, KeyLayout layout, EtcdProperties properties,
			EtcdDiscoveryProperties discovery, ObjectProvider<CertificateExpiry> certificates) {
		discovery.getWaitFor().forEach((service, instances) -> {
			String property = "wait-for[" + service + "]";
			InvalidProperties.check(property, () -> layout.ranges(List.of(service)));
			if (instances < 1 || !clusters.follows(service)) {
				throw InvalidProperties.invalid("discovery." + property, instances,
						(instances < 1) ? "Expected 1 instance or more."
								: "Expected a service among spring.cloud.etcd.discovery.services.");
			}
		});
		Duration waitTimeout = InvalidProperties.requirePositive("discovery.wait-timeout", discovery.getWaitTimeout());
		return new ViewLifecycle(view, client, properties.isFailFast(),
				properties.getDialTimeout().plus(properties.getRequestTimeout()), remotes::awaitSync, clusters,
				new AwaitedInstances(discovery.getWaitFor(), waitTimeout), certificates.getIfAvailable());
	}

	@Bean
	@Lazy(false)
	CatalogEventPublisher etcdStarterCatalogEventPublisher(ClusterView<ServiceInstance> view,
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
		@ConditionalOnMissingBean(name = BLOCKING_CLIENT)
		EtcdDiscoveryClient etcdStarterDiscoveryClient(ClusterView<ServiceInstance> view,
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
		@ConditionalOnMissingBean(name = REACTIVE_CLIENT)
		EtcdReactiveDiscoveryClient etcdStarterReactiveDiscoveryClient(ClusterView<ServiceInstance> view,
				EtcdDiscoveryProperties properties) {
			return new EtcdReactiveDiscoveryClient(view, properties.getOrder());
		}

	}

	/**
	 * Adds the reactive client to the health component {@code reactiveDiscoveryClients},
	 * as {@code discoveryComposite} has the blocking one.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(ReactiveHealthIndicator.class)
	@ConditionalOnReactiveDiscoveryEnabled
	@ConditionalOnDiscoveryHealthIndicatorEnabled
	@EnableConfigurationProperties(DiscoveryClientHealthIndicatorProperties.class)
	static class ReactiveHealthConfiguration {

		@Bean
		@ConditionalOnMissingBean(name = "etcdStarterReactiveDiscoveryClientHealthIndicator")
		ReactiveDiscoveryClientHealthIndicator etcdStarterReactiveDiscoveryClientHealthIndicator(
				@Qualifier(REACTIVE_CLIENT) EtcdReactiveDiscoveryClient client,
				DiscoveryClientHealthIndicatorProperties properties) {
			return new ReactiveDiscoveryClientHealthIndicator(client, properties);
		}

	}

}
