package io.github.etcddiscovery.autoconfigure.grpc;

import java.util.Map;

import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryAutoConfiguration;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.grpc.EtcdChannelBuilderCustomizer;
import io.github.etcddiscovery.view.ServiceView;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.grpc.client.autoconfigure.GrpcClientDefaultServiceConfigCustomizer;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.springframework.grpc.client.GrpcChannelBuilderCustomizer;

/**
 * Auto-configuration for Spring gRPC's clients: their channels resolve
 * {@code etcd:///{service}}.
 */
@AutoConfiguration(after = EtcdDiscoveryAutoConfiguration.class)
@ConditionalOnClass(GrpcChannelBuilderCustomizer.class)
@ConditionalOnBean(ServiceView.class)
@ImportRuntimeHints(ChannelSettings.Hints.class)
public final class EtcdGrpcAutoConfiguration {

	private static final Logger logger = LoggerFactory.getLogger(EtcdGrpcAutoConfiguration.class);

	/**
	 * After the customizers of Spring gRPC for Spring Boot 4.0, whose orders begin with
	 * 0, and before the customizers of users, which usually have no order.
	 */
	@Bean
	@Order(100)
	@ConditionalOnMissingBean
	EtcdChannelBuilderCustomizer<?> etcdStarterChannelBuilderCustomizer(ClusterView<ServiceInstance> view,
			Environment environment) {
		return new EtcdChannelBuilderCustomizer<>(view, new ChannelSettings(environment)::hasOurPolicy);
	}

	/**
	 * Switches on gRPC's health checks for services whose instances Spring Cloud
	 * LoadBalancer checks. Spring gRPC for Spring Boot 4.0 has no such customizer.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(GrpcClientDefaultServiceConfigCustomizer.class)
	static class HealthCheckConfiguration {

		private static final String CONFIG = "healthCheckConfig";

		/**
		 * All services of the server, as {@code health.service-name} has it by default.
		 */
		private static final Map<String, String> WHOLE_SERVER = Map.of("serviceName", "");

		@Bean
		GrpcClientDefaultServiceConfigCustomizer etcdStarterGrpcHealthChecks(Environment environment) {
			ChannelSettings settings = new ChannelSettings(environment);
			return (channel, config) -> {
				if (settings.isHealthChecked(channel)) {
					config.putIfAbsent(CONFIG, WHOLE_SERVER);
				}
			};
		}

		/** Without the class, gRPC would ignore the config and say nothing. */
		@Bean
		@Order(Ordered.LOWEST_PRECEDENCE)
		@ConditionalOnMissingClass("io.grpc.protobuf.services.HealthCheckingLoadBalancerUtil")
		GrpcClientDefaultServiceConfigCustomizer etcdStarterMissingGrpcHealthChecks() {
			return (channel, config) -> {
				if (config.containsKey(CONFIG)) {
					logger.warn("Channel {} is to check the health of instances, and does not: expected"
							+ " io.grpc:grpc-services on the class path", channel);
				}
			};
		}

	}

}
