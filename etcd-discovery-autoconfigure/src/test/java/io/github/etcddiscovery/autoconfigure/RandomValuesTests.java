package io.github.etcddiscovery.autoconfigure;

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
		RandomValues values = values(properties);
		assertThat(values.stays("meta", "fixed")).isFalse();
		assertThat(values.stays("meta", "run")).isTrue();
		assertThat(values.stays("meta", "dotted.name")).isTrue();
		assertThat(values(properties, "meta.run").stays("meta", "run")).isFalse();
		assertThat(values(properties, "meta[dotted.name]").stays("meta", "dotted.name")).isFalse();
	}

}
