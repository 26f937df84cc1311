package io.github.etcddiscovery.autoconfigure;

import java.time.InstantSource;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdClientBuilderCustomizer;
import io.github.etcddiscovery.client.JetcdEtcdClient;
import io.github.etcddiscovery.cloud.CertificateExpiry;
import io.github.etcddiscovery.support.EventLoop;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.SearchStrategy;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.Environment;

/**
 * Auto-configuration for the client of etcd. Backs off for an
 * {@link EtcdConnectionDetails} or {@link EtcdClient} bean of the user's.
 */
@AutoConfiguration(after = SslAutoConfiguration.class)
@ConditionalOnClass(name = "io.etcd.jetcd.Client")
@ConditionalOnBooleanProperty(name = "spring.cloud.etcd.enabled", matchIfMissing = true)
@EnableConfigurationProperties(EtcdProperties.class)
public final class EtcdClientAutoConfiguration {

	private static final String CLIENT_BEAN = "etcdStarterClient";

	@Bean
	@ConditionalOnMissingBean(EtcdConnectionDetails.class)
	PropertiesEtcdConnectionDetails etcdStarterConnectionDetails(EtcdProperties properties,
			ObjectProvider<SslBundles> sslBundles) {
		return new PropertiesEtcdConnectionDetails(properties, sslBundles.getIfAvailable());
	}

	@Bean(CLIENT_BEAN)
	@ConditionalOnMissingBean(EtcdClient.class)
	JetcdEtcdClient etcdStarterClient(EtcdConnectionDetails details, EtcdProperties properties,
			ObjectProvider<EtcdClientBuilderCustomizer> customizers) {
		return new JetcdEtcdClient(EtcdClientOptionsFactory.create(details, properties),
				customizers.orderedStream().toList());
	}

	@Bean
	@ConditionalOnMissingBean
	@ConditionalOnBean(name = CLIENT_BEAN, value = { JetcdEtcdClient.class, EtcdConnectionDetails.class },
			search = SearchStrategy.CURRENT)
	CertificateExpiry etcdStarterCertificateExpiry(EtcdConnectionDetails details) {
		CertificateExpiry expiry = new CertificateExpiry(InstantSource.system());
		expiry.update(details.getSslBundle());
		return expiry;
	}

	@Bean(initMethod = "start")
	@Lazy(false)
	@ConditionalOnBean(name = CLIENT_BEAN, value = { JetcdEtcdClient.class, EtcdConnectionDetails.class },
			search = SearchStrategy.CURRENT)
	ConnectionUpdater etcdStarterConnectionUpdater(Environment environment, JetcdEtcdClient client,
			EtcdConnectionDetails details, EtcdProperties properties, ObjectProvider<SslBundles> sslBundles,
			CertificateExpiry expiry) {
		return new ConnectionUpdater(
				() -> Binder.get(environment).bindOrCreate(EtcdProperties.PREFIX, EtcdProperties.class), client,
				details, properties, sslBundles.getIfAvailable(), expiry, EventLoop.onThread("etcd-certificates"));
	}

}
