package io.github.etcddiscovery.autoconfigure;

import io.github.etcddiscovery.actuate.EtcdInfoContributor;
import io.github.etcddiscovery.actuate.EtcdMeters;
import io.github.etcddiscovery.actuate.EtcdServiceRegistryWebExtension;
import io.github.etcddiscovery.actuate.MicrometerTelemetry;
import io.github.etcddiscovery.autoconfigure.actuate.EtcdActuatorAutoConfiguration;
import io.github.etcddiscovery.autoconfigure.actuate.EtcdMetricsAutoConfiguration;
import io.github.etcddiscovery.autoconfigure.registration.EtcdDrainingAutoConfiguration;
import io.github.etcddiscovery.autoconfigure.registration.EtcdServiceRegistryAutoConfiguration;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.cloud.registration.DrainingFilter;
import io.github.etcddiscovery.cloud.registration.DrainingWebFilter;
import io.github.etcddiscovery.doubles.EmptyEtcdClient;
import io.github.etcddiscovery.support.Telemetry;
import io.github.etcddiscovery.view.ServiceView;
import io.micrometer.core.instrument.binder.MeterBinder;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.AbstractApplicationContextRunner;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.cloud.client.serviceregistry.ServiceRegistryAutoConfiguration;
import org.springframework.cloud.client.serviceregistry.endpoint.ServiceRegistryEndpoint;
import org.springframework.cloud.commons.util.UtilAutoConfiguration;
import org.springframework.core.Ordered;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which beans measure, show and drain, by what is on the class path and what is set.
 * Tests of {@link EtcdActuatorAutoConfiguration}.
 */
class OptionalAutoConfigurationTests {

	private final ApplicationContextRunner runner = prepare(new ApplicationContextRunner());

	private static <R extends AbstractApplicationContextRunner<R, ?, ?>> R prepare(R runner) {
		return runner
			.withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class, UtilAutoConfiguration.class,
					EtcdClientAutoConfiguration.class, EtcdDiscoveryAutoConfiguration.class,
					EtcdServiceRegistryAutoConfiguration.class, EtcdMetricsAutoConfiguration.class,
					EtcdDrainingAutoConfiguration.class, EtcdActuatorAutoConfiguration.class,
					ServiceRegistryAutoConfiguration.class))
			.withPropertyValues("spring.application.name=orders")
			.withBean("userClient", EtcdClient.class, EmptyEtcdClient::new);
	}

	@Test
	void withMicrometerAllIsMeasured() {
		this.runner.run((context) -> assertThat(context).hasNotFailed()
			.hasSingleBean(EtcdMeters.class)
			.hasSingleBean(MicrometerTelemetry.class));
	}

	@Test
	void withoutMicrometerNothingIs() {
		this.runner.withClassLoader(new FilteredClassLoader(MeterBinder.class))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(ServiceView.class)
				.doesNotHaveBean("etcdStarterMeters")
				.doesNotHaveBean(Telemetry.class));
	}

	@Test
	void metersNeedNoActuator() {
		this.runner.withClassLoader(new FilteredClassLoader("org.springframework.boot.actuate"))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(EtcdMeters.class)
				.doesNotHaveBean(EtcdInfoContributor.class));
	}

	@Test
	void withoutDiscoveryNothingIsMeasured() {
		this.runner.withPropertyValues("spring.cloud.etcd.discovery.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(EtcdMeters.class)
				.doesNotHaveBean(Telemetry.class));
	}

	@Test
	void telemetryOfTheUserWins() {
		this.runner.withBean(Telemetry.class, () -> Telemetry.NONE)
			.run((context) -> assertThat(context.getBean(Telemetry.class)).isSameAs(Telemetry.NONE));
	}

	@Test
	void infoCanBeSwitchedOn() {
		this.runner.run((context) -> assertThat(context).doesNotHaveBean(EtcdInfoContributor.class));
		this.runner.withPropertyValues("management.info.etcd.enabled=true")
			.run((context) -> assertThat(context).hasSingleBean(EtcdInfoContributor.class));
		this.runner
			.withPropertyValues("management.info.etcd.enabled=true", "spring.cloud.etcd.discovery.register=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(EtcdInfoContributor.class));
	}

	@Test
	void endpointOfSpringCloudIsExtendedWhereItIs() {
		this.runner.run((context) -> assertThat(context).doesNotHaveBean(ServiceRegistryEndpoint.class)
			.doesNotHaveBean(EtcdServiceRegistryWebExtension.class));
		prepare(new WebApplicationContextRunner())
			.withPropertyValues("management.endpoints.web.exposure.include=serviceregistry")
			.run((context) -> assertThat(context).hasSingleBean(EtcdServiceRegistryWebExtension.class));
	}

	@Test
	void eachStackDrainsByAFilterOfItsOwn() {
		this.runner.run((context) -> assertThat(context).doesNotHaveBean(FilterRegistrationBean.class)
			.doesNotHaveBean(DrainingWebFilter.class));
		prepare(new WebApplicationContextRunner()).run((context) -> {
			assertThat(context).doesNotHaveBean(DrainingWebFilter.class);
			FilterRegistrationBean<?> registration = context.getBean(FilterRegistrationBean.class);
			assertThat(registration.getFilter()).isInstanceOf(DrainingFilter.class);
			assertThat(registration.getOrder()).isEqualTo(Ordered.HIGHEST_PRECEDENCE);
			assertThat(registration.determineDispatcherTypes()).containsExactlyInAnyOrder(DispatcherType.REQUEST,
					DispatcherType.ASYNC);
		});
		prepare(new WebApplicationContextRunner())
			.withBean("own", DrainingFilter.class, () -> new DrainingFilter(() -> false))
			.run((context) -> assertThat(context).hasSingleBean(DrainingFilter.class)
				.doesNotHaveBean(FilterRegistrationBean.class));
		prepare(new ReactiveWebApplicationContextRunner())
			.run((context) -> assertThat(context).hasSingleBean(DrainingWebFilter.class)
				.doesNotHaveBean(FilterRegistrationBean.class));
		prepare(new ReactiveWebApplicationContextRunner()).withClassLoader(new FilteredClassLoader(Filter.class))
			.run((context) -> assertThat(context).hasSingleBean(DrainingWebFilter.class));
	}

}
