package io.github.etcddiscovery.instance.format;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.instance.InstanceFormat;
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

/**
 * Tests of {@link InstanceFormats} and {@link KratosInstanceCodec}, by golden files: what
 * others write, and what we have released.
 */
class InstanceFormatsTests {

	private static final InstanceKey KEY = new InstanceKey("orders", "10.0.0.5:8080");

	private static final Map<String, String> METADATA = Map.of("zone", "eu-1");

	private final InstanceFormats formats = InstanceFormats.with(List.of());

	@ParameterizedTest
	@ValueSource(strings = { "json", "url", "address", "grpc", "skydns" })
	void whatIsWrittenIsWhatWasReleased(String format) {
		assertThat(this.formats.codec(format).encode(orders(METADATA))).asString(StandardCharsets.UTF_8)
			.isEqualTo(golden(format));
	}

	@ParameterizedTest
	@CsvSource({ "json, json-secure-out-of-service, true", "url, url-secure, true", "address, address-ipv6, false",
			"skydns, skydns-ipv6, true" })
	void addressesOfIpVersion6TlsAndStatusAreWrittenAsReleased(String format, String golden, boolean secure) {
		ServiceRecord record = new ServiceRecord(KEY, "2001:db8::5", 8443, secure, InstanceStatus.OUT_OF_SERVICE,
				Map.of());
		assertThat(this.formats.codec(format).encode(record)).asString(StandardCharsets.UTF_8)
			.isEqualTo(golden(golden));
	}

	@Test
	void grpcHasThePortThatSpeaksItWhereThatIsAnother() {
		byte[] value = this.formats.codec("grpc").encode(orders(Map.of("gRPC_port", "9090")));
		assertThat(value).asString(StandardCharsets.UTF_8).contains("\"Addr\":\"10.0.0.5:9090\"");
	}

	@Test
	void grpcWithoutMetadataIsWrittenAsEtcdsOwnClientDoes() {
		assertThat(this.formats.codec("grpc").encode(orders(Map.of()))).asString(StandardCharsets.UTF_8)
			.isEqualTo(golden("grpc-without-metadata"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "json", "grpc" })
	void formatsWithRoomForMetadataAreReadWithThem(String format) {
		assertThat(read(golden(format))).isEqualTo(orders(METADATA));
	}

	@ParameterizedTest
	@ValueSource(strings = { "url", "address", "grpc-without-metadata" })
	void formatsWithoutMetadataAreReadWithoutThem(String format) {
		assertThat(read(golden(format))).isEqualTo(orders(Map.of()));
	}

	@Test
	void kratosIsReadByItsHttpEndpoint() {
		assertThat(read(golden("kratos")))
			.isEqualTo(orders(Map.of("zone", "eu-1", "version", "v1.2.0", "gRPC_port", "9090")));
	}

	@Test
	void kratosIsWrittenWithBothEndpointsAndReadBack() {
		Map<String, String> metadata = new LinkedHashMap<>();
		metadata.put("zone", "eu-1");
		metadata.put("version", "v1.2.0");
		metadata.put("gRPC_port", "9090");
		byte[] value = this.formats.codec("kratos").encode(orders(metadata));
		assertThat(value).asString(StandardCharsets.UTF_8).isEqualTo(golden("kratos-written"));
		assertThat(this.formats.decode(KEY, value)).isEqualTo(orders(metadata));
	}

	@ParameterizedTest
	@CsvSource({ "true, 8080, 'grpcs://10.0.0.5:8080'", "false, 8080, 'grpc://10.0.0.5:8080'",
			"true, 9090, 'https://10.0.0.5:8080,grpc://10.0.0.5:9090'", "true, , https://10.0.0.5:8080" })
	void endpointsOfKratosSayWhatEachPortSpeaks(boolean secure, String grpcPort, String endpoints) {
		ServiceRecord record = new ServiceRecord(KEY, "10.0.0.5", 8080, secure, InstanceStatus.UP,
				(grpcPort != null) ? Map.of("gRPC_port", grpcPort) : Map.of());
		byte[] value = this.formats.codec("kratos").encode(record);
		assertThat(value).asString(StandardCharsets.UTF_8)
			.endsWith("\"endpoints\":[\"" + endpoints.replace(",", "\",\"") + "\"]}");
		assertThat(this.formats.decode(KEY, value)).isEqualTo(record);
	}

	@Test
	void addressOfIpVersion6IsInBracketsInBothEndpointsOfKratos() {
		ServiceRecord record = new ServiceRecord(KEY, "2001:db8::5", 8080, false, InstanceStatus.UP,
				Map.of("gRPC_port", "9090"));
		assertThat(this.formats.codec("kratos").encode(record)).asString(StandardCharsets.UTF_8)
			.contains("\"http://[2001:db8::5]:8080\"", "\"grpc://[2001:db8::5]:9090\"");
	}

	@Test
	void addressOfIpVersion4InBracketsIsRefused() {
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> read("http://[10.0.0.5]:80"));
	}

	@Test
	void hertzIsReadAsKitex() {
		assertThat(read(golden("hertz"))).isEqualTo(orders(Map.of("weight", "10")));
	}

	@ParameterizedTest
	@ValueSource(strings = { "address", "grpc" })
	void formatWithoutRoomForTheSchemeIsNotWrittenForAPortThatSpeaksTls(String format) {
		ServiceRecord secure = new ServiceRecord(KEY, "10.0.0.5", 8080, true, InstanceStatus.UP, Map.of());
		assertThatExceptionOfType(InvalidValueException.class)
			.isThrownBy(() -> this.formats.codec(format).encode(secure))
			.withMessage(
					"Invalid secure 'true': expected false, since format '%s' has no room for it, and callers would"
							+ " speak plaintext",
					format);
	}

	@ParameterizedTest
	@CsvSource({ "json, true", "url, false", "address, false", "grpc, true", "kratos, true", "skydns, false" })
	void formatSaysWhetherItHasRoomForMetadata(String format, boolean carriesMetadata) {
		assertThat(this.formats.codec(format).carriesMetadata()).isEqualTo(carriesMetadata);
	}

	@ParameterizedTest
	@ValueSource(strings = { "\"http://10.0.0.5:8000/path\",\"grpc://10.0.0.5:9000\"", "\"grpc://10.0.0.5\"" })
	void kratosWithoutAnEndpointThatCanBeCalledIsRefused(String endpoints) {
		assertThatExceptionOfType(InvalidValueException.class)
			.isThrownBy(() -> read("{\"name\":\"orders\",\"endpoints\":[%s]}".formatted(endpoints)))
			.withMessageContaining("expected http://host:port or grpc://host:port among the endpoints");
	}

	@Test
	void portOfAnotherHostIsNotTakenForThatOfTheInstance() {
		assertThat(read("{\"endpoints\":[\"http://10.0.0.5:8000\",\"grpc://10.0.0.6:9000\"]}").metadata()).isEmpty();
	}

	@Test
	void fieldOfALaterVersionDoesNotMakeOurRecordAnothersWhateverItIsCalled() {
		ServiceRecord record = read("{\"serviceId\":\"orders\",\"host\":\"10.0.0.5\",\"port\":1,\"secure\":true,"
				+ "\"status\":\"OUT_OF_SERVICE\",\"serviceName\":\"n\"}");
		assertThat(record.secure()).isTrue();
		assertThat(record.status()).isEqualTo(InstanceStatus.OUT_OF_SERVICE);
	}

	@Test
	void kratosWithoutHttpIsReadByItsGrpcEndpoint() {
		ServiceRecord record = read("{\"name\":\"orders\",\"endpoints\":[\"grpc://10.0.0.5:9090?isSecure=true\"]}");
		assertThat(record.port()).isEqualTo(9090);
		assertThat(record.secure()).isTrue();
		assertThat(record.metadata()).containsExactly(Map.entry("gRPC_port", "9090"));
	}

	@Test
	void kitexIsReadWithItsTagsAndItsWeight() {
		assertThat(read(golden("kitex"))).isEqualTo(orders(Map.of("zone", "eu-1", "weight", "20")));
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"network\":\"tcp\",\"address\":\"10.0.0.5:8080\",\"weight\":0,\"tags\":null}",
			"{\"network\":\"tcp\",\"address\":\"10.0.0.5:8080\",\"weight\":-1}",
			"{\"network\":\"tcp\",\"address\":\"10.0.0.5:8080\"}" })
	void kitexWithoutTagsAndWeightHasNoMetadata(String value) {
		assertThat(read(value)).isEqualTo(orders(Map.of()));
	}

	@Test
	void tagOfKitexIsPreferredToItsWeight() {
		assertThat(
				read("{\"network\":\"tcp\",\"address\":\"h:1\",\"weight\":2,\"tags\":{\"weight\":\"3\"}}").metadata())
			.containsExactly(Map.entry("weight", "3"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"network\":\"unix\",\"address\":\"/run/orders.sock\"}",
			"{\"network\":\"tcp\",\"address\":null}", "{\"network\":\"tcp\",\"address\":\"10.0.0.5\"}" })
	void kitexWithoutHostAndPortIsRefused(String value) {
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> read(value))
			.withMessageContaining("host:port");
	}

	@Test
	void dubboIsReadWithItsMetadata() {
		ServiceRecord record = read(golden("dubbo"));
		assertThat(record.host()).isEqualTo("10.0.0.5");
		assertThat(record.port()).isEqualTo(8080);
		assertThat(record.status()).isEqualTo(InstanceStatus.UP);
		assertThat(record.metadata()).containsEntry("dubbo.endpoints", "[{\"port\":8080,\"protocol\":\"dubbo\"}]");
	}

	@Test
	void dubboInGoIsReadAsThatInJava() {
		assertThat(read(golden("dubbo-go"))).isEqualTo(new ServiceRecord(KEY, "10.0.0.5", 8080, false,
				InstanceStatus.UP, Map.of("dubbo.metadata.storage-type", "local")));
	}

	@ParameterizedTest
	@CsvSource({ "false, true, OUT_OF_SERVICE", "true, false, DOWN", "false, false, OUT_OF_SERVICE" })
	void dubboSaysWhetherAnInstanceMayBeCalled(boolean enabled, boolean healthy, InstanceStatus status) {
		assertThat(read("{\"serviceName\":\"orders\",\"host\":\"h\",\"port\":1,\"enabled\":%s,\"healthy\":%s}"
			.formatted(enabled, healthy)).status()).isEqualTo(status);
	}

	@ParameterizedTest
	@CsvSource({ "https://10.0.0.5:8443, 8443, true", "https://10.0.0.5, 443, true", "http://10.0.0.5, 80, false",
			"HTTP://10.0.0.5:8080/, 8080, false" })
	void urlSaysWhetherItSpeaksTls(String url, int port, boolean secure) {
		ServiceRecord record = read(url);
		assertThat(record.port()).isEqualTo(port);
		assertThat(record.secure()).isEqualTo(secure);
	}

	@ParameterizedTest
	@ValueSource(strings = { "json", "url", "address", "grpc", "kratos" })
	void addressOfIpVersion6IsReadAsItIsWritten(String format) {
		ServiceRecord record = new ServiceRecord(KEY, "2001:db8::5", 8080, false, InstanceStatus.UP, Map.of());
		assertThat(this.formats.decode(KEY, this.formats.codec(format).encode(record))).isEqualTo(record);
	}

	@ParameterizedTest
	@CsvSource({ "json, true", "url, false", "address, false", "grpc, false", "kratos, false", "skydns, false" })
	void onlyOurOwnFormatSaysTheStatus(String format, boolean carriesStatus) {
		assertThat(this.formats.codec(format).carriesStatus()).isEqualTo(carriesStatus);
	}

	@Test
	void valueThatNoFormatRecognizesIsRefused() {
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> read("what is this"))
			.withMessage("Invalid record 'what is this': expected one of the formats"
					+ " [json, url, address, grpc, kratos, kitex, dubbo]");
	}

	@ParameterizedTest
	@ValueSource(strings = { "kitex", "dubbo", "yaml", "" })
	void formatThatCannotBeWrittenIsRefused(String format) {
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> this.formats.codec(format))
			.withMessage("Invalid format '%s': expected one of [json, url, address, grpc, kratos, skydns]", format);
	}

	@Test
	void formatOfTheUserIsAskedFirst() {
		InstanceFormats all = InstanceFormats.with(List.of(ofTheUser("own")));
		assertThat(all.decode(KEY, "http://10.0.0.5:8080".getBytes(StandardCharsets.UTF_8)).host())
			.isEqualTo("own.example");
		assertThat(all.decode(KEY, "10.0.0.5:8080".getBytes(StandardCharsets.UTF_8)).host()).isEqualTo("10.0.0.5");
	}

	@Test
	void formatOfTheUserReplacesTheOneOfItsName() {
		assertThat(InstanceFormats.with(List.of(ofTheUser("url"))).formats()).extracting(InstanceFormat::name)
			.containsExactly("url", "json", "address", "grpc", "kratos", "skydns", "kitex", "dubbo");
	}

	@Test
	void formatOfTheUserThatThrowsDoesNotKeepOthersFromBeingAsked() {
		InstanceFormats all = InstanceFormats.with(List.of(ofTheUser("own")));
		assertThat(all.decode(KEY, "throw:8080".getBytes(StandardCharsets.UTF_8)).host()).isEqualTo("throw");
	}

	@Test
	void documentsThatAreReadByReflectionAreNamedForNativeImages() {
		assertThat(InstanceFormats.documentTypes()).hasSize(6).doesNotHaveDuplicates().allMatch(Class::isRecord);
	}

	/** Recognizes what begins with an h, and throws at what begins with a t. */
	private static InstanceFormat ofTheUser(String name) {
		return new InstanceFormat() {

			@Override
			public String name() {
				return name;
			}

			@Override
			public boolean recognizes(byte[] value) {
				if (value[0] == 't') {
					throw new IllegalStateException("thrown on purpose");
				}
				return value[0] == 'h';
			}

			@Override
			public ServiceRecord decode(InstanceKey key, byte[] value) {
				return new ServiceRecord(key, "own.example", 1, false, InstanceStatus.UP, Map.of());
			}

		};
	}

	private ServiceRecord read(String value) {
		return this.formats.decode(KEY, value.getBytes(StandardCharsets.UTF_8));
	}

	private static ServiceRecord orders(Map<String, String> metadata) {
		return new ServiceRecord(KEY, "10.0.0.5", 8080, false, InstanceStatus.UP, metadata);
	}

	private static String golden(String name) {
		try (InputStream file = InstanceFormatsTests.class.getResourceAsStream("/formats/" + name)) {
			return new String(file.readAllBytes(), StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
