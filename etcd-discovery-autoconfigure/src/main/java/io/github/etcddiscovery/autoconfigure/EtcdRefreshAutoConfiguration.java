package io.github.etcddiscovery.autoconfigure;

import io.github.etcddiscovery.client.JetcdEtcdClient;
import io.github.etcddiscovery.cloud.EtcdAutoServiceRegistration;

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
 * Auto-configuration for properties that change while the application runs, where Spring
 * Cloud can refresh them. A client or registration of the user's own is not made of
 * properties.
 */
@AutoConfiguration(after = { EtcdClientAutoConfiguration.class, EtcdServiceRegistryAutoConfiguration.class })
@ConditionalOnClass(EnvironmentChangeEvent.class)
@ConditionalOnBooleanProperty(name = "spring.cloud.etcd.enabled", matchIfMissing = true)
public final class EtcdRefreshAutoConfiguration {

	static final String REGISTRATION_BEAN = "etcdStarterRegistration";

	@Bean
	@Lazy(false)
	@ConditionalOnBean(value = ConnectionUpdater.class, search = SearchStrategy.CURRENT)
	ConnectionRefresher etcdStarterConnectionRefresher(ConnectionUpdater updater) {
		return new ConnectionRefresher(updater);
	}

	@Bean
	@Lazy(false)
	@ConditionalOnBean(name = REGISTRATION_BEAN, value = EtcdAutoServiceRegistration.class,
			search = SearchStrategy.CURRENT)
	RegistrationRefresher etcdStarterRegistrationRefresher(ConfigurableEnvironment environment,
			EtcdAutoServiceRegistration registration, PropertiesRegistrationSource source,
			ObjectProvider<JetcdEtcdClient> clients) {
		RegistrationRefresher refresher = new RegistrationRefresher(environment, registration, source);
		clients.ifUnique((client) -> client.onConnectedAgain(refresher::connectedAgain));
		return refresher;
	}

}
