package io.github.etcddiscovery.autoconfigure;

import io.github.etcddiscovery.cloud.HealthProbe;
import io.github.etcddiscovery.view.ServiceView;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.cloud.loadbalancer.annotation.LoadBalancerClients;
import org.springframework.cloud.loadbalancer.config.LoadBalancerAutoConfiguration;
import org.springframework.cloud.loadbalancer.config.LoadBalancerZoneConfig;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;

/**
 * Auto-configuration that feeds Spring Cloud LoadBalancer from etcd.
 */
@AutoConfiguration(after = EtcdDiscoveryAutoConfiguration.class, before = LoadBalancerAutoConfiguration.class)
@ConditionalOnClass(ServiceInstanceListSupplier.class)
@ConditionalOnBean(ServiceView.class)
@ConditionalOnBooleanProperty(name = "spring.cloud.loadbalancer.enabled", matchIfMissing = true)
@LoadBalancerClients(defaultConfiguration = EtcdLoadBalancerClientConfiguration.class)
public final class EtcdLoadBalancerAutoConfiguration {

	EtcdLoadBalancerAutoConfiguration(EtcdDiscoveryProperties properties) {
		if (properties.getSlowStart().isNegative()) {
			throw PropertyRules.invalid("discovery.slow-start", properties.getSlowStart(), "Expected 0 or more.");
		}
	}

	@Bean
	@ConditionalOnMissingBean
	LoadBalancerZoneConfig etcdLoadBalancerZoneConfig(EtcdDiscoveryProperties properties,
			@Value("${spring.cloud.loadbalancer.zone:#{null}}") @Nullable String zone) {
		return new LoadBalancerZoneConfig((zone != null) ? zone : properties.getZone());
	}

	/** One for all services, made when the first of them is health-checked. */
	@Bean
	@Lazy
	@ConditionalOnMissingBean
	HealthProbe etcdHealthProbe() {
		return HealthProbe.overHttp();
	}

}
