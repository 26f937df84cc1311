package io.github.etcddiscovery.autoconfigure.registration;

import io.github.etcddiscovery.client.JetcdEtcdClient;
import io.github.etcddiscovery.cloud.registration.EtcdAutoServiceRegistration;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.SearchStrategy;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Auto-configuration for properties of the registration that change while the application
 * runs. Backs off for an {@code EtcdRegistration} bean of the user's.
 */
@AutoConfiguration(after = EtcdServiceRegistryAutoConfiguration.class)
@ConditionalOnClass(EnvironmentChangeEvent.class)
@ConditionalOnBooleanProperty(name = "spring.cloud.etcd.enabled", matchIfMissing = true)
public final class EtcdRegistrationRefreshAutoConfiguration {

	@Bean
	@Lazy(false)
	@ConditionalOnBean(name = EtcdServiceRegistryAutoConfiguration.REGISTRATION_BEAN,
			value = EtcdAutoServiceRegistration.class, search = SearchStrategy.CURRENT)
	RegistrationRefresher etcdStarterRegistrationRefresher(ConfigurableEnvironment environment,
			EtcdAutoServiceRegistration registration, PropertiesRegistrationSource source,
			ObjectProvider<JetcdEtcdClient> clients) {
		RegistrationRefresher refresher = new RegistrationRefresher(environment, registration, source);
		clients.ifUnique((client) -> client.onConnectedAgain(refresher::connectedAgain));
		return refresher;
	}

}
