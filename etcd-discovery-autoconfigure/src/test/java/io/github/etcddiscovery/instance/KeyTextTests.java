package io.github.etcddiscovery.instance;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link KeyText}: no two keys become one.
 */
class KeyTextTests {

	@ParameterizedTest
	@ValueSource(strings = { "", "/services/orders/1", "/services/b\u00fccher/\u20ac", "\ud83d\ude00", "a\ufffdb" })
	void utf8IsReadAsSuch(String text) {
		assertThat(KeyText.decode(text.getBytes(StandardCharsets.UTF_8))).isEqualTo(text);
		assertThat(KeyText.encode(text)).isEqualTo(text.getBytes(StandardCharsets.UTF_8));
	}

	@Test
	void bytesThatAreNoTextAreToldApartAndComeBack() {
		Random random = new Random(1);
		Set<String> texts = new HashSet<>();
		for (int i = 0; i < 100_000; i++) {
			byte[] key = new byte[4];
			random.nextBytes(key);
			String text = KeyText.decode(key);
			assertThat(KeyText.encode(text)).isEqualTo(key);
			texts.add(text);
		}
		assertThat(texts).as("seven in four thousand million meet by chance").hasSizeGreaterThan(99_990);
	}

	@Test
	void everyByteThatIsNoTextIsOneCharacter() {
		assertThat(KeyText.decode(new byte[] { 'a', (byte) 0xff, 'b', (byte) 0xc3, (byte) 0x28 }))
			.isEqualTo("a\udcffb\udcc3(");
		assertThat(KeyText.decode(new byte[] { (byte) 0xed, (byte) 0xb3, (byte) 0xbf }))
			.as("a surrogate in what looks like UTF-8 is none")
			.isEqualTo("\udced\udcb3\udcbf");
		assertThat(KeyText.decode(new byte[] { 'a', (byte) 0xf0, (byte) 0x9f })).isEqualTo("a\udcf0\udc9f");
	}

	@Test
	void keyTooLongForAnyInstanceBecomesItsBeginningAndADigest() {
		byte[] key = ("/services/evil/" + "x".repeat(1_400_000)).getBytes(StandardCharsets.UTF_8);
		byte[] other = key.clone();
		other[other.length - 1] = 'y';
		String text = KeyText.decode(key);
		assertThat(text).startsWith("/services/evil/xxx").contains("1400015 bytes").hasSizeLessThan(200);
		assertThat(KeyText.isShortened(text)).isTrue();
		assertThat(KeyText.decode(other)).isNotEqualTo(text);
	}

	@Test
	void keyAsLongAsALayoutAllowsIsNotShortened() {
		String longest = "/" + "p".repeat(1_022) + "/" + "s".repeat(128) + "/" + "\u20ac".repeat(255);
		String text = KeyText.decode(KeyText.encode(longest));
		assertThat(text).isEqualTo(longest);
		assertThat(KeyText.isShortened(text)).isFalse();
		assertThat(KeyText.isShortened("")).isFalse();
	}

}
