package io.github.etcddiscovery.testsupport;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link GoPrograms}.
 */
class GoProgramsTests {

	@ParameterizedTest
	@CsvSource({ "go1.26.8, true", "go1.26, true", "go1.27rc1, true", "go1.25.3, false", "go1.19.8, false",
			"devel, false" })
	void programsNeedGo126(String version, boolean enough) {
		assertThat(GoPrograms.isNewEnough(version + "\n")).isEqualTo(enough);
	}

}
