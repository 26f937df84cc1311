package io.github.etcddiscovery.documentation;

import java.util.Arrays;
import java.util.List;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.github.etcddiscovery.testsupport.Document;
import org.junit.jupiter.api.Test;
import org.junit.platform.commons.annotation.Testable;

import org.springframework.core.annotation.AnnotatedElementUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Each promise of the page on security names a test that is there.
 */
class SecurityPromisesTests {

	private static final JavaClasses TESTS = new ClassFileImporter()
		.withImportOption(new ImportOption.OnlyIncludeTests())
		.importPackages("io.github.etcddiscovery");

	@Test
	void everyPromiseNamesTestsThatAreThere() {
		List<String> rows = Document.of("docs/security.md").find("(?m)^(\\| [^|]+ \\| `\\w+Tests[^|]*\\|)$");
		assertThat(rows).hasSizeGreaterThan(15);
		rows.stream()
			.flatMap((row) -> Arrays.stream(row.split("`")))
			.filter((part) -> part.matches("\\w+Tests(\\.\\w+)?"))
			.forEach(SecurityPromisesTests::assertThatIsATest);
	}

	private static void assertThatIsATest(String name) {
		String[] parts = name.split("\\.");
		Class<?> type = TESTS.stream()
			.filter((found) -> found.getSimpleName().equals(parts[0]))
			.findFirst()
			.map(JavaClass::reflect)
			.orElseThrow(() -> new AssertionError("There is no test class " + parts[0]));
		assertThat(type.getDeclaredMethods()).as(name)
			.anyMatch((method) -> AnnotatedElementUtils.isAnnotated(method, Testable.class)
					&& (parts.length == 1 || method.getName().equals(parts[1])));
	}

}
