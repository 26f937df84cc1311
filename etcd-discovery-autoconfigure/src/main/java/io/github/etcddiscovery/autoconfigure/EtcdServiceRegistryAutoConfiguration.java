package io.github.etcddiscovery.autoconfigure;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.cloud.EtcdAutoServiceRegistration;
import io.github.etcddiscovery.cloud.EtcdRegistration;
import io.github.etcddiscovery.cloud.EtcdServiceRegistry;
import io.github.etcddiscovery.instance.InstanceCodec;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.registry.Registrar;
import io.github.etcddiscovery.registry.TtlOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.cloud.client.serviceregistry.AutoServiceRegistrationAutoConfiguration;
import org.springframework.cloud.client.serviceregistry.ServiceRegistryAutoConfiguration;
import org.springframework.cloud.commons.util.InetUtils;
import org.springframework.cloud.commons.util.UtilAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Fallback;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for registering in etcd. Its beans
 * give way where another registry's are asked for by type, so that both can live.
 *
 * @see org.springframework.boot.autoconfigure.EnableAutoConfiguration
 */
@AutoConfiguration(
		after = { EtcdClientAutoConfiguration.class, EtcdDiscoveryAutoConfiguration.class,
				UtilAutoConfiguration.class },
		before = { ServiceRegistryAutoConfiguration.class, AutoServiceRegistrationAutoConfiguration.class })
@ConditionalOnEtcdDiscoveryEnabled
@ConditionalOnBean(EtcdClient.class)
public final class EtcdServiceRegistryAutoConfiguration {

	private static final Logger logger = LoggerFactory.getLogger(EtcdServiceRegistryAutoConfiguration.class);

	@Bean
	@Fallback
	@ConditionalOnMissingBean
	EtcdServiceRegistry etcdServiceRegistry(EtcdClient client, KeyLayout layout, InstanceCodec codec,
			EtcdProperties properties, EtcdDiscoveryProperties discovery) {
		TtlOption ttl = PropertyRules.check(() -> new TtlOption(discovery.getHeartbeat(), discovery.getTtl()));
		if (ttl.heartbeat().multipliedBy(3).compareTo(ttl.ttl()) > 0) {
			logger.warn(
					"spring.cloud.etcd.discovery.heartbeat ({}) is more than a third of spring.cloud.etcd.discovery.ttl"
							+ " ({}): one or two renewals that fail are enough to lose the registration",
					ttl.heartbeat(), ttl.ttl());
		}
		return new EtcdServiceRegistry(() -> new Registrar(client, ttl), layout, codec, discovery.isDeregister(),
				properties.getRequestTimeout());
	}

	/**
	 * Registers the application itself.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = { "spring.cloud.service-registry.auto-registration.enabled",
			"spring.cloud.etcd.discovery.register" }, matchIfMissing = true)
	static class AutoRegistrationConfiguration {

		private static final String NAME_PROPERTY = "spring.application.name";

		private static final String NO_ID_YET = "by-address";

		@Bean
		@Fallback
		@ConditionalOnMissingBean
		EtcdRegistration etcdRegistration(EtcdDiscoveryProperties properties, Environment environment,
				InetUtils inetUtils) {
			String serviceId = serviceId(properties, environment);
			String host = AdvertisedHost.choose(properties, environment, inetUtils).host();
			int port = Objects.requireNonNullElse(properties.getPort(), 0);
			String instanceId = StringUtils.hasText(properties.getInstanceId()) ? properties.getInstanceId() : null;
			Map<String, String> metadata = new LinkedHashMap<>(properties.getMetadata());
			if (StringUtils.hasText(properties.getZone())) {
				metadata.put("zone", properties.getZone());
			}
			// The port may not be known yet; all else can be checked now rather than
			// later.
			PropertyRules.check(() -> new ServiceRecord(
					new InstanceKey(serviceId, Objects.requireNonNullElse(instanceId, NO_ID_YET)), host,
					Objects.requireNonNullElse(properties.getPort(), 1), properties.isSecure(), InstanceStatus.UP,
					metadata));
			return new EtcdRegistration(serviceId, instanceId, host, port, properties.isSecure(), metadata);
		}

		private static String serviceId(EtcdDiscoveryProperties properties, Environment environment) {
			if (StringUtils.hasText(properties.getServiceName())) {
				return properties.getServiceName();
			}
			String name = environment.getProperty(NAME_PROPERTY);
			if (!StringUtils.hasText(name)) {
				throw PropertyRules.invalid("discovery.service-name", "", "Expected a name to register as: set it, or "
						+ NAME_PROPERTY + "; or set spring.cloud.etcd.discovery.register=false.");
			}
			try {
				return new InstanceKey(name, NO_ID_YET).serviceId();
			}
			catch (InvalidValueException ex) {
				throw new InvalidConfigurationPropertyValueException(NAME_PROPERTY, name, "Expected, to register as, "
						+ ex.expected() + "; or another name in spring.cloud.etcd.discovery.service-name.");
			}
		}

		@Bean
		@Fallback
		@Lazy(false)
		@ConditionalOnMissingBean
		EtcdAutoServiceRegistration etcdAutoServiceRegistration(ApplicationContext context,
				EtcdServiceRegistry registry, EtcdRegistration registration, EtcdClient client,
				EtcdProperties properties, EtcdDiscoveryProperties discovery) {
			if (discovery.getDrain().isNegative()) {
				throw PropertyRules.invalid("discovery.drain", discovery.getDrain(), "Expected 0 or more.");
			}
			return new EtcdAutoServiceRegistration(context, registry, registration,
					new EtcdAutoServiceRegistration.Settings(Objects.requireNonNullElse(discovery.getPort(), 0),
							discovery.isFollowReadiness(), discovery.isDeregister(), discovery.getDrain(),
							properties.isFailFast(), client.describe()));
		}

	}

}
