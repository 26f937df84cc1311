package io.github.etcddiscovery.autoconfigure.registration;

import java.util.function.BooleanSupplier;

import io.github.etcddiscovery.cloud.registration.DrainingFilter;
import io.github.etcddiscovery.cloud.registration.DrainingWebFilter;
import io.github.etcddiscovery.cloud.registration.GracefulDeregistration;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingFilterBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication.Type;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.util.function.SingletonSupplier;
import org.springframework.web.server.WebFilter;

/**
 * Auto-configuration that lets callers go, connection by connection, while the
 * application drains.
 */
@AutoConfiguration(after = EtcdServiceRegistryAutoConfiguration.class)
@ConditionalOnBean(GracefulDeregistration.class)
public final class EtcdDrainingAutoConfiguration {

	/**
	 * Looked up at the first request. Filters are created while the web server starts,
	 * and a connection that cannot be configured would look like its failure.
	 */
	private static BooleanSupplier isDraining(ObjectProvider<GracefulDeregistration> deregistration) {
		SingletonSupplier<GracefulDeregistration> created = SingletonSupplier.of(deregistration::getObject);
		return () -> created.obtain().isDraining();
	}

	/**
	 * For servlet applications.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = Type.SERVLET)
	@ConditionalOnClass(Filter.class)
	static class ServletConfiguration {

		/**
		 * This filter runs first, because another filter may answer a request without
		 * calling the rest of the chain. It is not declared by
		 * {@code @FilterRegistration}: Spring reads the annotations of member classes
		 * before it evaluates conditions, and without the Servlet API the annotation's
		 * {@code DispatcherType} would make the application fail to start.
		 */
		@Bean
		@ConditionalOnMissingFilterBean(DrainingFilter.class)
		FilterRegistrationBean<DrainingFilter> etcdStarterDrainingFilter(
				ObjectProvider<GracefulDeregistration> deregistration) {
			FilterRegistrationBean<DrainingFilter> registration = new FilterRegistrationBean<>(
					new DrainingFilter(isDraining(deregistration)));
			registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
			registration.setDispatcherTypes(DispatcherType.REQUEST, DispatcherType.ASYNC);
			return registration;
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
		DrainingWebFilter etcdStarterDrainingWebFilter(ObjectProvider<GracefulDeregistration> deregistration) {
			return new DrainingWebFilter(isDraining(deregistration));
		}

	}

}
