package io.github.etcddiscovery.autoconfigure;

import org.springframework.boot.bootstrap.BootstrapRegistry;
import org.springframework.boot.bootstrap.BootstrapRegistryInitializer;
import org.springframework.cloud.config.client.ConfigServerInstanceProvider;
import org.springframework.util.ClassUtils;

/**
 * Lets Spring Cloud Config's client find its server in etcd
 * ({@code spring.cloud.config.discovery.enabled=true}), before there is an application.
 */
final class EtcdConfigServerBootstrapper implements BootstrapRegistryInitializer {

	static final String CONFIG_CLIENT = "org.springframework.cloud.config.client.ConfigServerInstanceProvider";

	@Override
	public void initialize(BootstrapRegistry registry) {
		if (ClassUtils.isPresent(CONFIG_CLIENT, getClass().getClassLoader())) {
			Registration.in(registry);
		}
	}

	/**
	 * Not loaded without the config client.
	 */
	private static final class Registration {

		static void in(BootstrapRegistry registry) {
			ConfigServerInstances instances = new ConfigServerInstances();
			registry.registerIfAbsent(ConfigServerInstanceProvider.Function.class,
					BootstrapRegistry.InstanceSupplier.of(instances));
			registry.addCloseListener((event) -> instances.use(event.getApplicationContext()));
		}

	}

}
