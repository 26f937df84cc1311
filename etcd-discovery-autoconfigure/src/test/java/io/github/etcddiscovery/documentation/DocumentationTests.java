package io.github.etcddiscovery.documentation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

import io.github.etcddiscovery.testing.EtcdBinary;
import io.github.etcddiscovery.testing.EtcdEyes;
import io.github.etcddiscovery.testing.EtcdProcess;
import io.github.etcddiscovery.testing.RequiresEtcd;
import io.github.etcddiscovery.view.Instancer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What the pages beside the README say is what the code does.
 */
class DocumentationTests {

	static Stream<String> pages() throws IOException {
		try (Stream<Path> docs = Files.list(Path.of("../docs"))) {
			List<String> pages = docs.map((page) -> "docs/" + page.getFileName())
				.filter((page) -> page.endsWith(".md"))
				.toList();
			return Stream.concat(Stream.of("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"),
					pages.stream());
		}
	}

	@ParameterizedTest
	@MethodSource("pages")
	void linksLeadToFilesThatAreThere(String page) {
		assertThat(Document.of(page).links()).allSatisfy((target) -> assertThat(target).exists());
	}

	@Test
	void readmeLeadsToEveryPage() throws IOException {
		assertThat(Document.of("README.md").links().stream().map((path) -> path.getFileName().toString()))
			.containsAll(pages().skip(1).map((page) -> Path.of(page).getFileName().toString()).toList());
	}

	@Test
	void exampleForThoseWhoKnowGoKitIsThatOfACompiledClass() {
		assertThat(Document.of("docs/go-kit.md").blocks("java")).singleElement()
			.satisfies((block) -> assertThat(Document.source("GoKitExample")).endsWith(block));
	}

	@Test
	@RequiresEtcd
	void exampleForThoseWhoKnowGoKitRegistersAndFollows() {
		List<Instancer.Event> events = new CopyOnWriteArrayList<>();
		try (EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest()); EtcdEyes eyes = new EtcdEyes(etcd.endpoint())) {
			new GoKitExample() {

				@Override
				void serve() {
					await().atMost(Duration.ofSeconds(5))
						.until(() -> events.contains(new Instancer.Event(true, List.of("http://10.0.0.5:8080"), null)));
				}

			}.registerAndFollow(etcd.endpoint(), events::add);
			assertThat(eyes.all("/go/")).isEmpty();
		}
	}

}
