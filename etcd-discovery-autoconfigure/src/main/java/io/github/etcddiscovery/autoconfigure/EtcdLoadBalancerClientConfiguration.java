package io.github.etcddiscovery.autoconfigure;

import io.github.etcddiscovery.cloud.EtcdServiceInstanceListSupplier;
import io.github.etcddiscovery.view.ServiceView;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.support.LoadBalancerClientFactory;
import org.springframework.cloud.loadbalancer.support.LoadBalancerEnvironmentPropertyUtils;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Fallback;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Goes into the load balancer's context of every service. Its supplier is a fallback, so
 * that one in a configuration of the user's wins, whatever its name.
 */
@Configuration(proxyBeanMethods = false)
class EtcdLoadBalancerClientConfiguration {

	@Bean
	@Fallback
	@Conditional(OnDefaultConfiguration.class)
	ServiceInstanceListSupplier etcdServiceInstanceListSupplier(ServiceView<ServiceInstance> view,
			Environment environment) {
		return new EtcdServiceInstanceListSupplier(view, LoadBalancerClientFactory.getName(environment));
	}

	/**
	 * Any other configuration than the default one is Spring Cloud's own to build, over
	 * the discovery client.
	 */
	static class OnDefaultConfiguration implements Condition {

		@Override
		public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
			return LoadBalancerEnvironmentPropertyUtils.equalToOrMissingForClientOrDefault(context.getEnvironment(),
					"configurations", "default");
		}

	}

}
