package io.github.etcddiscovery.autoconfigure;

import io.github.etcddiscovery.cloud.DrainingFilter;
import io.github.etcddiscovery.cloud.DrainingWebFilter;
import io.github.etcddiscovery.cloud.GracefulDeregistration;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication.Type;
import org.springframework.boot.web.servlet.FilterRegistration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.web.server.WebFilter;

/**
 * Auto-configuration that lets callers go, connection by connection, while the
 * application drains.
 */
@AutoConfiguration(after = EtcdServiceRegistryAutoConfiguration.class)
@ConditionalOnBean(GracefulDeregistration.class)
public final class EtcdDrainingAutoConfiguration {

	/**
	 * For servlet applications.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = Type.SERVLET)
	@ConditionalOnClass(Filter.class)
	static class ServletConfiguration {

		/** Before all others, which may answer by themselves. */
		@Bean
		@ConditionalOnMissingBean
		@FilterRegistration(order = Ordered.HIGHEST_PRECEDENCE,
				dispatcherTypes = { DispatcherType.REQUEST, DispatcherType.ASYNC })
		DrainingFilter etcdDrainingFilter(GracefulDeregistration deregistration) {
			return new DrainingFilter(deregistration::isDraining);
		}

	}

	/**
	 * For reactive applications.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = Type.REACTIVE)
	@ConditionalOnClass(WebFilter.class)
	static class ReactiveConfiguration {

		@Bean
		@ConditionalOnMissingBean
		DrainingWebFilter etcdDrainingWebFilter(GracefulDeregistration deregistration) {
			return new DrainingWebFilter(deregistration::isDraining);
		}

	}

}
