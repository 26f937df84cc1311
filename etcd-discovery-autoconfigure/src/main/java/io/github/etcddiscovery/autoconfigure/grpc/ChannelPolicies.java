package io.github.etcddiscovery.autoconfigure.grpc;

import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.BindableRuntimeHintsRegistrar;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.Name;
import org.springframework.core.env.Environment;

/**
 * Which channels of Spring gRPC get our load balancing policy: those to {@code etcd:///}
 * targets for which no property names a policy. Spring gRPC does not tell whether its
 * {@code round_robin} was asked for, so the properties are read again: those of Spring
 * Boot 4.1 and, where they differ, those of Spring gRPC's own starter for Spring Boot
 * 4.0.
 *
 * @param environment has the properties
 */
record ChannelPolicies(Environment environment) {

	private static final String PREFIX = "spring.grpc.client.";

	/**
	 * Whether a channel gets our policy.
	 * @param channel the name of a channel, or a target
	 */
	boolean isOurs(String channel) {
		Binder binder = Binder.get(this.environment);
		Channel named = channels(binder, "channel").get(channel);
		Channel settings = (named != null) ? named : channels(binder, "channel").get("default");
		Channel namedBefore = channels(binder, "channels").get(channel);
		Channel settingsBefore = (namedBefore != null) ? namedBefore
				: binder.bind(PREFIX + "default-channel", Channel.class).orElse(null);
		return !names(settings) && !names(settingsBefore) && target(channel, named, namedBefore).startsWith("etcd:");
	}

	private static Map<String, Channel> channels(Binder binder, String name) {
		return binder.bind(PREFIX + name, Bindable.mapOf(String.class, Channel.class)).orElse(Map.of());
	}

	private static boolean names(@Nullable Channel settings) {
		return settings != null && settings.policy() != null;
	}

	private String target(String channel, @Nullable Channel named, @Nullable Channel namedBefore) {
		if (named != null && named.target() != null) {
			return named.target();
		}
		if (namedBefore != null && namedBefore.address() != null) {
			return namedBefore.address();
		}
		return this.environment.resolvePlaceholders(channel);
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
	 * What the binder looks into by reflection.
	 */
	static final class Hints implements RuntimeHintsRegistrar {

		@Override
		public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
			BindableRuntimeHintsRegistrar.forTypes(Channel.class).registerHints(hints, classLoader);
		}

	}

}
