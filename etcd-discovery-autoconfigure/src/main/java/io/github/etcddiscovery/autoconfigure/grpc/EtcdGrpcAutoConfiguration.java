package io.github.etcddiscovery.autoconfigure.grpc;

import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryAutoConfiguration;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.grpc.EtcdChannelBuilderCustomizer;
import io.github.etcddiscovery.view.ServiceView;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.env.Environment;
import org.springframework.grpc.client.GrpcChannelBuilderCustomizer;

/**
 * Auto-configuration for Spring gRPC's clients: their channels resolve
 * {@code etcd:///{service}}.
 */
@AutoConfiguration(after = EtcdDiscoveryAutoConfiguration.class)
@ConditionalOnClass(GrpcChannelBuilderCustomizer.class)
@ConditionalOnBean(ServiceView.class)
@ImportRuntimeHints(ChannelPolicies.Hints.class)
public final class EtcdGrpcAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	EtcdChannelBuilderCustomizer<?> etcdStarterChannelBuilderCustomizer(ClusterView<ServiceInstance> view,
			Environment environment) {
		return new EtcdChannelBuilderCustomizer<>(view, new ChannelPolicies(environment)::isOurs);
	}

}
