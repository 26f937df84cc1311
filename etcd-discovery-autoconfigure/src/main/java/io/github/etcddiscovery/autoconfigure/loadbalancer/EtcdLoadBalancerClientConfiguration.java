package io.github.etcddiscovery.autoconfigure.loadbalancer;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cluster.ClusterView;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Fallback;
import org.springframework.context.annotation.Lazy;

/**
 * Goes into the load balancer's context of every service. Its supplier is a fallback, so
 * that one in a configuration of the user's wins, whatever its name, and ours is not even
 * created. Public for what is generated of it ahead of time, in another package.
 */
@Internal
@Configuration(proxyBeanMethods = false)
public class EtcdLoadBalancerClientConfiguration {

	@Bean
	@Fallback
	@Lazy
	ServiceInstanceListSupplier etcdStarterServiceInstanceListSupplier(ClusterView<ServiceInstance> view,
			ConfigurableApplicationContext context) {
		return new LoadBalancerLayers(context, view).build();
	}

}
