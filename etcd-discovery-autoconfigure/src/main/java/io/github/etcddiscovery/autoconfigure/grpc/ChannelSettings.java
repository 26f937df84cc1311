package io.github.etcddiscovery.autoconfigure.grpc;

import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.grpc.WeightedRoundRobinLoadBalancerProvider;
import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.BindableRuntimeHintsRegistrar;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.Name;
import org.springframework.core.env.Environment;

/**
 * What the properties say of the channels of Spring gRPC. Spring gRPC does not tell
 * whether its {@code round_robin} was asked for, so its properties are read again: those
 * of Spring Boot 4.1 and, where they differ, those of Spring gRPC's own starter for
 * Spring Boot 4.0.
 *
 * @param environment has the properties
 */
record ChannelSettings(Environment environment) {

	private static final String PREFIX = "spring.grpc.client.";

	private static final String LOAD_BALANCER = "spring.cloud.loadbalancer.";

	private static final String TARGET = "etcd:///";

	/**
	 * Whether a channel gets our load balancing policy: its target is a service in etcd,
	 * and no property names a policy.
	 * @param channel the name of a channel, or a target
	 */
	boolean hasOurPolicy(String channel) {
		return service(channel) != null && !namesPolicy("channel", channel, "channel.default")
				&& !namesPolicy("channels", channel, "default-channel");
	}

	/**
	 * Whether instances that a channel calls are health-checked, as the configuration of
	 * Spring Cloud LoadBalancer for the service asks.
	 * @param channel the name of a channel, or a target
	 */
	boolean isHealthChecked(String channel) {
		String service = service(channel);
		return service != null && binder()
			.bind(LOAD_BALANCER + "clients[" + service + "].configurations", Bindable.listOf(String.class))
			.orElseGet(() -> binder().bind(LOAD_BALANCER + "configurations", Bindable.listOf(String.class))
				.orElse(List.of()))
			.contains("health-check");
	}

	private boolean namesPolicy(String channels, String channel, String defaults) {
		Channel named = channels(channels).get(channel);
		Channel settings = (named != null) ? named
				: binder().bind(PREFIX + defaults, Channel.class).orElse(Channel.NONE);
		return settings.policy() != null;
	}

	/**
	 * Returns the service in etcd that a channel calls, {@code null} if there is none.
	 */
	private @Nullable String service(String channel) {
		String target = channels("channel").getOrDefault(channel, Channel.NONE).target();
		if (target == null) {
			target = channels("channels").getOrDefault(channel, Channel.NONE).address();
		}
		if (target == null) {
			target = this.environment.resolvePlaceholders(channel);
		}
		return target.startsWith(TARGET) ? target.substring(TARGET.length()) : null;
	}

	private Map<String, Channel> channels(String property) {
		return binder().bind(PREFIX + property, Bindable.mapOf(String.class, Channel.class)).orElse(Map.of());
	}

	private Binder binder() {
		return Binder.get(this.environment);
	}

	/**
	 * The properties of a channel.
	 *
	 * @param target the target, with Spring Boot 4.1
	 * @param defaults what the channel uses by default, with Spring Boot 4.1
	 * @param address the target, with Spring Boot 4.0
	 * @param defaultLoadBalancingPolicy the policy, with Spring Boot 4.0
	 */
	record Channel(@Nullable String target, @Name("default") @Nullable Defaults defaults, @Nullable String address,
			@Nullable String defaultLoadBalancingPolicy) {

		static final Channel NONE = new Channel(null, null, null, null);

		@Nullable String policy() {
			return (this.defaults != null) ? this.defaults.loadBalancingPolicy() : this.defaultLoadBalancingPolicy;
		}

	}

	/**
	 * What a channel uses by default.
	 *
	 * @param loadBalancingPolicy the policy
	 */
	record Defaults(@Nullable String loadBalancingPolicy) {

	}

	/**
	 * What the binder looks into by reflection, and the class by which our policy decides
	 * whether it can check health.
	 */
	static final class Hints implements RuntimeHintsRegistrar {

		@Override
		public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
			BindableRuntimeHintsRegistrar.forTypes(Channel.class).registerHints(hints, classLoader);
			hints.reflection()
				.registerTypeIfPresent(classLoader, WeightedRoundRobinLoadBalancerProvider.HEALTH_CHECKING);
		}

	}

}
