package io.github.etcddiscovery.autoconfigure;

import java.util.LinkedHashMap;
import java.util.Map;

import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.env.DefaultPropertiesPropertySource;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Changes the defaults of a few properties of other libraries. They become default
 * properties of the application, so that every other source overrides them, the
 * application's own default properties included.
 */
class DefaultsEnvironmentPostProcessor implements EnvironmentPostProcessor {

	/**
	 * The logger that recommends another cache at every start. The load balancer is on
	 * the class path only because the starter brought it. The name is in brackets, since
	 * binding would drop its dollar sign otherwise.
	 */
	static final String CAFFEINE_WARNING = "logging.level[org.springframework.cloud.loadbalancer.config"
			+ ".LoadBalancerCacheAutoConfiguration$LoadBalancerCaffeineWarnLogger]";

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		Map<String, Object> defaults = isOn(environment, "spring.cloud.etcd.enabled") ? whereEtcdIsUsed(environment)
				: new LinkedHashMap<>(Map.of(CAFFEINE_WARNING, "error"));
		defaults.keySet().removeIf(environment::containsProperty);
		DefaultPropertiesPropertySource.addOrMerge(defaults, environment.getPropertySources());
	}

	private static Map<String, Object> whereEtcdIsUsed(ConfigurableEnvironment environment) {
		Map<String, Object> defaults = new LinkedHashMap<>();
		// At DEBUG it logs every byte that is sent to etcd, passwords and tokens
		// included.
		defaults.put("logging.level.io.grpc.netty.NettyClientHandler", "info");
		// jetcd logs two warnings for each call that fails. Our log reports each outage
		// once.
		defaults.put("logging.level.io.etcd.jetcd.impl", "error");
		if (isOn(environment, "spring.cloud.discovery.enabled")
				&& isOn(environment, "spring.cloud.etcd.discovery.enabled")) {
			// Instances from etcd are always current: a cache in between only delays
			// them.
			defaults.put("spring.cloud.loadbalancer.cache.enabled", false);
		}
		else {
			defaults.put(CAFFEINE_WARNING, "error");
		}
		return defaults;
	}

	private static boolean isOn(ConfigurableEnvironment environment, String property) {
		return environment.getProperty(property, Boolean.class, true);
	}

}
