package io.github.etcddiscovery.instance.format;

import java.nio.charset.StandardCharsets;
import java.util.Map;

import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.ServiceRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of {@link JsonInstanceCodec} and {@link JsonDocuments}.
 */
class JsonInstanceCodecTests {

	private static final InstanceKey KEY = new InstanceKey("orders", "10.0.0.5:8080");

	private final JsonInstanceCodec codec = new JsonInstanceCodec();

	@Test
	void writesTheDocumentedFormatToTheLetter() {
		ServiceRecord record = new ServiceRecord(KEY, "10.0.0.5", 8080, false, InstanceStatus.UP,
				Map.of("zone", "eu-1"));
		assertThat(new String(this.codec.encode(record), StandardCharsets.UTF_8))
			.isEqualTo("{\"serviceId\":\"orders\",\"instanceId\":\"10.0.0.5:8080\",\"host\":\"10.0.0.5\",\"port\":8080,"
					+ "\"secure\":false,\"status\":\"UP\",\"metadata\":{\"zone\":\"eu-1\"}}");
	}

	@Test
	void readsWhatItWrites() {
		ServiceRecord record = new ServiceRecord(KEY, "::1", 8443, true, InstanceStatus.OUT_OF_SERVICE,
				Map.of("quote", "\" \\ \u00e4 \u2028"));
		assertThat(this.codec.decode(KEY, this.codec.encode(record))).isEqualTo(record);
	}

	@Test
	void hostAndPortAreEnough() {
		ServiceRecord record = decode("{\"host\":\"h\",\"port\":1}");
		assertThat(record).isEqualTo(new ServiceRecord(KEY, "h", 1, false, InstanceStatus.UP, Map.of()));
	}

	@Test
	void ignoresUnknownFieldsAndTakesUnknownStatusForUnknown() {
		ServiceRecord record = decode("{\"host\":\"h\",\"port\":1,\"weight\":{\"a\":[1]},\"status\":\"SIDEWAYS\"}");
		assertThat(record.status()).isEqualTo(InstanceStatus.UNKNOWN);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "null", "[]", "7", "\"x\"", "{", "{}", "{\"host\":\"h\"}", "{\"port\":1}",
			"{\"host\":\"h\",\"port\":\"x\"}", "{\"host\":\"h\",\"port\":0}", "{\"host\":\"h\",\"port\":1} trailing",
			"{\"host\":\"a@b\",\"port\":1}", "{\"host\":\"h\",\"port\":1,\"metadata\":{\"a\":null}}",
			"{\"host\":\"h\",\"port\":1,\"metadata\":{\"a\":{}}}",
			"{\"serviceId\":\"stock\",\"host\":\"h\",\"port\":1}",
			"{\"instanceId\":\"other\",\"host\":\"h\",\"port\":1}", "http://10.0.0.5:8080" })
	void rejectsWhatIsNoRecordOrContradictsItsKey(String value) {
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> decode(value))
			.withMessageContaining("expected");
	}

	@Test
	void nestingIsBounded() {
		String start = "{\"host\":\"h\",\"port\":1,\"later\":";
		assertThat(decode(start + "[".repeat(15) + "]".repeat(15) + "}")).isNotNull();
		assertThatExceptionOfType(InvalidValueException.class)
			.isThrownBy(() -> decode(start + "[".repeat(16) + "]".repeat(16) + "}"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "1e999999999", "1e-999999999", "99999999999999999999999999", "1.5", "true", "{}", "[1]" })
	void portIsAWholeNumberHoweverItIsWritten(String port) {
		assertThatExceptionOfType(InvalidValueException.class)
			.isThrownBy(() -> decode("{\"host\":\"h\",\"port\":" + port + "}"));
	}

	private ServiceRecord decode(String value) {
		return this.codec.decode(KEY, value.getBytes(StandardCharsets.UTF_8));
	}

}
