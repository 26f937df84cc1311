package io.github.etcddiscovery.autoconfigure.grpc;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link ChannelPolicies}, with the properties of Spring Boot 4.1 and 4.0.
 */
class ChannelPoliciesTests {

	@ParameterizedTest
	@CsvSource({ "etcd:///stock, ''", "stock, channel.stock.target=etcd:///stock",
			"stock, channel.stock.target=${where}///stock", "${where}///stock, ''",
			"stock, channels.stock.address=etcd:///stock",
			"stock, 'channel.stock.target=etcd:///stock channel.other.default.load-balancing-policy=pick_first'",
			"stock, 'channel.stock.target=etcd:///stock channel.default.default.load-balancing-policy=pick_first'" })
	void channelToEtcdHasOurPolicyUnlessAnotherOneIsAskedFor(String channel, String properties) {
		assertThat(isOurs(channel, properties)).isTrue();
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
		assertThat(isOurs(channel, properties)).isFalse();
	}

	@ParameterizedTest
	@CsvSource({ "Channel", "Defaults" })
	void propertiesAreBoundInANativeImage(String type) throws ClassNotFoundException {
		RuntimeHints hints = new RuntimeHints();
		new ChannelPolicies.Hints().registerHints(hints, getClass().getClassLoader());
		Class<?> bound = Class.forName(ChannelPolicies.class.getName() + "$" + type);
		assertThat(RuntimeHintsPredicates.reflection().onType(bound)).accepts(hints);
	}

	private static boolean isOurs(String channel, String properties) {
		MockEnvironment environment = new MockEnvironment().withProperty("where", "etcd:");
		for (String property : properties.split(" ")) {
			if (!property.isEmpty()) {
				int equals = property.indexOf('=');
				environment.setProperty("spring.grpc.client." + property.substring(0, equals),
						property.substring(equals + 1));
			}
		}
		return new ChannelPolicies(environment).isOurs(channel);
	}

}
