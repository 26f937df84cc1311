package io.github.etcddiscovery.autoconfigure;

import io.github.etcddiscovery.cloud.EtcdAutoServiceRegistration;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.SearchStrategy;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.Environment;

/**
 * Auto-configuration for properties that change while the application runs, where Spring
 * Cloud can refresh them. A client or registration of the user's own is not made of
 * properties.
 */
@AutoConfiguration(after = { EtcdClientAutoConfiguration.class, EtcdServiceRegistryAutoConfiguration.class })
@ConditionalOnClass(EnvironmentChangeEvent.class)
@ConditionalOnBooleanProperty(name = "spring.cloud.etcd.enabled", matchIfMissing = true)
public final class EtcdRefreshAutoConfiguration {

	static final String REGISTRATION_BEAN = "etcdRegistration";

	@Bean
	@Lazy(false)
	@ConditionalOnBean(value = ConnectionUpdater.class, search = SearchStrategy.CURRENT)
	ConnectionRefresher etcdConnectionRefresher(ConnectionUpdater updater) {
		return new ConnectionRefresher(updater);
	}

	@Bean
	@Lazy(false)
	@ConditionalOnBean(name = REGISTRATION_BEAN, value = EtcdAutoServiceRegistration.class,
			search = SearchStrategy.CURRENT)
	RegistrationRefresher etcdRegistrationRefresher(Environment environment, EtcdRegistrationFactory factory,
			EtcdAutoServiceRegistration registration, EtcdDiscoveryProperties properties) {
		return new RegistrationRefresher(environment, factory, registration, properties);
	}

}
