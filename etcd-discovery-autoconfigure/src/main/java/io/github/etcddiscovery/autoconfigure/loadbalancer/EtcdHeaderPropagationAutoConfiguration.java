package io.github.etcddiscovery.autoconfigure.loadbalancer;

import java.util.ArrayList;
import java.util.List;

import feign.RequestInterceptor;
import io.github.etcddiscovery.cloud.propagation.PropagatedHeaders;
import io.github.etcddiscovery.cloud.propagation.PropagatingExchangeFilterFunction;
import io.github.etcddiscovery.cloud.propagation.PropagatingFeignInterceptor;
import io.github.etcddiscovery.cloud.propagation.PropagatingInterceptor;
import io.github.etcddiscovery.cloud.propagation.PropagatingWebFilter;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication.Type;
import org.springframework.cloud.client.loadbalancer.BlockingLoadBalancerInterceptor;
import org.springframework.cloud.client.loadbalancer.LoadBalancerAutoConfiguration;
import org.springframework.cloud.client.loadbalancer.RestTemplateCustomizer;
import org.springframework.cloud.client.loadbalancer.reactive.LoadBalancedExchangeFilterFunction;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Auto-configuration that copies the headers by which instances are selected from
 * incoming to outgoing requests.
 */
@AutoConfiguration(after = EtcdLoadBalancerAutoConfiguration.class, before = LoadBalancerAutoConfiguration.class)
@ConditionalOnBean(EtcdLoadBalancingProperties.class)
@ConditionalOnBooleanProperty("spring.cloud.etcd.discovery.propagate-select-headers")
public final class EtcdHeaderPropagationAutoConfiguration {

	@Bean
	PropagatedHeaders etcdStarterPropagatedHeaders(EtcdLoadBalancingProperties properties) {
		return new PropagatedHeaders(properties.getSelectHeaders().keySet());
	}

	/**
	 * For {@code RestClient} and {@code RestTemplate}.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(RestTemplate.class)
	static class BlockingConfiguration {

		@Bean
		@Primary
		PropagatingInterceptor etcdStarterPropagatingInterceptor(
				ObjectProvider<BlockingLoadBalancerInterceptor> interceptors, PropagatedHeaders headers) {
			return new PropagatingInterceptor(interceptors, headers);
		}

		/** In place of Spring Cloud's, which adds its own interceptor only. */
		@Bean
		@ConditionalOnMissingBean
		RestTemplateCustomizer etcdStarterRestTemplateCustomizer(PropagatingInterceptor interceptor) {
			return (restTemplate) -> {
				List<ClientHttpRequestInterceptor> all = new ArrayList<>(restTemplate.getInterceptors());
				all.add(interceptor);
				restTemplate.setInterceptors(all);
			};
		}

	}

	/**
	 * For {@code WebClient}.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(WebClient.class)
	static class WebClientConfiguration {

		@Bean
		@Primary
		PropagatingExchangeFilterFunction etcdStarterPropagatingExchangeFilterFunction(
				ObjectProvider<LoadBalancedExchangeFilterFunction> filters, PropagatedHeaders headers) {
			return new PropagatingExchangeFilterFunction(filters, headers);
		}

	}

	/**
	 * Reads the headers of incoming requests in reactive applications.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = Type.REACTIVE)
	static class WebFilterConfiguration {

		@Bean
		@Order(Ordered.HIGHEST_PRECEDENCE)
		PropagatingWebFilter etcdStarterPropagatingWebFilter(PropagatedHeaders headers) {
			return new PropagatingWebFilter(headers);
		}

	}

	/**
	 * For OpenFeign.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(RequestInterceptor.class)
	static class FeignConfiguration {

		@Bean
		PropagatingFeignInterceptor etcdStarterPropagatingFeignInterceptor(PropagatedHeaders headers) {
			return new PropagatingFeignInterceptor(headers);
		}

	}

}
