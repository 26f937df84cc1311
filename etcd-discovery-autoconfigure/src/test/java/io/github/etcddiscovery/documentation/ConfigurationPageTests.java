package io.github.etcddiscovery.documentation;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryProperties;
import io.github.etcddiscovery.autoconfigure.EtcdProperties;
import io.github.etcddiscovery.autoconfigure.RemoteProperties;
import io.github.etcddiscovery.autoconfigure.loadbalancer.ChoiceProperties;
import io.github.etcddiscovery.autoconfigure.loadbalancer.EtcdLoadBalancingProperties;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.testsupport.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The page of all properties says what their metadata say, and what the pages show can be
 * bound. Tests of {@link EtcdProperties} and {@link EtcdDiscoveryProperties}.
 */
class ConfigurationPageTests {

	private static final List<String> RUN_ELSEWHERE = List.of("docs/config-server.md", "docs/containers.md",
			"docs/grpc.md");

	private static final String METADATA = "META-INF/spring-configuration-metadata.json";

	private static final Map<String, String> TYPES = Map.ofEntries(Map.entry("java.lang.String", "text"),
			Map.entry("java.lang.Boolean", "boolean"), Map.entry("java.lang.Integer", "number"),
			Map.entry("java.lang.Double", "number"), Map.entry("java.time.Duration", "duration"),
			Map.entry("java.util.List<java.lang.String>", "list"),
			Map.entry("java.util.Map<java.lang.String,java.lang.String>", "map"),
			Map.entry("java.util.Map<java.lang.String,java.lang.Integer>", "map of numbers"),
			Map.entry(
					"java.util.Map<java.lang.String,java.util.Map<java.lang.String,java.util.List<java.lang.String>>>",
					"map of maps"),
			Map.entry("java.util.Map<java.lang.String," + ChoiceProperties.class.getName() + ">", "map of properties"),
			Map.entry("java.util.Map<java.lang.String," + RemoteProperties.class.getName() + ">", "map of properties"),
			Map.entry(InstanceStatus.class.getName(), "`InstanceStatus`"),
			Map.entry(ChoiceProperties.SelectDefault.class.getName(), "`any` or `none`"),
			Map.entry("org.springframework.boot.actuate.endpoint.Access", "`Access`"));

	private static final Pattern ROW = Pattern.compile("\\n\\| `([a-z0-9.-]+)` \\| ([^|]+) \\| (?:`([^`]*)` )?\\| \\S");

	private static final Document PAGE = Document.of("docs/configuration.md");

	@Test
	void pageListsJustThePropertiesThereAreWithTheirTypesAndDefaults() throws IOException {
		assertThat(documented()).isEqualTo(actual());
	}

	@Test
	void everyPropertyHasADescriptionAndEveryHintAProperty() throws IOException {
		JsonNode metadata = metadata();
		assertThat(metadata.get("properties")).allSatisfy(
				(property) -> assertThat(property.path("description").asString("")).as(name(property)).isNotBlank());
		assertThat(metadata.get("hints")).isNotEmpty()
			.allSatisfy((hint) -> assertThat(actual()).containsKey(name(hint)));
	}

	@Test
	void readmeShowsSomeOfThemWithTheirDefaults() {
		List<MatchResult> rows = Pattern.compile("\n\\| (`spring\\.cloud\\.etcd\\.[^|]+`) \\| (?:`([^`]*)` )?\\|")
			.matcher(Document.of("README.md").text())
			.results()
			.toList();
		Map<String, String> documented = documented();
		assertThat(rows).isNotEmpty().allSatisfy((row) -> {
			for (String name : row.group(1).replace("`", "").split(", ")) {
				assertThat(documented).containsKey(name);
				assertThat(documented.get(name)).as(name).endsWith(" " + row.group(2));
			}
		});
	}

	/**
	 * But for the pages that are run beside what they are about, by
	 * {@code ConfigServerTests}, {@code ContainerTests} and {@code GrpcTests}.
	 */
	static Stream<String> yaml() throws IOException {
		return DocumentationTests.pages()
			.filter((page) -> !RUN_ELSEWHERE.contains(page))
			.flatMap((page) -> Document.of(page).blocks("yaml").stream());
	}

	/** Ours into their types; those of others are known by their metadata. */
	@ParameterizedTest
	@MethodSource("yaml")
	void yamlThatIsShownCanBeBound(String yaml) throws IOException {
		Map<String, String> shown = Document.properties(yaml);
		assertThat(shown).isNotEmpty();
		Map<String, String> known = known();
		assertThat(shown.keySet()).allSatisfy((name) -> assertThat(known.keySet())
			.anySatisfy((other) -> assertThat(isPartOf(name, other, known.get(other))).isTrue()));
		Binder binder = new Binder(new MapConfigurationPropertySource(shown));
		binder.bindOrCreate("spring.cloud.etcd", Bindable.of(EtcdProperties.class));
		binder.bindOrCreate("spring.cloud.etcd.discovery", Bindable.of(EtcdDiscoveryProperties.class));
		binder.bindOrCreate("spring.cloud.etcd.discovery", Bindable.of(EtcdLoadBalancingProperties.class));
	}

	/** A property itself, or an entry of one that is a map, a list or a group. */
	private static boolean isPartOf(String name, String other, String type) {
		ConfigurationPropertyName known = ConfigurationPropertyName.of(other);
		ConfigurationPropertyName shown = ConfigurationPropertyName.adapt(name, '.');
		return known.equals(shown) || (type.startsWith("java.util.") && known.isAncestorOf(shown));
	}

	/** Of all that is on the class path: name and type. */
	private static Map<String, String> known() throws IOException {
		Map<String, String> known = new TreeMap<>();
		for (URL url : Collections.list(ConfigurationPageTests.class.getClassLoader().getResources(METADATA))) {
			try (InputStream metadata = url.openStream()) {
				JsonMapper.shared()
					.readTree(metadata)
					.get("properties")
					.forEach((property) -> known.put(name(property), property.path("type").asString("")));
			}
		}
		return known;
	}

	/** Name, and type and default. */
	private static Map<String, String> documented() {
		Map<String, String> documented = new TreeMap<>();
		for (String section : PAGE.text().split("\n## ")) {
			Matcher heading = Pattern.compile("^.*`(spring\\.cloud\\.etcd[.a-z]*\\.)\\*`").matcher(section);
			String prefix = heading.lookingAt() ? heading.group(1) : "";
			ROW.matcher(section)
				.results()
				.forEach((row) -> documented.put(prefix + row.group(1), row.group(2) + " " + row.group(3)));
		}
		return documented;
	}

	private static Map<String, String> actual() throws IOException {
		Map<String, String> actual = new TreeMap<>();
		for (JsonNode property : metadata().get("properties")) {
			String type = TYPES.get(property.get("type").asString());
			actual.put(name(property), type + " " + property.path("defaultValue").asString(null));
		}
		return actual;
	}

	/** Of this module, whose metadata come first on the class path. */
	private static JsonNode metadata() throws IOException {
		try (InputStream metadata = ConfigurationPageTests.class.getClassLoader().getResourceAsStream(METADATA)) {
			JsonNode read = JsonMapper.shared().readTree(metadata);
			assertThat(read.toString()).contains("\"spring.cloud.etcd.enabled\"");
			return read;
		}
	}

	private static String name(JsonNode named) {
		return named.get("name").asString();
	}

}
