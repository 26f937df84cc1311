package io.github.etcddiscovery.autoconfigure;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdClientBuilderCustomizer;
import io.github.etcddiscovery.client.JetcdEtcdClient;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration for the client of etcd. Backs off for an
 * {@link EtcdConnectionDetails} or {@link EtcdClient} bean of the user's.
 */
@AutoConfiguration(after = SslAutoConfiguration.class)
@ConditionalOnClass(name = "io.etcd.jetcd.Client")
@ConditionalOnBooleanProperty(name = "spring.cloud.etcd.enabled", matchIfMissing = true)
@EnableConfigurationProperties(EtcdProperties.class)
public final class EtcdClientAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean(EtcdConnectionDetails.class)
	PropertiesEtcdConnectionDetails etcdConnectionDetails(EtcdProperties properties,
			ObjectProvider<SslBundles> sslBundles) {
		return new PropertiesEtcdConnectionDetails(properties, sslBundles.getIfAvailable());
	}

	@Bean(EtcdRefreshAutoConfiguration.CLIENT_BEAN)
	@ConditionalOnMissingBean(EtcdClient.class)
	JetcdEtcdClient etcdClient(EtcdConnectionDetails details, EtcdProperties properties,
			ObjectProvider<EtcdClientBuilderCustomizer> customizers) {
		return new JetcdEtcdClient(EtcdClientOptionsFactory.create(details, properties),
				customizers.orderedStream().toList());
	}

}
