package io.github.etcddiscovery.fuzzing;

import java.net.URI;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.instance.AllowedNetworks;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.instance.format.CheckedFormats;
import io.github.etcddiscovery.instance.format.InstanceFormats;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Any value of an entry: it is refused, or makes a record that leads to one host and one
 * port, and that would be read again if it were written.
 */
public final class RecordTarget {

	private static final InstanceKey KEY = new InstanceKey("orders", "1");

	private static final CheckedFormats FORMATS = new CheckedFormats(InstanceFormats.with(List.of()),
			AllowedNetworks.of(List.of()), true);

	private static final Map<String, byte[]> OWN = Map.of("json", own("json"), "skydns", own("skydns"));

	private RecordTarget() {
	}

	private static byte[] own(String format) {
		return FORMATS.encode(new ServiceRecord(KEY, "10.0.0.5", 8080, false, InstanceStatus.UP, Map.of()), format);
	}

	/** Called by the fuzzer. */
	public static void fuzzerTestOneInput(byte[] input) {
		isAccepted(input);
	}

	/** Whether a value is let in; checks what was made of it. */
	static boolean isAccepted(byte[] value) {
		assertIsHarmlessToWriters(value);
		ServiceRecord record;
		try {
			record = FORMATS.decode(KEY, value);
		}
		catch (InvalidValueException ex) {
			return false;
		}
		assertThat(record.key()).isEqualTo(KEY);
		record.metadata().forEach((name, text) -> assertLeadsNowhereElse(record, name, text));
		HostTarget.assertLeadsNowhereElse(record);
		assertThat(written(record, "json")).isEqualTo(record);
		assertThat(written(record, "url").uriHost()).isEqualTo(record.uriHost());
		assertThat(written(record, "url").secure()).isEqualTo(record.secure());
		assertThat(written(record, "kratos").sameAddress(record)).isTrue();
		assertThat(written(record, "kratos").secure()).isEqualTo(record.secure());
		assertThat(written(record, "kratos").metadata()).isEqualTo(record.metadata());
		if (ServiceRecord.isAddress(record.host())) {
			byte[] forDns = FORMATS.encode(record, "skydns");
			assertThat(FORMATS.sameAddress(forDns, forDns, KEY, "skydns")).isTrue();
		}
		if (!record.secure()) {
			assertThat(written(record, "address").sameAddress(record)).isTrue();
			assertThat(written(record, "grpc").host()).isEqualTo(record.host());
			assertThat(written(record, "grpc").port()).isEqualTo(grpcPort(record));
			assertThat(written(record, "grpc").metadata()).isEqualTo(record.metadata());
		}
		return true;
	}

	/** A writer reads what it finds under its key, whatever that is. */
	private static void assertIsHarmlessToWriters(byte[] found) {
		for (String format : List.of("json", "skydns")) {
			try {
				FORMATS.sameAddress(found, OWN.get(format), KEY, format);
			}
			catch (InvalidValueException ex) {
				// Somebody else's.
			}
		}
	}

	private static int grpcPort(ServiceRecord record) {
		String port = record.metadata().get(ServiceRecord.GRPC_PORT);
		return (port != null) ? Integer.parseInt(port) : record.port();
	}

	/** What Spring's libraries make requests of. */
	private static void assertLeadsNowhereElse(ServiceRecord record, String name, String text) {
		switch (name) {
			case "configPath", "management.context-path", "health.path", "prometheus.path" ->
				assertThat(URI.create("http://h" + text)).hasHost("h").hasPath(text);
			case "management.port", "gRPC_port" -> assertThat(Integer.parseInt(text)).isBetween(1, 65_535);
			case "management.address" -> assertThat(text).isEqualTo(record.host());
			case "management.scheme" -> assertThat(text).isIn("http", "https");
			case "service-url" ->
				assertThat(URI.create(text).getHost().replaceAll("[\\[\\]]", "")).isEqualTo(record.host());
			default -> {
				assertThat(text).hasSizeLessThanOrEqualTo(4_096).doesNotContain("\n", "\r", "\u202e", "\0");
				assertThat(name).isNotIn("cors", "response-timeout", "connect-timeout")
					.doesNotStartWith("management.")
					.doesNotStartWith("health.")
					.doesNotStartWith("sidebar.links");
			}
		}
	}

	private static ServiceRecord written(ServiceRecord record, String format) {
		return FORMATS.decode(KEY, FORMATS.encode(record, format));
	}

}
