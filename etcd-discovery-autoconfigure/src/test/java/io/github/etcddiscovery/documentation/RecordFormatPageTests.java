package io.github.etcddiscovery.documentation;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.instance.format.JsonInstanceCodec;
import io.github.etcddiscovery.testsupport.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * docs/record-format.md and the JSON Schema are true of what is written and read.
 */
class RecordFormatPageTests {

	private static final Document PAGE = Document.of("docs/record-format.md");

	private static final String SCHEMA = "io/github/etcddiscovery/record-1.schema.json";

	private static final InstanceKey KEY = new InstanceKey("orders", "10.0.0.5:8080");

	private final JsonInstanceCodec codec = new JsonInstanceCodec();

	private final Schema schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
		.getSchema(resource(SCHEMA));

	@Test
	void schemaThatThePageNamesIsOnTheClassPath() {
		assertThat(PAGE.text()).contains("`" + SCHEMA + "`", "src/main/resources/" + SCHEMA);
		assertThat(JsonMapper.shared().readTree(resource(SCHEMA)).path("$id").asString())
			.isEqualTo("urn:io.github.etcddiscovery:record:1");
	}

	@ParameterizedTest
	@ValueSource(strings = { "json", "json-secure-out-of-service" })
	void goldenFilesAreValid(String file) {
		assertThat(errors(resource("formats/" + file))).isEmpty();
	}

	@Test
	void exampleOfThePageIsValidAndRead() {
		String example = PAGE.blocks("json").get(0);
		assertThat(errors(example)).isEmpty();
		assertThat(read(example)).isEqualTo(new ServiceRecord(KEY, "10.0.0.5", 8080, false, InstanceStatus.UP,
				Map.of("zone", "eu-1", "weight", "5")));
	}

	@ParameterizedTest
	@EnumSource(InstanceStatus.class)
	void everythingThatIsWrittenIsValid(InstanceStatus status) {
		for (String host : List.of("10.0.0.5", "2001:db8::5", "localhost", "a-1.example.org")) {
			for (String instanceId : List.of("a", "i".repeat(255), "[2001:db8::5]:8080", "ä-1_2,3=4")) {
				ServiceRecord record = new ServiceRecord(new InstanceKey("o".repeat(128), instanceId), host, 65535,
						true, status, Map.of("n".repeat(128), "v".repeat(4096), "empty", ""));
				assertThat(errors(new String(this.codec.encode(record), StandardCharsets.UTF_8))).isEmpty();
			}
		}
	}

	@Test
	void schemaHasTheFieldsOfThePageAndOfWhatIsWritten() {
		JsonNode schema = JsonMapper.shared().readTree(resource(SCHEMA));
		assertThat(PAGE.find("(?m)^\\| `(\\w+)` \\| (?:string|integer|boolean|object of strings) \\|"))
			.containsExactlyElementsOf(schema.path("properties").propertyNames());
		assertThat(JsonMapper.shared()
			.readTree(this.codec.encode(new ServiceRecord(KEY, "h", 1, false, InstanceStatus.UP, Map.of())))
			.propertyNames()).containsExactlyElementsOf(schema.path("properties").propertyNames());
	}

	@ParameterizedTest
	@ValueSource(strings = { "{}", "[]", "{'host':'10.0.0.5'}", "{'port':1}", "{'host':'10.0.0.5','port':0}",
			"{'host':'10.0.0.5','port':65536}", "{'host':'10.0.0.5','port':'1'}", "{'host':'10.0.0.5','port':1.5}",
			"{'host':'','port':1}", "{'host':'a@b','port':1}", "{'host':'a/b','port':1}", "{'host':'[::1]','port':1}",
			"{'host':'10.0.0.5','port':1,'metadata':{'a':{}}}", "{'host':'10.0.0.5','port':1,'metadata':{'':'a'}}",
			"{'host':'10.0.0.5','port':1,'metadata':[]}", "{'host':'10.0.0.5','port':1,'serviceId':5}",
			"{'host':'10.0.0.5','port':1,'secure':'yes'}", "{'host':'10.0.0.5','port':1,'instanceId':'a b'}" })
	void valueThatTheSchemaRefusesIsNotRead(String value) {
		String json = value.replace('\'', '"');
		assertThat(errors(json)).isNotEmpty();
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> read(json));
	}

	@Test
	void limitsOfMetadataAreThoseOfThePage() {
		Map<String, String> metadata = new TreeMap<>();
		for (int i = 0; i < 128; i++) {
			metadata.put("n" + i, "");
		}
		String most = "{\"host\":\"h\",\"port\":1,\"metadata\":%s}"
			.formatted(JsonMapper.shared().writeValueAsString(metadata));
		assertThat(errors(most)).isEmpty();
		assertThat(read(most).metadata()).hasSize(128);
		String more = most.replace("\"n0\":\"\"", "\"n0\":\"\",\"more\":\"\"");
		assertThat(errors(more)).isNotEmpty();
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> read(more));
	}

	@ParameterizedTest
	@ValueSource(strings = { "{'host':'h','port':1}", "{'host':'h','port':1,'later':{'a':[1,null]},'status':'UP'}",
			"{'host':'h','port':1,'status':'up'}" })
	void fieldsThatAreMissingOrUnknownAreTakenAsThePageSays(String value) {
		String json = value.replace('\'', '"');
		assertThat(errors(json)).isEmpty();
		assertThat(read(json)).isEqualTo(new ServiceRecord(KEY, "h", 1, false, InstanceStatus.UP, Map.of()));
	}

	@Test
	void statusThatIsNotKnownIsNotCalled() {
		String json = "{\"host\":\"h\",\"port\":1,\"status\":\"RESTING\"}";
		assertThat(errors(json)).isEmpty();
		assertThat(read(json).status()).isEqualTo(InstanceStatus.UNKNOWN);
	}

	private ServiceRecord read(String json) {
		return this.codec.decode(KEY, json.getBytes(StandardCharsets.UTF_8));
	}

	private List<Error> errors(String json) {
		return this.schema.validate(json, InputFormat.JSON);
	}

	private static String resource(String name) {
		try (InputStream resource = RecordFormatPageTests.class.getResourceAsStream("/" + name)) {
			assertThat(resource).as(name).isNotNull();
			return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
