package io.github.etcddiscovery.instance;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of {@link SmallMap} and {@link SharedText}.
 */
class SmallMapTests {

	private final Map<String, String> original = new LinkedHashMap<>(Map.of("zone", "a"));

	SmallMapTests() {
		this.original.put("version", "2");
		this.original.put("team", "stock");
	}

	@Test
	void hasTheEntriesOfTheOriginalInTheirOrder() {
		Map<String, String> copy = SmallMap.copyOf(this.original);
		assertThat(copy).isEqualTo(this.original).hasSameHashCodeAs(this.original).hasSize(3);
		assertThat(copy.keySet()).containsExactly("zone", "version", "team");
		assertThat(copy.values()).containsExactly("a", "2", "stock");
	}

	@Test
	void findsEachNameAndNothingElse() {
		Map<String, String> copy = SmallMap.copyOf(this.original);
		assertThat(copy.get("team")).isEqualTo("stock");
		assertThat(copy.get("zone")).isEqualTo("a");
		assertThat(copy.get("a")).isNull();
		assertThat(copy.get(null)).isNull();
		assertThat(copy.containsKey("version")).isTrue();
		assertThat(copy.containsKey("stock")).isFalse();
	}

	@Test
	void doesNotChangeWithTheOriginal() {
		Map<String, String> copy = SmallMap.copyOf(this.original);
		this.original.put("zone", "b");
		assertThat(copy).containsEntry("zone", "a");
	}

	@Test
	void cannotBeChanged() {
		Map<String, String> copy = SmallMap.copyOf(this.original);
		assertThat(copy).isUnmodifiable();
		assertThat(copy).isEqualTo(this.original);
	}

	@Test
	void endsAfterItsLastEntry() {
		assertThatExceptionOfType(NoSuchElementException.class)
			.isThrownBy(() -> SmallMap.copyOf(Map.of()).entrySet().iterator().next());
	}

	@Test
	void equalShortTextsOfTwoInstancesAreOneObject() {
		String zone = "eu-central-1a";
		ServiceRecord first = record("orders", zone);
		ServiceRecord second = record(new String("orders"), new String(zone));
		assertThat(second.key().serviceId()).isSameAs(first.key().serviceId());
		assertThat(second.metadata().get("zone")).isSameAs(first.metadata().get("zone"));
		assertThat(second.host()).isSameAs(first.host());
	}

	@Test
	void longTextsAreNotKept() {
		String text = "x".repeat(65);
		SharedText.of(text);
		String equal = new String(text);
		assertThat(SharedText.of(equal)).isSameAs(equal);
	}

	private static ServiceRecord record(String service, String zone) {
		return new ServiceRecord(new InstanceKey(service, "1"), new String("10.0.0.5"), 8080, false, InstanceStatus.UP,
				Map.of("zone", zone));
	}

}
