package io.github.etcddiscovery.autoconfigure.grpc;

import java.util.LinkedHashMap;
import java.util.Map;

import io.github.etcddiscovery.autoconfigure.EtcdClientAutoConfiguration;
import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryAutoConfiguration;
import io.github.etcddiscovery.grpc.EtcdChannelBuilderCustomizer;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.services.HealthCheckingLoadBalancerUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.grpc.client.autoconfigure.GrpcClientDefaultServiceConfigCustomizer;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.grpc.client.GrpcChannelBuilderCustomizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

/**
 * Tests of {@link EtcdGrpcAutoConfiguration}.
 */
@ExtendWith(OutputCaptureExtension.class)
class EtcdGrpcAutoConfigurationTests {

	private static final String WARNING = "Channel etcd:///stock is to check the health of instances, and does not:"
			+ " expected io.grpc:grpc-services on the class path";

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(EtcdClientAutoConfiguration.class,
				EtcdDiscoveryAutoConfiguration.class, EtcdGrpcAutoConfiguration.class))
		.withPropertyValues("spring.cloud.etcd.fail-fast=false");

	@Test
	void channelsOfServicesThatTheLoadBalancerChecksAreHealthChecked(CapturedOutput output) {
		this.runner.withPropertyValues("spring.cloud.loadbalancer.configurations=health-check").run((context) -> {
			assertThat(config(context, "etcd:///stock"))
				.containsExactly(entry("healthCheckConfig", Map.of("serviceName", "")));
			assertThat(config(context, "dns:///stock")).isEmpty();
		});
		this.runner.run((context) -> assertThat(config(context, "etcd:///stock")).isEmpty());
		assertThat(output).doesNotContain("grpc-services");
	}

	@Test
	void healthCheckConfigOfTheUserStays() {
		this.runner.withPropertyValues("spring.cloud.loadbalancer.configurations=health-check").run((context) -> {
			Map<String, Object> config = new LinkedHashMap<>(Map.of("healthCheckConfig", "the user's"));
			customize(context, "etcd:///stock", config);
			assertThat(config).containsExactly(entry("healthCheckConfig", "the user's"));
		});
	}

	@Test
	void missingGrpcServicesAreSaidOnlyWhereHealthIsToBeChecked(CapturedOutput output) {
		ApplicationContextRunner without = this.runner
			.withClassLoader(new FilteredClassLoader(HealthCheckingLoadBalancerUtil.class));
		without.run((context) -> config(context, "etcd:///stock"));
		assertThat(output).doesNotContain("grpc-services");
		without.withPropertyValues("spring.cloud.loadbalancer.configurations=health-check")
			.run((context) -> config(context, "etcd:///stock"));
		assertThat(output).contains(WARNING);
	}

	@Test
	void startsWithSpringGrpcForSpringBoot40AndWithoutSpringGrpc() {
		this.runner.withClassLoader(new FilteredClassLoader(GrpcClientDefaultServiceConfigCustomizer.class))
			.run((context) -> assertThat(context).hasSingleBean(EtcdChannelBuilderCustomizer.class));
		this.runner.withClassLoader(new FilteredClassLoader(GrpcChannelBuilderCustomizer.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(EtcdChannelBuilderCustomizer.class));
	}

	@Test
	void customizerOfTheUserWinsOverOurs() {
		GrpcChannelBuilderCustomizer<NettyChannelBuilder> users = (target, builder) -> {
		};
		this.runner.withBean("aFirstByName", GrpcChannelBuilderCustomizer.class, () -> users)
			.run((context) -> assertThat(context.getBeanProvider(GrpcChannelBuilderCustomizer.class).orderedStream())
				.last()
				.isSameAs(users));
	}

	@Test
	void hintsForNativeImagesAreRegistered() {
		assertThat(EtcdGrpcAutoConfiguration.class.getAnnotation(ImportRuntimeHints.class).value())
			.containsExactly(ChannelSettings.Hints.class);
	}

	@Test
	void backsOffWithoutDiscoveryAndForABeanOfTheUser() {
		this.runner.withPropertyValues("spring.cloud.etcd.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(EtcdGrpcAutoConfiguration.class));
		this.runner
			.withBean("mine", EtcdChannelBuilderCustomizer.class, () -> new EtcdChannelBuilderCustomizer<>(null, null))
			.run((context) -> assertThat(context).hasSingleBean(EtcdChannelBuilderCustomizer.class).hasBean("mine"));
	}

	private static Map<String, Object> config(ApplicationContext context, String channel) {
		Map<String, Object> config = new LinkedHashMap<>();
		customize(context, channel, config);
		return config;
	}

	private static void customize(ApplicationContext context, String channel, Map<String, Object> config) {
		context.getBeanProvider(GrpcClientDefaultServiceConfigCustomizer.class)
			.orderedStream()
			.forEach((customizer) -> customizer.customize(channel, config));
	}

}
