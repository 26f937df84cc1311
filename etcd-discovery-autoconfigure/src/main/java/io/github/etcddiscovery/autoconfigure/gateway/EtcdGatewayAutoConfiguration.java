package io.github.etcddiscovery.autoconfigure.gateway;

import java.util.function.Predicate;

import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryAutoConfiguration;
import io.github.etcddiscovery.autoconfigure.InvalidProperties;
import io.github.etcddiscovery.cloud.gateway.DiscoveryRouteFilter;
import io.github.etcddiscovery.cloud.gateway.DiscoveryRouterFunction;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.view.ServiceView;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication.Type;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.LoadBalancerProperties;
import org.springframework.cloud.gateway.server.mvc.GatewayServerMvcAutoConfiguration;
import org.springframework.cloud.loadbalancer.support.LoadBalancerClientFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.expression.Expression;
import org.springframework.expression.ParseException;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.expression.spel.support.SimpleEvaluationContext;

/**
 * Auto-configuration for routes of Spring Cloud Gateway Server WebMVC to the services in
 * etcd.
 */
@AutoConfiguration(after = { EtcdDiscoveryAutoConfiguration.class, GatewayServerMvcAutoConfiguration.class })
@ConditionalOnClass({ GatewayServerMvcAutoConfiguration.class, LoadBalancerClientFactory.class })
@ConditionalOnWebApplication(type = Type.SERVLET)
@ConditionalOnBean({ ServiceView.class, GatewayServerMvcAutoConfiguration.class })
@ConditionalOnBooleanProperty(EtcdGatewayProperties.PREFIX + ".enabled")
@EnableConfigurationProperties(EtcdGatewayProperties.class)
public final class EtcdGatewayAutoConfiguration {

	/** The last router function, so that all others win. */
	@Bean
	@Order(Ordered.LOWEST_PRECEDENCE)
	@ConditionalOnMissingBean
	DiscoveryRouterFunction etcdStarterDiscoveryRouterFunction(ClusterView<ServiceInstance> view,
			EtcdGatewayProperties properties, ObjectProvider<DiscoveryRouteFilter> filters,
			LoadBalancerClientFactory loadBalancers) {
		return new DiscoveryRouterFunction(view, properties.getRouteIdPrefix(), properties.isLowerCaseServiceId(),
				include(properties.getIncludeExpression()), filters.orderedStream().toList(),
				(serviceId) -> retries(loadBalancers.getProperties(serviceId).getRetry()));
	}

	private static int retries(LoadBalancerProperties.Retry retry) {
		return retry.isEnabled() ? retry.getMaxRetriesOnNextServiceInstance() : 0;
	}

	private static Predicate<ServiceInstance> include(String text) {
		if (text.equals("true")) {
			return (instance) -> true;
		}
		try {
			Expression expression = new SpelExpressionParser().parseExpression(text);
			SimpleEvaluationContext context = SimpleEvaluationContext.forReadOnlyDataBinding().build();
			return (instance) -> Boolean.TRUE.equals(expression.getValue(context, instance, Boolean.class));
		}
		catch (ParseException ex) {
			throw InvalidProperties.invalid("discovery.gateway.webmvc.include-expression", text,
					"Expected a valid SpEL expression: " + ex.getMessage());
		}
	}

}
