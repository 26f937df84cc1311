package io.github.etcddiscovery.autoconfigure.actuate;

import io.github.etcddiscovery.actuate.EtcdDiscoveryEndpoint;
import io.github.etcddiscovery.actuate.EtcdDiscoveryWebExtension;
import io.github.etcddiscovery.actuate.EtcdHealthIndicator;
import io.github.etcddiscovery.actuate.EtcdInfoContributor;
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
	EtcdDiscoveryEndpoint etcdStarterDiscoveryEndpoint(ClusterView<ServiceInstance> view,
			ObjectProvider<EtcdServiceRegistry> registry, ObjectProvider<EtcdRegistration> registration,
			ObjectProvider<EtcdAutoServiceRegistration> automatic, ObjectProvider<ViewSnapshot<?>> snapshot,
			ObjectProvider<SanitizingFunction> sanitizingFunctions, ObjectProvider<EjectedInstances> ejected) {
		EtcdAutoServiceRegistration followed = automatic.getIfUnique();
		return new EtcdDiscoveryEndpoint(view, registry.getIfAvailable(), registration.getIfUnique(),
				(followed != null) ? followed.getHealth() : null, snapshot.getIfAvailable(),
				new MetadataSanitizer(sanitizingFunctions.orderedStream().toList()), ejected.getIfAvailable());
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
	EtcdTargetsEndpoint etcdStarterTargetsEndpoint(ClusterView<ServiceInstance> view,
			ObjectProvider<SanitizingFunction> sanitizingFunctions) {
		return new EtcdTargetsEndpoint(view, new MetadataSanitizer(sanitizingFunctions.orderedStream().toList()));
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
	EtcdInfoContributor etcdStarterInfoContributor(EtcdRegistration registration,
			ObjectProvider<SanitizingFunction> sanitizingFunctions) {
		return new EtcdInfoContributor(registration,
				new MetadataSanitizer(sanitizingFunctions.orderedStream().toList()));
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
