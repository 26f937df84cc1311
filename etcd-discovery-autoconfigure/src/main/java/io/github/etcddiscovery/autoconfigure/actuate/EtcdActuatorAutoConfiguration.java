package io.github.etcddiscovery.autoconfigure.actuate;

import java.time.InstantSource;

import io.github.etcddiscovery.actuate.EtcdDiscoveryEndpoint;
import io.github.etcddiscovery.actuate.EtcdDiscoveryWebExtension;
import io.github.etcddiscovery.actuate.EtcdHealthIndicator;
import io.github.etcddiscovery.actuate.EtcdInfoContributor;
import io.github.etcddiscovery.actuate.EtcdPageEndpoint;
import io.github.etcddiscovery.actuate.EtcdServiceRegistryWebExtension;
import io.github.etcddiscovery.actuate.EtcdTargetsEndpoint;
import io.github.etcddiscovery.actuate.HealthGroupChecks;
import io.github.etcddiscovery.actuate.MetadataSanitizer;
import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryAutoConfiguration;
import io.github.etcddiscovery.autoconfigure.registration.EtcdServiceRegistryAutoConfiguration;
import io.github.etcddiscovery.cloud.CertificateExpiry;
import io.github.etcddiscovery.cloud.EjectedInstances;
import io.github.etcddiscovery.cloud.registration.EtcdAutoServiceRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.cloud.registration.FollowedHealth;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.snapshot.ViewSnapshot;
import io.github.etcddiscovery.view.ServiceView;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.autoconfigure.condition.SearchStrategy;
import org.springframework.boot.health.actuate.endpoint.HealthEndpointGroups;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.registry.HealthContributorRegistry;
import org.springframework.boot.health.registry.ReactiveHealthContributorRegistry;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.serviceregistry.Registration;
import org.springframework.cloud.client.serviceregistry.ServiceRegistryAutoConfiguration;
import org.springframework.cloud.client.serviceregistry.endpoint.ServiceRegistryEndpoint;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * Auto-configuration for what can be seen of registration and discovery from outside.
 */
@AutoConfiguration(
		after = { EtcdDiscoveryAutoConfiguration.class, EtcdServiceRegistryAutoConfiguration.class,
				ServiceRegistryAutoConfiguration.class },
		afterName = "org.springframework.boot.health.autoconfigure.actuate.endpoint.HealthEndpointAutoConfiguration")
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnBean(ServiceView.class)
public final class EtcdActuatorAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean(search = SearchStrategy.CURRENT)
	@ConditionalOnAvailableEndpoint
	EtcdDiscoveryEndpoint etcdStarterDiscoveryEndpoint(ClusterView<ServiceInstance> view, BeanFactory beans) {
		return endpoint(view, beans);
	}

	private static EtcdDiscoveryEndpoint endpoint(ClusterView<ServiceInstance> view, BeanFactory beans) {
		EtcdAutoServiceRegistration automatic = beans.getBeanProvider(EtcdAutoServiceRegistration.class).getIfUnique();
		return new EtcdDiscoveryEndpoint(view, beans.getBeanProvider(EtcdServiceRegistry.class).getIfAvailable(),
				beans.getBeanProvider(EtcdRegistration.class).getIfUnique(),
				(automatic != null) ? automatic.getHealth() : null,
				beans.getBeanProvider(ViewSnapshot.class).getIfAvailable(), sanitizer(beans),
				beans.getBeanProvider(EjectedInstances.class).getIfAvailable());
	}

	private static MetadataSanitizer sanitizer(BeanFactory beans) {
		return new MetadataSanitizer(beans.getBeanProvider(SanitizingFunction.class).orderedStream().toList());
	}

	/**
	 * Has an endpoint of its own to describe the state, since that may be switched off.
	 */
	@Bean
	@ConditionalOnMissingBean(search = SearchStrategy.CURRENT)
	@ConditionalOnAvailableEndpoint
	EtcdPageEndpoint etcdStarterPageEndpoint(ClusterView<ServiceInstance> view,
			ObjectProvider<EtcdRegistration> registrations, Environment environment, BeanFactory beans) {
		EtcdRegistration registration = registrations.getIfUnique();
		String name = (registration != null) ? registration.getServiceId()
				: environment.getProperty("spring.application.name", "This application");
		return new EtcdPageEndpoint(name, view, endpoint(view, beans), registration, sanitizer(beans),
				InstantSource.system());
	}

	@Bean
	@ConditionalOnMissingBean(search = SearchStrategy.CURRENT)
	@ConditionalOnBean(value = EtcdDiscoveryEndpoint.class, search = SearchStrategy.CURRENT)
	@ConditionalOnAvailableEndpoint(endpoint = EtcdDiscoveryEndpoint.class)
	EtcdDiscoveryWebExtension etcdStarterDiscoveryWebExtension(EtcdDiscoveryEndpoint endpoint) {
		return new EtcdDiscoveryWebExtension(endpoint);
	}

	@Bean
	@ConditionalOnMissingBean(search = SearchStrategy.CURRENT)
	@ConditionalOnAvailableEndpoint
	EtcdTargetsEndpoint etcdStarterTargetsEndpoint(ClusterView<ServiceInstance> view, BeanFactory beans) {
		return new EtcdTargetsEndpoint(view, sanitizer(beans));
	}

	@Bean
	@ConditionalOnMissingBean
	@ConditionalOnBean({ ServiceRegistryEndpoint.class, EtcdServiceRegistry.class })
	@ConditionalOnAvailableEndpoint(endpoint = ServiceRegistryEndpoint.class)
	EtcdServiceRegistryWebExtension etcdStarterServiceRegistryWebExtension(ServiceRegistryEndpoint endpoint,
			EtcdServiceRegistry registry, ObjectProvider<Registration> registrations) {
		Registration registration = registrations.getIfUnique();
		return new EtcdServiceRegistryWebExtension(endpoint, registry,
				(registration instanceof EtcdRegistration own) ? own : null);
	}

	/**
	 * Disabled by default, like Spring Boot's own info contributors for the environment.
	 */
	@Bean
	@ConditionalOnMissingBean(search = SearchStrategy.CURRENT)
	@ConditionalOnSingleCandidate(EtcdRegistration.class)
	@ConditionalOnBooleanProperty("management.info.etcd.enabled")
	EtcdInfoContributor etcdStarterInfoContributor(EtcdRegistration registration, BeanFactory beans) {
		return new EtcdInfoContributor(registration, sanitizer(beans));
	}

	/**
	 * For those who ask for health.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(ConditionalOnEnabledHealthIndicator.class)
	static class HealthConfiguration {

		@Bean
		@ConditionalOnMissingBean(name = "etcdHealthIndicator")
		@ConditionalOnEnabledHealthIndicator("etcd")
		EtcdHealthIndicator etcdHealthIndicator(ClusterView<ServiceInstance> view,
				ObjectProvider<EtcdServiceRegistry> registry, ObjectProvider<CertificateExpiry> certificates) {
			return new EtcdHealthIndicator(view, registry.getIfAvailable(), certificates.getIfAvailable());
		}

		@Bean
		@ConditionalOnMissingBean(FollowedHealth.Checks.class)
		@ConditionalOnBean(HealthEndpointGroups.class)
		HealthGroupChecks etcdStarterHealthGroupChecks(HealthEndpointGroups groups,
				ObjectProvider<HealthContributorRegistry> contributors,
				ObjectProvider<ReactiveHealthContributorRegistry> reactiveContributors) {
			return new HealthGroupChecks(groups, contributors, reactiveContributors);
		}

	}

}
