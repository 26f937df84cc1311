package io.github.etcddiscovery.autoconfigure;

import java.lang.reflect.ParameterizedType;
import java.util.List;

import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.github.etcddiscovery.instance.format.InstanceFormats;
import org.junit.jupiter.api.Test;

import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.TypeReference;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.core.io.support.SpringFactoriesLoader;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Native images know all that is used by reflection.
 */
class EtcdRuntimeHintsTests {

	@Test
	void recordsThatJacksonReadsAreKnownToNativeImages() {
		RuntimeHints hints = hints();
		assertThat(documentTypes()).hasSizeGreaterThan(3)
			.containsExactlyInAnyOrderElementsOf(InstanceFormats.documentTypes())
			.allSatisfy((type) -> {
				assertThat(RuntimeHintsPredicates.reflection()
					.onType(type)
					.withMemberCategory(MemberCategory.INVOKE_DECLARED_CONSTRUCTORS)).accepts(hints);
				assertThat(type.getRecordComponents()).isNotEmpty()
					.allSatisfy((component) -> assertThat(
							RuntimeHintsPredicates.reflection().onMethodInvocation(component.getAccessor()))
						.accepts(hints));
			});
	}

	@Test
	void typesThatAreLookedForByTheirNamesAreKnownToNativeImages() {
		assertThat(List.of("jakarta.servlet.http.HttpServletRequest", EtcdConfigServerBootstrapper.CONFIG_CLIENT,
				"org.apache.hc.client5.http.ConnectTimeoutException"))
			.allSatisfy((name) -> assertThat(RuntimeHintsPredicates.reflection().onType(TypeReference.of(name)))
				.accepts(hints()));
	}

	@Test
	void pageIsPartOfNativeImages() {
		String page = "io/github/etcddiscovery/actuate/page.html";
		assertThat(getClass().getClassLoader().getResource(page)).isNotNull();
		assertThat(RuntimeHintsPredicates.resource().forResource(page)).accepts(hints());
	}

	private static RuntimeHints hints() {
		RuntimeHints hints = new RuntimeHints();
		ClassLoader loader = EtcdRuntimeHintsTests.class.getClassLoader();
		List<RuntimeHintsRegistrar> registrars = SpringFactoriesLoader
			.forResourceLocation("META-INF/spring/aot.factories", loader)
			.load(RuntimeHintsRegistrar.class)
			.stream()
			.filter((registrar) -> registrar.getClass().getName().startsWith("io.github.etcddiscovery."))
			.toList();
		assertThat(registrars).hasSize(3);
		registrars.forEach((registrar) -> registrar.registerHints(hints, loader));
		return hints;
	}

	/** Of all that are read anywhere. */
	private static List<Class<?>> documentTypes() {
		return new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests())
			.importPackages("io.github.etcddiscovery")
			.stream()
			.flatMap((type) -> type.getFields().stream())
			.filter((field) -> field.getRawType().getSimpleName().equals("JsonDocuments"))
			.<Class<?>>map(EtcdRuntimeHintsTests::argument)
			.toList();
	}

	private static Class<?> argument(JavaField field) {
		ParameterizedType type = (ParameterizedType) field.reflect().getGenericType();
		return (Class<?>) type.getActualTypeArguments()[0];
	}

}
