package io.github.etcddiscovery.documentation;

import io.github.etcddiscovery.cloud.gateway.DiscoveryRouteFilter;

import org.springframework.cloud.gateway.server.mvc.filter.RetryFilterFunctions;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.client.ResourceAccessException;

@Configuration(proxyBeanMethods = false)
class GatewayRetries {

	@Bean
	DiscoveryRouteFilter retryFilter() {
		return (request, next) -> RetryFilterFunctions
			.retry((config) -> config.getExceptions().add(ResourceAccessException.class))
			.filter(request, next);
	}

}
