package io.github.etcddiscovery.instance.format;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.etcddiscovery.instance.AllowedNetworks;
import io.github.etcddiscovery.instance.InstanceCodec;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.MetadataRules;
import io.github.etcddiscovery.instance.ServiceRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * {@link CheckedFormats}: what neither is read nor written. Tests of
 * {@link AllowedNetworks} and {@link MetadataRules}.
 */
class CheckedFormatsTests {

	private static final InstanceKey KEY = new InstanceKey("orders", "1");

	private static final String JSON = "json";

	private final JsonInstanceCodec plain = new JsonInstanceCodec();

	private final CheckedFormats formats = guarded();

	@ParameterizedTest
	@ValueSource(strings = { "0.0.0.0", "::", "224.0.0.1", "ff02::1", "169.254.169.254", "fe80::1", "::ffff:a9fe:101",
			"::ffff:0:0", "255.255.255.255", "::a9fe:a9fe", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "fd00:ec2::254",
			"fd00:ec2::23", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42", "100.100.100.200", "168.63.129.16",
			"192.0.0.192", "::ffff:6464:64c8", "64:ff9b:1:a9fe:a9:fe00::", "64:ff9b:1::a9fe:a9fe",
			"64:ff9b:1:a00:1:0:a9fe:a9fe", "::ffff:0:a9fe:a9fe", "2001:db8::5efe:a9fe:a9fe",
			"2001:db8::200:5efe:a9fe:a9fe", "2001:0:a9fe:a9fe::1", "2001:0:808:808::5601:5601",
			"metadata.google.internal", "METADATA.google.internal", "instance-data", "instance-data.ec2.internal" })
	void addressesThatNoInstanceHasAreRefused(String host) {
		assertRefused(this.formats, host);
	}

	@ParameterizedTest
	@ValueSource(strings = { "127.0.0.1", "::1", "10.0.0.5", "fd00::1", "8.8.8.8", "64:ff9b::808:808",
			"2002:808:808::1", "2001:db8::1", "64:ff9b:1::808:808", "::ffff:0:808:808", "2001:db8::5efe:808:808",
			"2001:0:808:808::f7f7:f7f7", "orders.local", "metadata.example" })
	void allOthersAreAllowedUnlessThereAreNetworks(String host) {
		assertAllowed(this.formats, host);
	}

	@ParameterizedTest
	@CsvSource({ "10.0.0.0/8, 10.255.0.1, 11.0.0.1", "10.1.128.0/17, 10.1.128.9, 10.1.127.9", "0.0.0.0/0, 8.8.8.8, ::1",
			"10.0.0.5/32, 10.0.0.5, 10.0.0.4", "2001:db8::/32, 2001:db8:1::1, 2001:db9::1", "::/0, ::1, 10.0.0.5",
			"10.0.0.0/8, ::ffff:a01:203, ::ffff:b01:203", "10.0.0.0/8, 10.0.0.1, orders.local",
			"169.254.0.0/16, 169.254.1.1, 10.0.0.5" })
	void onlyAddressesInTheNetworksAreAllowed(String network, String allowed, String refused) {
		CheckedFormats narrow = guarded(network);
		assertAllowed(narrow, allowed);
		assertRefused(narrow, refused);
	}

	@Test
	void oneNetworkOfSeveralIsEnough() {
		CheckedFormats both = guarded("10.0.0.0/8", "192.168.0.0/16");
		assertAllowed(both, "192.168.1.1");
		assertAllowed(both, "10.0.0.1");
		assertRefused(both, "172.16.0.1");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "::/129", "example.org/8",
			"10.0.0.0/8/8", "10.0.0.0/x" })
	void networkThatIsNoneIsRefused(String network) {
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> guarded(network))
			.withMessage("Invalid network '%s': expected a network such as 10.0.0.0/8 or 2001:db8::/32", network);
	}

	@ParameterizedTest
	@CsvSource({ "configPath, @evil.example", "configPath, config", "configPath, //evil.example", "configPath, /a?b",
			"configPath, /a#b", "configPath, '/a b'", "management.context-path, .evil.example", "health.path, \\evil",
			"prometheus.path, @evil.example", "management.port, 0", "management.port, 65536",
			"management.port, 80@evil", "gRPC_port, -1", "management.scheme, file",
			"management.address, 169.254.169.254", "management.address, user@evil", "management.address, 10.0.0.6",
			"management.url, http://10.0.0.5", "management.anything, x", "health.url, /a",
			"service-url, http://evil.example/", "service-url, http://me@10.0.0.5/", "service-url, javascript:alert(1)",
			"service-url, http://10.0.0.5:80/a b", "service-url, http://some_other/",
			"sidebar.links.0.url, http://evil.example", "cors, *", "response-timeout, 1", "connect-timeout, 1" })
	void metadataThatLeadElsewhereAreLeftOutAndNotWritten(String name, String value) {
		ServiceRecord record = record("10.0.0.5", Map.of(name, value, "zone", "eu-1"));
		assertThat(this.formats.decode(KEY, this.plain.encode(record)).metadata()).containsOnlyKeys("zone");
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> this.formats.encode(record, JSON))
			.withMessageContaining("metadata." + name)
			.withMessageContaining(value);
	}

	@Test
	void metadataThatStayAtTheInstanceArePassed() {
		Map<String, String> metadata = Map.of("configPath", "/config/v1", "management.context-path", "/", "health.path",
				"/actuator/health", "management.port", "65535", "gRPC_port", "1", "management.scheme", "https",
				"management.address", "10.0.0.5", "service-url", "https://10.0.0.5:8443/orders");
		ServiceRecord record = record("10.0.0.5", metadata);
		assertThat(this.formats.decode(KEY, this.formats.encode(record, JSON)).metadata()).isEqualTo(metadata);
	}

	@Test
	void metadataOnWhichNobodyActsArePassed() {
		Map<String, String> metadata = Map.of("user", "me", "weight", "-5", "corsair", "a", "managementx", "b", "name",
				"\u00e4\u20ac");
		ServiceRecord record = record("10.0.0.5", metadata);
		assertThat(this.formats.decode(KEY, this.formats.encode(record, JSON)).metadata()).isEqualTo(metadata);
	}

	@ParameterizedTest
	@ValueSource(strings = { "a\r\nSet-Cookie: b", "a\u0000", "\u001b[31m", "a\u202eb", "a\ud800" })
	void metadataValuesWithCharactersThatDeceiveAreLeftOutAndNotWritten(String value) {
		ServiceRecord record = record("10.0.0.5", Map.of("note", value, "zone", "eu-1"));
		ServiceRecord read = this.formats.decode(KEY,
				("{\"host\":\"10.0.0.5\",\"port\":80,\"metadata\":{\"zone\":\"eu-1\",\"note\":\"" + escaped(value)
						+ "\"}}")
					.getBytes(StandardCharsets.UTF_8));
		assertThat(read.metadata()).containsOnlyKeys("zone");
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> this.formats.encode(record, JSON))
			.withMessageContaining("metadata.note");
	}

	private static String escaped(String value) {
		return value.chars().mapToObj("\\u%04x"::formatted).collect(Collectors.joining());
	}

	@Test
	void secretWithACharacterThatDeceivesIsNotShown() {
		ServiceRecord record = record("10.0.0.5", Map.of("password", "canary\n"));
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> this.formats.encode(record, JSON))
			.satisfies((ex) -> assertThat(ex.getMessage() + ex.value()).doesNotContain("canary"));
	}

	@Test
	void managementAddressMayBeAnotherInTheNetworks() {
		ServiceRecord record = record("10.0.0.5", Map.of("management.address", "10.0.0.6"));
		CheckedFormats narrow = guarded("10.0.0.0/8");
		assertThat(narrow.decode(KEY, narrow.encode(record, JSON))).isEqualTo(record);
	}

	@Test
	void valueThatWouldNotBeReadIsNotWritten() {
		InstanceCodec broken = new InstanceCodec() {

			@Override
			public String name() {
				return "broken";
			}

			@Override
			public boolean recognizes(byte[] value) {
				return false;
			}

			@Override
			public ServiceRecord decode(InstanceKey key, byte[] value) {
				throw new InvalidValueException("record", "broken", "another one");
			}

			@Override
			public byte[] encode(ServiceRecord record) {
				return "broken".getBytes(StandardCharsets.UTF_8);
			}

		};
		CheckedFormats checked = new CheckedFormats(InstanceFormats.with(List.of(broken)),
				AllowedNetworks.of(List.of()), true);
		ServiceRecord record = new ServiceRecord(KEY, "10.0.0.5", 1, false, InstanceStatus.UP, Map.of());
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> checked.encode(record, "broken"))
			.withMessageStartingWith("Invalid record 'broken'");
	}

	@Test
	void sizeIsBoundedInEveryFormat() {
		Map<String, String> many = IntStream.range(0, 17)
			.boxed()
			.collect(Collectors.toMap(String::valueOf, (i) -> "v".repeat(4_000)));
		ServiceRecord record = record("10.0.0.5", many);
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> this.formats.encode(record, JSON))
			.withMessageContaining("65536 bytes at most");
		byte[] value = this.plain.encode(record);
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> this.formats.decode(KEY, value))
			.withMessageContaining("65536 bytes at most");
		many.remove("0");
		assertThat(this.formats.encode(record("10.0.0.5", many), JSON)).hasSizeGreaterThan(64_000);
	}

	@Test
	void valueOfWhatLooksSecretIsNotShownHoweverLongItIs() {
		assertThatExceptionOfType(InvalidValueException.class)
			.isThrownBy(() -> record("10.0.0.5", Map.of("private-key", "canary".repeat(1_000))))
			.satisfies((ex) -> assertThat(ex.getMessage() + ex.value()).doesNotContain("canary"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "password", "db.Password", "passwd", "keyPassphrase", "client-secret", "TOKEN", "api_key",
			"apiKey", "private-key", "accessKey", "ssh_key", "db.pwd", "aws.credentials" })
	void metadataThatLookSecretAreReadButNotWritten(String name) {
		ServiceRecord record = record("10.0.0.5", Map.of(name, "canary"));
		assertThat(this.formats.decode(KEY, this.plain.encode(record)).metadata()).containsKey(name);
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> this.formats.encode(record, JSON))
			.withMessageContaining(name)
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain("canary"));
		assertThat(new CheckedFormats(InstanceFormats.with(List.of()), AllowedNetworks.of(List.of()), true)
			.encode(record, JSON)).isNotEmpty();
	}

	private void assertAllowed(CheckedFormats guarded, String host) {
		ServiceRecord record = record(host, Map.of());
		assertThat(guarded.decode(KEY, guarded.encode(record, JSON))).isEqualTo(record);
	}

	private void assertRefused(CheckedFormats guarded, String host) {
		ServiceRecord record = record(host, Map.of());
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> guarded.encode(record, JSON))
			.withMessageContaining("host '" + host + "'");
		assertThatExceptionOfType(InvalidValueException.class)
			.isThrownBy(() -> guarded.decode(KEY, this.plain.encode(record)))
			.withMessageContaining("host '" + host + "'");
	}

	private static ServiceRecord record(String host, Map<String, String> metadata) {
		return new ServiceRecord(KEY, host, 80, false, InstanceStatus.UP, metadata);
	}

	private CheckedFormats guarded(String... networks) {
		return new CheckedFormats(InstanceFormats.with(List.of()), AllowedNetworks.of(List.of(networks)), false);
	}

}
