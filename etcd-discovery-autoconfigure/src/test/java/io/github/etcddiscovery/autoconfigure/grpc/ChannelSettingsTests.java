package io.github.etcddiscovery.autoconfigure.grpc;

import io.grpc.protobuf.services.HealthCheckingLoadBalancerUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link ChannelSettings}, with the properties of Spring Boot 4.1 and 4.0.
 */
class ChannelSettingsTests {

	@ParameterizedTest
	@CsvSource({ "etcd:///stock, ''", "stock, channel.stock.target=etcd:///stock",
			"stock, channel.stock.target=${where}///stock", "${where}///stock, ''",
			"stock, channels.stock.address=etcd:///stock",
			"stock, 'channel.stock.target=etcd:///stock channel.other.default.load-balancing-policy=pick_first'",
			"stock, 'channel.stock.target=etcd:///stock channel.default.default.load-balancing-policy=pick_first'" })
	void channelToEtcdHasOurPolicyUnlessAnotherOneIsAskedFor(String channel, String properties) {
		assertThat(settings(properties).hasOurPolicy(channel)).isTrue();
	}

	@ParameterizedTest
	@CsvSource({ "stock, ''", "dns:///stock, ''", "stock, channel.stock.target=dns:///stock",
			"stock, 'channel.stock.target=etcd:///stock channel.stock.default.load-balancing-policy=round_robin'",
			"stock, 'channel.stock.target=etcd:///stock channel.stock.default.loadBalancingPolicy=pick_first'",
			"etcd:///stock, channel.default.default.load-balancing-policy=round_robin",
			"etcd:///stock, channel[etcd:///stock].default.load-balancing-policy=round_robin",
			"stock, 'channels.stock.address=etcd:///stock channels.stock.default-load-balancing-policy=round_robin'",
			"etcd:///stock, default-channel.default-load-balancing-policy=round_robin" })
	void policyThatAPropertyNamesStaysAndOtherTargetsAreLeftAlone(String channel, String properties) {
		assertThat(settings(properties).hasOurPolicy(channel)).isFalse();
	}

	@ParameterizedTest
	@CsvSource({ "etcd:///stock, configurations=health-check, true", "stock, configurations=health-check, false",
			"etcd:///stock, 'configurations=zone-preference,health-check', true",
			"etcd:///stock, 'configurations[0]=weighted configurations[1]=health-check', true",
			"etcd:///stock, clients.stock.configurations=health-check, true",
			"etcd:///my.stock, clients[my.stock].configurations=health-check, true",
			"stock, 'clients.stock.configurations=health-check channel.stock.target=etcd:///stock', true",
			"etcd:///stock, 'configurations=health-check clients.stock.configurations=weighted', false",
			"etcd:///stock, clients.orders.configurations=health-check, false", "etcd:///stock, '', false",
			"dns:///stock, configurations=health-check, false" })
	void healthIsCheckedWhereTheLoadBalancerChecksIt(String channel, String properties, boolean checked) {
		assertThat(settings(properties).isHealthChecked(channel)).isEqualTo(checked);
	}

	@ParameterizedTest
	@CsvSource({ "Channel", "Defaults" })
	void propertiesAreBoundInANativeImage(String type) throws ClassNotFoundException {
		RuntimeHints hints = new RuntimeHints();
		new ChannelSettings.Hints().registerHints(hints, getClass().getClassLoader());
		Class<?> bound = Class.forName(ChannelSettings.class.getName() + "$" + type);
		assertThat(RuntimeHintsPredicates.reflection().onType(bound)).accepts(hints);
	}

	@Test
	void classThatChecksHealthIsFoundInANativeImage() {
		RuntimeHints hints = new RuntimeHints();
		new ChannelSettings.Hints().registerHints(hints, getClass().getClassLoader());
		assertThat(RuntimeHintsPredicates.reflection().onType(HealthCheckingLoadBalancerUtil.class)).accepts(hints);
	}

	private static ChannelSettings settings(String properties) {
		MockEnvironment environment = new MockEnvironment().withProperty("where", "etcd:");
		for (String property : properties.split(" ")) {
			if (!property.isEmpty()) {
				int equals = property.indexOf('=');
				String prefix = property.startsWith("configurations") || property.startsWith("clients")
						? "spring.cloud.loadbalancer." : "spring.grpc.client.";
				environment.setProperty(prefix + property.substring(0, equals), property.substring(equals + 1));
			}
		}
		return new ChannelSettings(environment);
	}

}
