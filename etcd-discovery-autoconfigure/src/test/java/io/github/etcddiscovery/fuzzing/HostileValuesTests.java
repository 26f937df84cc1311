package io.github.etcddiscovery.fuzzing;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Predicate;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every value of the corpus is let in, or refused, as its folder says.
 */
class HostileValuesTests {

	@Test
	void hostsThatLeadElsewhereAreRefused() {
		assertSorted(HostTarget.class, (host) -> HostTarget.isAccepted(text(host), 80));
	}

	@Test
	void keysThatNameNoInstanceAreRefused() {
		assertSorted(KeyTarget.class, (key) -> KeyTarget.isAccepted(text(key)));
	}

	@Test
	void valuesThatAreNoRecordsAreRefused() {
		assertSorted(RecordTarget.class, RecordTarget::isAccepted);
	}

	private static void assertSorted(Class<?> target, Predicate<byte[]> isAccepted) {
		assertThat(texts(Corpus.accepted(target), isAccepted.negate())).as("refused").isEmpty();
		assertThat(texts(Corpus.refused(target), isAccepted)).as("accepted").isEmpty();
	}

	private static List<String> texts(List<byte[]> values, Predicate<byte[]> condition) {
		assertThat(values).isNotEmpty();
		return values.stream().filter(condition).map(HostileValuesTests::text).toList();
	}

	private static String text(byte[] value) {
		return new String(value, StandardCharsets.UTF_8);
	}

}
