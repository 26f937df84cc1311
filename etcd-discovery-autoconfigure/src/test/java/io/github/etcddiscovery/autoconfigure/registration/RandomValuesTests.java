package io.github.etcddiscovery.autoconfigure.registration;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link RandomValues}.
 */
class RandomValuesTests {

	private final StandardEnvironment environment = new StandardEnvironment();

	private RandomValues values(Map<String, Object> properties, String... changed) {
		this.environment.getPropertySources().addFirst(new MapPropertySource("test", properties));
		return new RandomValues(this.environment, List.of(changed));
	}

	@Test
	void randomValueStaysWhenNothingHasChanged() {
		assertThat(values(Map.of("id", "orders-${random.value}")).stays("id")).isTrue();
	}

	@Test
	void valueWithoutRandomPartIsTakenAnew() {
		RandomValues values = values(Map.of("id", "orders-${name}", "name", "a"));
		assertThat(values.stays("id")).isFalse();
		assertThat(values.stays("missing")).isFalse();
	}

	@Test
	void randomValueGoesWhenThePropertyItselfHasChanged() {
		assertThat(values(Map.of("some.long-id", "${random.value}"), "some.longId").stays("some.long-id")).isFalse();
	}

	@Test
	void randomValueGoesWhenAPlaceholderInItHasChanged() {
		Map<String, Object> properties = Map.of("id", "${app.name}-${random.value}", "app.name", "orders");
		assertThat(values(properties, "app.name").stays("id")).isFalse();
		assertThat(values(properties, "APP_NAME").stays("id")).as("as an environment variable").isTrue();
		assertThat(values(properties, "another").stays("id")).isTrue();
	}

	@Test
	void randomPartIsFoundThroughPlaceholdersOfPlaceholders() {
		Map<String, Object> properties = Map.of("id", "a-${suffix}", "suffix", "${own:${random.uuid}}");
		assertThat(values(properties).stays("id")).isTrue();
		assertThat(values(properties, "suffix").stays("id")).isFalse();
		assertThat(values(properties, "own").stays("id")).isFalse();
	}

	@Test
	void placeholdersThatNameEachOtherEnd() {
		assertThat(values(Map.of("a", "${b}", "b", "${a}")).stays("a")).isFalse();
	}

	@Test
	void entryOfAMapIsJudgedByItself() {
		Map<String, Object> properties = Map.of("meta.fixed", "a", "meta.run", "${random.int}", "meta[dotted.name]",
				"${random.int}");
		Map<String, String> former = Map.of("fixed", "a", "run", "1", "dotted.name", "2");
		Map<String, String> newer = Map.of("fixed", "b", "run", "3", "dotted.name", "4");
		assertThat(values(properties).keep("meta", former, newer))
			.isEqualTo(Map.of("fixed", "b", "run", "1", "dotted.name", "2"));
		assertThat(values(properties, "meta.run").keep("meta", former, newer)).containsEntry("run", "3");
		assertThat(values(properties, "meta[dotted.name]").keep("meta", former, newer)).containsEntry("dotted.name",
				"4");
	}

	@Test
	void randomEntryThatIsNewHasItsNewValue() {
		assertThat(values(Map.of("meta.run", "${random.int}")).keep("meta", Map.of(), Map.of("run", "3")))
			.isEqualTo(Map.of("run", "3"));
	}

}
