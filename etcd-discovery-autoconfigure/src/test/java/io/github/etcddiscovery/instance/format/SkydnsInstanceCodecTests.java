package io.github.etcddiscovery.instance.format;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.instance.AllowedNetworks;
import io.github.etcddiscovery.instance.InstanceCodec;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.ServiceRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Tests of {@link SkydnsInstanceCodec}. {@code DnsTests} has CoreDNS read what it writes.
 */
class SkydnsInstanceCodecTests {

	private static final InstanceKey KEY = new InstanceKey("orders", "10.0.0.5:8080");

	private final InstanceFormats formats = InstanceFormats.with(List.of());

	private final InstanceCodec codec = this.formats.codec("skydns");

	@ParameterizedTest
	@CsvSource({ "10.0.0.5:8080, 10-0-0-5-8080-", "[2001:db8::5]:8080, 2001-db8-5-8080-", "Orders_1, orders-1-",
			"a, a-", "ä, ''", "..., ''" })
	void instanceIdBecomesALabelThatCanStillBeRead(String instanceId, String readable) {
		assertThat(this.codec.keyId(instanceId)).matches(readable + "[0-9a-f]{16}");
	}

	@Test
	void labelOfAnInstanceNeverChanges() {
		assertThat(this.codec.keyId("10.0.0.5:8080")).isEqualTo("10-0-0-5-8080-849b5f021677c7f2");
	}

	@Test
	void labelsOfIdsThatLookAlikeDiffer() {
		assertThat(List.of("10.0.0.5:80", "10-0-0-5:80", "10.0.0.5-80", "A", "a", "i".repeat(254), "i".repeat(255)))
			.extracting(this.codec::keyId)
			.doesNotHaveDuplicates();
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 45, 46, 47, 255 })
	void labelIsNeverLongerThanDnsAllows(int length) {
		assertThat(this.codec.keyId("i".repeat(length))).hasSize(Math.min(length, 46) + 17)
			.matches("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "/skydns/local/orders/", "/skydns/local/services/orders/", "/DNS.of-us/local/_tcp/_http/" })
	void pathOfLowerCaseLabelsIsAccepted(String prefix) {
		assertThatNoException().isThrownBy(() -> this.codec.checkPrefix(prefix));
	}

	@ParameterizedTest
	@ValueSource(strings = { "skydns/local/orders/", "/skydns/", "/services/orders/", "/skydns/local/Orders/",
			"/skydns/local/my.orders/", "/skydns//orders/", "/skydns/local/-orders/", "/skydns/local/orders-/",
			"/skydns/local/ö/", "/" })
	void pathThatNoDnsNameLeadsToIsRefused(String prefix) {
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> this.codec.checkPrefix(prefix))
			.withMessage("Invalid key '" + prefix
					+ "': expected the path of CoreDNS and two or more lower-case DNS labels"
					+ " without dots, the top of the domain first, such as /skydns/local/services/orders, for format skydns");
	}

	@Test
	void nameThatIsLongerThanDnsAllowsIsRefused() {
		String label = "a".repeat(61) + "/";
		assertThatNoException().isThrownBy(() -> this.codec.checkPrefix("/skydns/" + label.repeat(3) + "abc/"));
		assertThatExceptionOfType(InvalidValueException.class)
			.isThrownBy(() -> this.codec.checkPrefix("/skydns/" + label.repeat(3) + "abcd/"));
		assertThatExceptionOfType(InvalidValueException.class)
			.isThrownBy(() -> this.codec.checkPrefix("/skydns/" + "a".repeat(64) + "/"));
	}

	@ParameterizedTest
	@CsvSource({ "7, 7", "0, 1", "1000000000, 1000", "much, 1" })
	void weightIsThatOfTheMetadata(String weight, int written) {
		ServiceRecord record = new ServiceRecord(KEY, "10.0.0.5", 8080, false, InstanceStatus.UP,
				Map.of("weight", weight));
		assertThat(this.codec.encode(record)).asString(StandardCharsets.UTF_8).contains("\"weight\":" + written + ",");
	}

	@Test
	void hostNameIsRefusedSinceDnsAnswersItWithAnAlias() {
		ServiceRecord record = new ServiceRecord(KEY, "orders.example", 8080, false, InstanceStatus.UP, Map.of());
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> this.codec.encode(record))
			.withMessage("Invalid host 'orders.example': expected an IP address for format skydns, since DNS would"
					+ " answer with an alias of a name");
	}

	@Test
	void valueIsNotReadAsAnInstanceBecauseItDoesNotSayWhetherThePortSpeaksTls() {
		byte[] value = this.codec.encode(new ServiceRecord(KEY, "10.0.0.5", 8443, true, InstanceStatus.UP, Map.of()));
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> this.formats.decode(KEY, value))
			.withMessageEndingWith("expected one of the formats [json, url, address, grpc, kratos, kitex, dubbo]");
	}

	@Test
	void ownRecordWithThoseFieldsToBeSureIsRead() {
		byte[] value = "{\"priority\":1,\"ttl\":1,\"host\":\"10.0.0.5\",\"port\":1,\"instanceId\":\"10.0.0.5:8080\"}"
			.getBytes(StandardCharsets.UTF_8);
		assertThat(this.codec.recognizes(value)).isFalse();
		assertThat(this.formats.decode(KEY, value).host()).isEqualTo("10.0.0.5");
	}

	@Test
	void valueThatIsTooLargeIsNobodysPredecessor() {
		CheckedFormats checked = new CheckedFormats(this.formats, AllowedNetworks.of(List.of()), true);
		byte[] own = checked.encode(new ServiceRecord(KEY, "10.0.0.5", 1, false, InstanceStatus.UP, Map.of()),
				"skydns");
		byte[] large = (new String(own, StandardCharsets.UTF_8) + " ".repeat(64 * 1024))
			.getBytes(StandardCharsets.UTF_8);
		assertThat(checked.sameAddress(own, own, KEY, "skydns")).isTrue();
		assertThatExceptionOfType(InvalidValueException.class)
			.isThrownBy(() -> checked.sameAddress(large, own, KEY, "skydns"))
			.withMessageContaining("65536 bytes at most");
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"host\":null,\"port\":1,\"priority\":1,\"ttl\":1}",
			"{\"host\":\"10.0.0.5\",\"priority\":1,\"ttl\":1}" })
	void valueWithoutHostOrPortIsNobodysPredecessor(String value) {
		byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
		assertThat(this.codec.recognizes(bytes)).isTrue();
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> this.codec.decode(KEY, bytes));
	}

}
