package io.github.etcddiscovery.test.documentation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The example of {@code docs/testing.md} is a test that is run.
 */
class TestingPageTests {

	@Test
	void exampleIsThatOfATestThatIsRun() throws IOException {
		String page = Files.readString(Path.of("../docs/testing.md"));
		String source = Files
			.readString(Path.of("src/test/java/io/github/etcddiscovery/test/documentation/OutageTests.java"));
		assertThat(Pattern.compile("(?s)```java\n(.*?)```")
			.matcher(page)
			.results()
			.map((MatchResult code) -> code.group(1))).singleElement()
			.satisfies((block) -> assertThat(source).endsWith(block));
	}

}
