package io.github.etcddiscovery.autoconfigure;

import io.github.etcddiscovery.instance.format.InstanceFormats;
import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.BindingReflectionHintsRegistrar;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.TypeReference;

/**
 * What native images have to know of: the records that Jackson reads and writes, and
 * types that are looked for by their names. Beans, properties and the endpoint Spring
 * Boot finds by itself.
 */
final class EtcdRuntimeHints implements RuntimeHintsRegistrar {

	@Override
	public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
		new BindingReflectionHintsRegistrar().registerReflectionHints(hints.reflection(),
				InstanceFormats.documentTypes().toArray(Class<?>[]::new));
		hints.reflection().registerType(TypeReference.of(EtcdConfigServerBootstrapper.CONFIG_CLIENT));
		hints.resources().registerPattern("io/github/etcddiscovery/actuate/page.html");
	}

}
