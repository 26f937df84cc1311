package io.github.etcddiscovery.test.documentation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The examples of {@code docs/testing.md} are tests that are run.
 */
class TestingPageTests {

	@Test
	void everyExampleIsThatOfATestThatIsRun() throws IOException {
		List<String> examples = Pattern.compile("(?s)```java\n(.*?)```")
			.matcher(Files.readString(Path.of("../docs/testing.md")))
			.results()
			.map((MatchResult code) -> code.group(1))
			.toList();
		List<String> tests = Stream
			.of(RegistrationTests.class, TwoApplicationsTests.class, OutageTests.class, InstancerTests.class)
			.map(TestingPageTests::withoutPackage)
			.toList();
		assertThat(examples).isEqualTo(tests);
	}

	private static String withoutPackage(Class<?> test) {
		try {
			String source = Files.readString(Path.of("src/test/java/" + test.getName().replace('.', '/') + ".java"));
			return source.substring(source.indexOf("import "));
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
