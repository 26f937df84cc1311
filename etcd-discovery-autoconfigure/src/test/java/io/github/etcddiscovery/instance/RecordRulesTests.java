package io.github.etcddiscovery.instance;

import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class RecordRulesTests {

	private static final InstanceKey KEY = new InstanceKey("orders", "10.0.0.5:8080");

	@ParameterizedTest
	@ValueSource(strings = { "10.0.0.5", "255.255.255.255", "localhost", "a.b-c.example.org", "a", "1a.x",
			"3f2a9c8b1d2e", "::1", "fe80::1:2", "2001:db8::1", "::ffff:a00:5" })
	void acceptsHostNamesAndAddresses(String host) {
		assertThat(record(host, 1).host()).isEqualTo(host);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "a b", "user:pw@evil", "evil#", "evil/path", "evil?q", "[::1]", "fe80::1%eth0",
			"1.2.3.444", "1.2.3", "1.2.3.4.5", "01.2.3.4", "-a", "a-", "a..b", ".a", "a.", "a:80", ":::", "gggg::1",
			"host\n", "h\u00f6st", "%65vil", "my_host", "a.1b", "127", "0x7f000001", "a.0x7f", "0x", "a\\b", "a,b",
			"a;b", "a\u0000", "a\u3002b", "1.2.3.4\n", ".:1", ".a:dead.beef", "0fe80::1", "::ffff:10.0.0.5",
			"::10.0.0.5" })
	void refusesAnythingElseAsHost(String host) {
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> record(host, 1))
			.withMessageContaining("host")
			.withMessageContaining("expected");
	}

	@Test
	void refusesLabelsAndNamesThatAreTooLong() {
		assertThat(record("a".repeat(63) + ".b", 1)).isNotNull();
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> record("a".repeat(64) + ".b", 1));
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> record("ab.".repeat(90) + "b", 1));
	}

	@ParameterizedTest
	@ValueSource(ints = { Integer.MIN_VALUE, -1, 0, 65536, Integer.MAX_VALUE })
	void refusesPortsOutOfRange(int port) {
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> record("localhost", port))
			.withMessage("Invalid port '%d': expected a port between 1 and 65535", port);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "-a", ".a", "a b", "a/b", "a\n", "\u00e4" })
	void refusesServiceIdsThatDoNotFitAKeyOrUri(String serviceId) {
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> new InstanceKey(serviceId, "1"))
			.withMessageContaining("service id");
	}

	@Test
	void boundsTheLengthOfIds() {
		assertThat(new InstanceKey("a".repeat(128), "i".repeat(255))).isNotNull();
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> new InstanceKey("a".repeat(129), "i"));
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> new InstanceKey("a", "i".repeat(256)));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "a/b", "a b", "a\u0000", "a\u009b31m", "a\u0085", "a\u2028b", "a\u202eb", "a\u00a0b",
			"a\u2003b", "a\u3000b", "a\u3164b", "a\u115fb", "a\u2800b", "a;b", "a\ud800b" })
	void refusesInstanceIdsThatDoNotFitAKey(String instanceId) {
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> new InstanceKey("orders", instanceId))
			.withMessageContaining("instance id");
	}

	@Test
	void messageIsCutAndEscaped() {
		assertThatExceptionOfType(InvalidValueException.class)
			.isThrownBy(() -> record("a\n\u001b[31m\u009b\u202e" + "x".repeat(500), 1))
			.satisfies((ex) -> assertThat(ex.getMessage()).hasSizeLessThan(300)
				.contains("'a\\u000a\\u001b[31m\\u009b\\u202exxx"));
	}

	@Test
	void metadataIsCopiedAndCannotBeChanged() {
		Map<String, String> metadata = new HashMap<>(Map.of("a", "1"));
		ServiceRecord record = new ServiceRecord(KEY, "localhost", 1, false, InstanceStatus.UP, metadata);
		metadata.put("b", "2");
		assertThat(record.metadata()).isUnmodifiable().containsOnlyKeys("a");
		metadata.put("c", null);
		assertThatExceptionOfType(InvalidValueException.class)
			.isThrownBy(() -> new ServiceRecord(KEY, "localhost", 1, false, InstanceStatus.UP, metadata));
	}

	@Test
	void numberAndLengthOfMetadataAreBounded() {
		assertThat(record(Map.of("n".repeat(128), "v".repeat(4_096)))).isNotNull();
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> record(Map.of("n".repeat(129), "v")))
			.withMessageContaining("a name of 1 to 128 characters");
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> record(Map.of("n", "v".repeat(4_097))))
			.withMessage("Invalid metadata.n '4097 characters': expected 4096 characters at most");
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> record(Map.of("a\nb", "v")))
			.withMessageContaining("control character");
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> record(Map.of("", "v")));
		Map<String, String> many = IntStream.range(0, 129)
			.boxed()
			.collect(Collectors.toMap(String::valueOf, (i) -> "v"));
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> record(many))
			.withMessage("Invalid metadata '129 of them': expected 128 at most");
	}

	@Test
	void ipv6IsBracketedInIdsAndUris() {
		assertThat(InstanceKey.defaultInstanceId("::1", 80)).isEqualTo("[::1]:80");
		assertThat(InstanceKey.defaultInstanceId("10.0.0.5", 80)).isEqualTo("10.0.0.5:80");
		assertThat(record("::1", 80).uriHost()).isEqualTo("[::1]");
	}

	@Test
	void sameAddressIsHostAndPortAlone() {
		ServiceRecord record = record("Host", 80);
		assertThat(record.sameAddress(record("host", 80).withStatus(InstanceStatus.DOWN))).isTrue();
		assertThat(record.sameAddress(record("host", 81))).isFalse();
		assertThat(record.sameAddress(record("host2", 80))).isFalse();
	}

	@Test
	void statusIsReadInAnyCase() {
		assertThat(InstanceStatus.of("out_of_service")).isEqualTo(InstanceStatus.OUT_OF_SERVICE);
		assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> InstanceStatus.of("SIDEWAYS"))
			.withMessageContaining("SIDEWAYS")
			.withMessageContaining("OUT_OF_SERVICE");
	}

	private static ServiceRecord record(Map<String, String> metadata) {
		return new ServiceRecord(KEY, "localhost", 1, false, InstanceStatus.UP, metadata);
	}

	private static ServiceRecord record(String host, int port) {
		return new ServiceRecord(KEY, host, port, false, InstanceStatus.UP, Map.of());
	}

}
