package io.github.etcddiscovery.autoconfigure;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.SearchStrategy;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;

/**
 * Auto-configuration for properties of the connection that change while the application
 * runs, and for remote clusters. Backs off for a client of the user's.
 */
@AutoConfiguration(after = { EtcdClientAutoConfiguration.class, EtcdDiscoveryAutoConfiguration.class })
@ConditionalOnClass(EnvironmentChangeEvent.class)
@ConditionalOnBooleanProperty(name = "spring.cloud.etcd.enabled", matchIfMissing = true)
public final class EtcdRefreshAutoConfiguration {

	@Bean
	@Lazy(false)
	@ConditionalOnBean(value = ConnectionUpdater.class, search = SearchStrategy.CURRENT)
	ConnectionRefresher etcdStarterConnectionRefresher(ConnectionUpdater updater) {
		return new ConnectionRefresher(updater::refresh);
	}

	@Bean
	@Lazy(false)
	@ConditionalOnBean(value = RemoteClusters.class, search = SearchStrategy.CURRENT)
	ConnectionRefresher etcdStarterRemotesRefresher(RemoteClusters remotes) {
		return new ConnectionRefresher(remotes::refresh);
	}

}
