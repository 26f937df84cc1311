package io.github.etcddiscovery.instance;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class PlainTextTests {

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "~", "orders-1", "\u00fc", "\u4e16\u754c" })
	void textThatIsShownAsItIsIsPlain(String text) {
		assertThat(PlainText.isPlain(text)).isTrue();
		assertThat(PlainText.of(text, 10)).isEqualTo(text);
	}

	@ParameterizedTest
	@ValueSource(strings = { "\u0007", "\u001f", "\u007f", "\u009b", "\u202e", "\u2028", "\u2029", "\ud800" })
	void characterThatWouldChangeWhatIsSeenIsNot(String character) {
		for (String text : new String[] { character, "a" + character + "b" }) {
			assertThat(PlainText.isPlain(text)).isFalse();
			assertThat(PlainText.of(text, 10))
				.isEqualTo(text.replace(character, "\\u%04x".formatted((int) character.charAt(0))));
		}
	}

	@Test
	void onlyWhatIsLongerIsCut() {
		assertThat(PlainText.of("12345", 5)).isEqualTo("12345");
		assertThat(PlainText.of("123456", 5)).isEqualTo("12345...");
	}

}
