package io.github.etcddiscovery.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import jakarta.servlet.DispatcherType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.web.servlet.FilterRegistration;
import org.springframework.core.type.classreading.SimpleMetadataReaderFactory;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests that every configuration class can be read without the optional dependencies.
 * Spring reads the annotations of a configuration and of its member classes as byte code
 * and before any condition, and it loads the enums in them at once: an enum of a missing
 * dependency ends the start.
 */
class OptionalTypesTests {

	/** The packages that every application with the starter has. */
	private static final List<String> ALWAYS_THERE = List.of("java.", "io.github.etcddiscovery.",
			"org.springframework.beans.", "org.springframework.boot.autoconfigure.",
			"org.springframework.boot.context.properties.", "org.springframework.boot.web.servlet.",
			"org.springframework.cloud.client.", "org.springframework.context.", "org.springframework.core.");

	private static final SimpleMetadataReaderFactory READER = new SimpleMetadataReaderFactory(new FilteredClassLoader(
			(name) -> !name.contains("/") && ALWAYS_THERE.stream().noneMatch(name::startsWith)));

	static List<String> configurationClasses() throws IOException {
		Path root = Path.of("target", "classes");
		try (Stream<Path> files = Files.walk(root.resolve("io/github/etcddiscovery"))) {
			return files.map((file) -> root.relativize(file).toString())
				.filter((file) -> file.contains("Configuration") && file.endsWith(".class"))
				.map((file) -> file.substring(0, file.length() - ".class".length()).replace('/', '.'))
				.toList();
		}
	}

	@ParameterizedTest
	@MethodSource("configurationClasses")
	void annotationsAreReadWithoutOptionalDependencies(String name) {
		assertThatCode(() -> READER.getMetadataReader(name)).doesNotThrowAnyException();
	}

	@Test
	void enumOfAnOptionalDependencyIsNoticed() {
		assertThatIllegalArgumentException().isThrownBy(() -> READER.getMetadataReader(Offender.class.getName()))
			.withMessageContaining("jakarta.servlet.DispatcherType");
	}

	/**
	 * Names an enum of the Servlet API.
	 */
	static class Offender {

		@FilterRegistration(dispatcherTypes = DispatcherType.REQUEST)
		void filter() {
		}

	}

}
