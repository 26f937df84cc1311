package io.github.etcddiscovery.autoconfigure.registration;

import io.github.etcddiscovery.autoconfigure.ConditionalOnEtcdDiscoveryEnabled;
import io.github.etcddiscovery.autoconfigure.EtcdClientAutoConfiguration;
import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryAutoConfiguration;
import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryProperties;
import io.github.etcddiscovery.autoconfigure.EtcdProperties;
import io.github.etcddiscovery.autoconfigure.InvalidProperties;
import io.github.etcddiscovery.autoconfigure.RemoteClusters;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.cloud.registration.BoundPorts;
import io.github.etcddiscovery.cloud.registration.EtcdAutoServiceRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdRegistrationCustomizer;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.cloud.registration.FollowedHealth;
import io.github.etcddiscovery.cloud.registration.GracefulDeregistration;
import io.github.etcddiscovery.cloud.registration.RecordEncoder;
import io.github.etcddiscovery.cloud.registration.RegistrationLifecycles;
import io.github.etcddiscovery.cloud.registration.RegistrationSource;
import io.github.etcddiscovery.cloud.registration.WebServerPorts;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.grpc.GrpcServerPorts;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.instance.format.CheckedFormats;
import io.github.etcddiscovery.registry.Registrar;
import io.github.etcddiscovery.registry.TtlOption;
import io.github.etcddiscovery.support.Telemetry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.SearchStrategy;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.serviceregistry.AutoServiceRegistrationAutoConfiguration;
import org.springframework.cloud.client.serviceregistry.RegistrationLifecycle;
import org.springframework.cloud.client.serviceregistry.RegistrationManagementLifecycle;
import org.springframework.cloud.client.serviceregistry.ServiceRegistryAutoConfiguration;
import org.springframework.cloud.commons.util.InetUtils;
import org.springframework.cloud.commons.util.UtilAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Fallback;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.Environment;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;
import org.springframework.util.StringUtils;

/**
 * Auto-configuration for registering in etcd. Its beans give way where another registry's
 * are asked for by type, so that both can live.
 */
@AutoConfiguration(
		after = { EtcdClientAutoConfiguration.class, EtcdDiscoveryAutoConfiguration.class,
				UtilAutoConfiguration.class },
		before = { ServiceRegistryAutoConfiguration.class, AutoServiceRegistrationAutoConfiguration.class })
@ConditionalOnEtcdDiscoveryEnabled
@ConditionalOnBean(EtcdClient.class)
public final class EtcdServiceRegistryAutoConfiguration {

	static final String REGISTRATION_BEAN = "etcdStarterRegistration";

	private static final Logger logger = LoggerFactory.getLogger(EtcdServiceRegistryAutoConfiguration.class);

	@Bean
	@ConditionalOnMissingBean
	RecordEncoder etcdStarterRecordEncoder(KeyLayout layout, CheckedFormats formats) {
		return new RecordEncoder(layout, formats);
	}

	@Bean
	@Fallback
	@ConditionalOnMissingBean
	EtcdServiceRegistry etcdStarterServiceRegistry(EtcdClient client, RecordEncoder encoder, EtcdProperties properties,
			EtcdDiscoveryProperties discovery, ObjectProvider<Telemetry> telemetries) {
		TtlOption ttl = ttl(discovery);
		if (ttl.heartbeat().multipliedBy(3).compareTo(ttl.ttl()) > 0) {
			logger.warn(
					"spring.cloud.etcd.discovery.heartbeat ({}) is more than a third of spring.cloud.etcd.discovery.ttl"
							+ " ({}): one or two renewals that fail are enough to lose the registration",
					ttl.heartbeat(), ttl.ttl());
		}
		Telemetry telemetry = telemetries.getIfAvailable(() -> Telemetry.NONE);
		return new EtcdServiceRegistry(() -> new Registrar(client, ttl, Registrar.Listener.NONE, telemetry), encoder,
				discovery.isDeregister(), properties.getRequestTimeout());
	}

	private static TtlOption ttl(EtcdDiscoveryProperties properties) {
		return InvalidProperties.check(() -> new TtlOption(properties.getHeartbeat(), properties.getTtl()));
	}

	@Bean
	@Lazy(false)
	@ConditionalOnMissingBean
	@ConditionalOnBean(RemoteClusters.class)
	RemoteRegistrations etcdStarterRemoteRegistrations(EtcdServiceRegistry registry, RemoteClusters clusters,
			ClusterView<ServiceInstance> view, RecordEncoder encoder, EtcdProperties properties,
			EtcdDiscoveryProperties discovery, ObjectProvider<Telemetry> telemetries) {
		Telemetry telemetry = telemetries.getIfAvailable(() -> Telemetry.NONE);
		RemoteRegistrations registrations = new RemoteRegistrations(registry, clusters,
				(name, target) -> new EtcdServiceRegistry(
						() -> new Registrar(target.client(), ttl(discovery), Registrar.Listener.NONE,
								telemetry.ofCluster(name), name),
						new RecordEncoder(target.layout(), encoder.formats()), discovery.isDeregister(),
						properties.getRequestTimeout()));
		view.onRemotesChange(registrations::update);
		registrations.update();
		return registrations;
	}

	@Bean
	@Lazy(false)
	@ConditionalOnMissingBean
	GracefulDeregistration etcdStarterGracefulDeregistration(ApplicationContext context, EtcdServiceRegistry registry,
			ObjectProvider<BoundPorts> ports, EtcdDiscoveryProperties properties) {
		if (properties.getDrain().isNegative()) {
			throw InvalidProperties.invalid("discovery.drain", properties.getDrain(), "Expected 0 or more.");
		}
		return new GracefulDeregistration(context, registry, BoundPorts.of(ports.stream().toList()),
				properties.isDeregister(), properties.getDrain());
	}

	/**
	 * Knows the ports of this context, whatever others in the hierarchy have.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(WebServerInitializedEvent.class)
	static class WebServerConfiguration {

		@Bean
		@Lazy(false)
		WebServerPorts etcdStarterWebServerPorts(ApplicationContext context) {
			return new WebServerPorts(context);
		}

	}

	/**
	 * Knows the port of this context's gRPC server.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(GrpcServerLifecycle.class)
	static class GrpcServerConfiguration {

		@Bean
		GrpcServerPorts etcdStarterGrpcServerPorts(ConfigurableListableBeanFactory beanFactory,
				EtcdDiscoveryProperties properties) {
			return new GrpcServerPorts(beanFactory, properties.getGrpcServer(),
					(port) -> () -> InvalidProperties.check("grpc-server", port::getAsInt));
		}

	}

	/**
	 * Registers the application itself, in each context of a hierarchy its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = { "spring.cloud.service-registry.auto-registration.enabled",
			"spring.cloud.etcd.discovery.register" }, matchIfMissing = true)
	static class AutoRegistrationConfiguration {

		private static final String FOLLOW_HEALTH = "discovery.follow-health";

		@Bean
		@ConditionalOnMissingBean(search = SearchStrategy.CURRENT)
		EtcdRegistrationFactory etcdStarterRegistrationFactory(Environment environment, InetUtils inetUtils,
				ObjectProvider<EtcdRegistrationCustomizer> customizers, RecordEncoder encoder) {
			return new EtcdRegistrationFactory(environment, inetUtils, customizers.orderedStream().toList(), encoder);
		}

		/** Declared before the registration bean, since it has the same condition. */
		@Bean
		@ConditionalOnMissingBean(value = EtcdRegistration.class, search = SearchStrategy.CURRENT)
		PropertiesRegistrationSource etcdStarterRegistrationSource(EtcdRegistrationFactory factory,
				EtcdDiscoveryProperties properties, Environment environment) {
			return factory.source(RegistrationSettings.of(properties, environment));
		}

		@Bean(REGISTRATION_BEAN)
		@Fallback
		@ConditionalOnMissingBean(search = SearchStrategy.CURRENT)
		EtcdRegistration etcdStarterRegistration(PropertiesRegistrationSource source) {
			EtcdRegistration registration = source.application();
			source.host().log();
			return registration;
		}

		@Bean
		@Fallback
		@Lazy(false)
		@ConditionalOnMissingBean(search = SearchStrategy.CURRENT)
		EtcdAutoServiceRegistration etcdStarterAutoServiceRegistration(ApplicationContext context,
				EtcdServiceRegistry registry, GracefulDeregistration deregistration, ObjectProvider<BoundPorts> ports,
				EtcdRegistration registration, EtcdRegistrationFactory factory,
				ObjectProvider<PropertiesRegistrationSource> sources, Environment environment,
				ObjectProvider<RegistrationLifecycle<? super EtcdRegistration>> lifecycles,
				ObjectProvider<RegistrationManagementLifecycle<? super EtcdRegistration>> managementLifecycles,
				EtcdClient client, EtcdProperties properties, EtcdDiscoveryProperties discovery,
				ObjectProvider<FollowedHealth.Checks> healthChecks) {
			RegistrationSource source = sources.getIfAvailable();
			if (source == null) {
				source = new GivenRegistrationSource(factory, RegistrationSettings.of(discovery, environment));
			}
			return new EtcdAutoServiceRegistration(context, registry, deregistration,
					BoundPorts.of(ports.stream().toList()), registration, source,
					new RegistrationLifecycles(lifecycles.orderedStream().toList(),
							managementLifecycles.orderedStream().toList()),
					new EtcdAutoServiceRegistration.Settings(discovery.isFollowReadiness(), properties.isFailFast(),
							client.describe(), factory.isReached("spring.grpc.server.address", registration),
							discovery.getInitialStatus(), followedHealth(discovery, healthChecks)));
		}

		private static @Nullable FollowedHealth followedHealth(EtcdDiscoveryProperties properties,
				ObjectProvider<FollowedHealth.Checks> checks) {
			String group = properties.getFollowHealth();
			if (!StringUtils.hasText(group)) {
				return null;
			}
			InvalidProperties.requirePositive(FOLLOW_HEALTH + "-interval", properties.getFollowHealthInterval());
			InvalidProperties.requirePositive(FOLLOW_HEALTH + "-timeout", properties.getFollowHealthTimeout());
			requireOne("failures", properties.getFollowHealthFailures());
			requireOne("successes", properties.getFollowHealthSuccesses());
			FollowedHealth.Checks available = checks.getIfAvailable();
			if (available == null) {
				throw InvalidProperties.invalid(FOLLOW_HEALTH, group,
						"Expected the endpoint health: add spring-boot-starter-actuator, and include health in"
								+ " management.endpoints.web.exposure.include.");
			}
			return new FollowedHealth(
					new FollowedHealth.Settings(group, properties.getFollowHealthInterval(),
							properties.getFollowHealthTimeout(), properties.getFollowHealthFailures(),
							properties.getFollowHealthSuccesses()),
					InvalidProperties.check("follow-health",
							() -> available.of(group, !properties.isFollowReadiness())));
		}

		private static void requireOne(String property, int value) {
			if (value < 1) {
				throw InvalidProperties.invalid(FOLLOW_HEALTH + "-" + property, value, "Expected 1 or more.");
			}
		}

	}

}
