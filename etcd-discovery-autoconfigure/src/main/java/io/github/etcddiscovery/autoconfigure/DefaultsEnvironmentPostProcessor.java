package io.github.etcddiscovery.autoconfigure;

import java.util.LinkedHashMap;
import java.util.Map;

import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Gives properties of others another default than theirs, unless somebody says otherwise,
 * and as long as etcd is used.
 */
class DefaultsEnvironmentPostProcessor implements EnvironmentPostProcessor {

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		if (!isOn(environment, "spring.cloud.etcd.enabled")) {
			return;
		}
		Map<String, Object> defaults = new LinkedHashMap<>();
		// It writes what is sent to etcd, byte by byte: passwords and tokens, too.
		defaults.put("logging.level.io.grpc.netty.NettyClientHandler", "info");
		if (isOn(environment, "spring.cloud.discovery.enabled")
				&& isOn(environment, "spring.cloud.etcd.discovery.enabled")) {
			// What comes from etcd is always current, so every start would only be warned
			// that the cache is not the one for production.
			defaults.put("spring.cloud.loadbalancer.cache.enabled", false);
		}
		environment.getPropertySources().addLast(new MapPropertySource("etcdDiscovery", defaults));
	}

	private static boolean isOn(ConfigurableEnvironment environment, String property) {
		return environment.getProperty(property, Boolean.class, true);
	}

}
