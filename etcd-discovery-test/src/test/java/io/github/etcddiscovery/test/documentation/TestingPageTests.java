package io.github.etcddiscovery.test.documentation;

import java.util.List;
import java.util.stream.Stream;

import io.github.etcddiscovery.testsupport.Document;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The examples of {@code docs/testing.md} are tests that are run.
 */
class TestingPageTests {

	@Test
	void everyExampleIsThatOfATestThatIsRun() {
		List<String> tests = Stream
			.of(RegistrationTests.class, TwoApplicationsTests.class, OutageTests.class, InstancerTests.class)
			.map(TestingPageTests::withoutPackage)
			.toList();
		assertThat(Document.of("docs/testing.md").blocks("java")).isEqualTo(tests);
	}

	private static String withoutPackage(Class<?> test) {
		String source = Document.of("etcd-discovery-test/src/test/java/" + test.getName().replace('.', '/') + ".java")
			.text();
		return source.substring(source.indexOf("import "));
	}

}
