package io.github.etcddiscovery.autoconfigure;

import java.util.Map;

import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Switches Spring Cloud LoadBalancer's cache off, unless somebody says otherwise: what
 * comes from etcd is always current, so it would only be warned at every start that the
 * cache is not the one for production. Nothing is switched while etcd is not used.
 */
class LoadBalancerCacheEnvironmentPostProcessor implements EnvironmentPostProcessor {

	private static final String CACHE = "spring.cloud.loadbalancer.cache.enabled";

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		if (!environment.containsProperty(CACHE) && isOn(environment, "spring.cloud.discovery.enabled")
				&& isOn(environment, "spring.cloud.etcd.enabled")
				&& isOn(environment, "spring.cloud.etcd.discovery.enabled")) {
			environment.getPropertySources().addLast(new MapPropertySource("etcdDiscovery", Map.of(CACHE, false)));
		}
	}

	private static boolean isOn(ConfigurableEnvironment environment, String property) {
		return environment.getProperty(property, Boolean.class, true);
	}

}
