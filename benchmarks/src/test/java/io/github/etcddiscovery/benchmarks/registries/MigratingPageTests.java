package io.github.etcddiscovery.benchmarks.registries;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import io.github.etcddiscovery.testsupport.Document;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The page on migrating names properties that there are. Consul's starter is not on the
 * class path.
 */
class MigratingPageTests {

	/** Their libraries are not on the class path. */
	private static final List<String> NOT_HERE = List.of("spring.cloud.consul.", "spring.cloud.nacos.",
			"spring.cloud.kubernetes.");

	private static final Document PAGE = Document.of("docs/migrating.md");

	@Test
	void propertiesThatAreNamedAreThere() throws IOException {
		List<String> named = PAGE.find("`((?:spring\\.cloud|eureka)\\.[a-z.-]+)(?:=false)?`")
			.stream()
			.filter((name) -> NOT_HERE.stream().noneMatch(name::startsWith))
			.toList();
		assertThat(named).hasSizeGreaterThan(60);
		assertThat(known()).containsAll(named);
	}

	private static Set<String> known() throws IOException {
		Set<String> known = new HashSet<>();
		for (URL url : Collections.list(MigratingPageTests.class.getClassLoader()
			.getResources("META-INF/spring-configuration-metadata.json"))) {
			try (InputStream metadata = url.openStream()) {
				JsonMapper.shared()
					.readTree(metadata)
					.get("properties")
					.forEach((property) -> known.add(property.get("name").asString()));
			}
		}
		return known;
	}

}
