package io.github.etcddiscovery.registry;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

import io.github.etcddiscovery.instance.InvalidValueException;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class RegistryEntryTests {

	@Test
	void emptyKeyIsRefusedByName() {
		assertThatExceptionOfType(NoKeyException.class)
			.isThrownBy(() -> new RegistryEntry("", new byte[1], null, (found) -> false))
			.withMessageContaining("key");
	}

	@Test
	void emptyValueIsRefusedByNameAndKey() {
		assertThatExceptionOfType(NoValueException.class)
			.isThrownBy(() -> new RegistryEntry("/services/a/b", new byte[0], null, (found) -> false))
			.withMessageContaining("value")
			.withMessageContaining("/services/a/b");
	}

	@Test
	void entryOfAKeyAndAValueReplacesItsEqualOnly() {
		RegistryEntry entry = RegistryEntry.of("/services/a/b", "http://h:1");
		assertThat(entry.replaces("http://h:1".getBytes(StandardCharsets.UTF_8))).isTrue();
		assertThat(entry.replaces("http://h:2".getBytes(StandardCharsets.UTF_8))).isFalse();
		assertThat(entry.farewell()).isNull();
	}

	@Test
	void ttlMustBeMoreThanTheHeartbeat() {
		assertThatExceptionOfType(InvalidValueException.class)
			.isThrownBy(() -> new TtlOption(Duration.ofSeconds(3), Duration.ofSeconds(3)))
			.withMessageContaining("ttl");
		assertThat(new TtlOption(Duration.ofSeconds(3), Duration.ofMillis(3001)).ttl()).hasMillis(3001);
	}

	@Test
	void heartbeatMustNotBeHasty() {
		assertThatExceptionOfType(InvalidValueException.class)
			.isThrownBy(() -> new TtlOption(Duration.ofMillis(499), Duration.ofSeconds(3)))
			.withMessageContaining("heartbeat");
		assertThat(new TtlOption(Duration.ofMillis(500), Duration.ofSeconds(3)).heartbeat()).hasMillis(500);
	}

}
