package io.github.etcddiscovery.test;

import java.util.Map;
import java.util.stream.Stream;

import org.springframework.aot.AotDetector;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.MergedContextConfiguration;

/**
 * Gives the application of a test an embedded etcd, unless the test says where its etcd
 * is, and takes away the drain: nobody is calling it. A record, because Spring shares a
 * context between tests whose customizers are equal.
 */
record EmbeddedEtcdContextCustomizer() implements ContextCustomizer {

	private static final String DEFAULTS = "etcd-discovery-test";

	@Override
	public void customizeContext(ConfigurableApplicationContext context, MergedContextConfiguration mergedConfig) {
		ConfigurableEnvironment environment = context.getEnvironment();
		addDefaults(environment.getPropertySources());
		boolean generated = AotDetector.useGeneratedArtifacts();
		if (!generated && context.getBeanFactory() instanceof BeanDefinitionRegistry registry) {
			registry.registerBeanDefinition(Import.class.getName(), new RootBeanDefinition(Import.class));
		}
	}

	/**
	 * What a test sets for itself comes before the properties of the JVM, what its
	 * application sets after them.
	 */
	private static void addDefaults(MutablePropertySources sources) {
		PropertySource<?> defaults = new MapPropertySource(DEFAULTS, Map.of("spring.cloud.etcd.discovery.drain", "0s"));
		if (sources.contains(StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME)) {
			sources.addBefore(StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME, defaults);
		}
		else {
			sources.addLast(defaults);
		}
	}

	/**
	 * Whether the test, or the command that runs it, says where etcd is, rather than its
	 * application.
	 */
	static boolean hasEndpointsOfItsOwn(ConfigurableEnvironment environment) {
		MutablePropertySources sources = environment.getPropertySources();
		PropertySource<?> ofTheJvm = sources.get(StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME);
		return Stream
			.concat(sources.stream().takeWhile((source) -> !source.getName().equals(DEFAULTS)),
					Stream.ofNullable(ofTheJvm))
			.filter((source) -> !ConfigurationPropertySources.isAttachedConfigurationPropertySource(source))
			.anyMatch((source) -> new Binder(ConfigurationPropertySources.from(source))
				.bind("spring.cloud.etcd.endpoints", Bindable.listOf(String.class))
				.isBound());
	}

	/**
	 * Lets the embedded etcd come after the test's own beans, and before what is
	 * auto-configured otherwise.
	 */
	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration(EmbeddedEtcdConfiguration.class)
	static class Import {

	}

}
