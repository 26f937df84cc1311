package io.github.etcddiscovery.documentation;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.instance.InstanceFormat;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.format.InstanceFormats;
import io.github.etcddiscovery.testsupport.Document;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.view.Instancer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What the pages beside the README say is what the code does.
 */
class DocumentationTests {

	/** A link or code that cannot be broken. */
	private static final Pattern LONG_WORD = Pattern.compile("\\]\\(\\S{60,}\\)|`[^`]{60,}`");

	/**
	 * Finds words, and beginnings of comments, that readers do not understand at once.
	 */
	private static final Pattern STUMBLING_BLOCK = Pattern.compile("\\b[Ww]hoever\\b|(//|/\\*\\*|^\\s*\\*) ?Or ");

	static Stream<String> pages() throws IOException {
		try (Stream<Path> docs = Files.list(Path.of("../docs"))) {
			List<String> pages = docs.map((page) -> "docs/" + page.getFileName())
				.filter((page) -> page.endsWith(".md"))
				.toList();
			return Stream.concat(
					Stream.of("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"),
					pages.stream());
		}
	}

	/**
	 * Tables, code and lines with a link or code of more than sixty characters are
	 * exempt.
	 */
	@ParameterizedTest
	@MethodSource("pages")
	void linesHaveAHundredAndTwentyCharactersAtMost(String page) {
		String prose = Document.of(page).text().replaceAll("(?ms)^ *```.*?^ *```$", "");
		assertThat(prose.lines()).filteredOn((line) -> line.length() > 120)
			.filteredOn((line) -> !line.startsWith("|") && !line.startsWith("    ") && !LONG_WORD.matcher(line).find())
			.isEmpty();
	}

	@ParameterizedTest
	@MethodSource("pages")
	void wordsThatReadersStumbleOverAreNotUsed(String page) {
		assertThat(Document.of(page).text().lines()).filteredOn((line) -> STUMBLING_BLOCK.matcher(line).find())
			.isEmpty();
	}

	@Test
	void wordsThatReadersStumbleOverAreNotUsedInMainCode() throws IOException {
		List<String> found = new ArrayList<>();
		for (String module : List.of("etcd-discovery-autoconfigure", "etcd-discovery-test", "sample-app",
				"testsupport")) {
			try (Stream<Path> sources = Files.walk(Path.of("..", module, "src", "main"))) {
				for (Path source : sources.filter((file) -> file.toString().endsWith(".java")).toList()) {
					Files.readString(source)
						.lines()
						.filter((line) -> STUMBLING_BLOCK.matcher(line).find())
						.forEach((line) -> found.add(source + ": " + line.strip()));
				}
			}
		}
		assertThat(found).isEmpty();
	}

	@ParameterizedTest
	@MethodSource("pages")
	void linksLeadToFilesThatAreThere(String page) {
		assertThat(Document.of(page).links()).allSatisfy((target) -> assertThat(target).exists());
	}

	@Test
	void mapLeadsToEveryPageAndTheReadmeToTheMap() throws IOException {
		String map = "docs/README.md";
		assertThat(Document.of(map).links().stream().map((path) -> path.getFileName().toString()))
			.containsAll(pages().filter((page) -> !page.equals(map))
				.map((page) -> Path.of(page).getFileName().toString())
				.toList());
		assertThat(Document.of("README.md").links()).anyMatch((link) -> link.endsWith(map));
	}

	@Test
	void readmeIsShort() {
		assertThat(Document.of("README.md").text().lines().count()).isLessThanOrEqualTo(150);
	}

	@Test
	void readmeComparesByTheFiguresThatWereMeasured() throws IOException {
		List<String> registries = List.of("this starter", "Spring Cloud ZooKeeper", "Spring Cloud Eureka",
				"Spring Cloud Consul");
		Map<String, List<Double>> chosen = figures("arriving", "registry", "chosen after ms");
		Map<String, List<Double>> gone = figures("arriving", "registry", "gone after ms");
		Map<String, List<Double>> started = figures("start-up-17", "application", "more s");
		assertThat(Document.of("README.md").text())
			.contains(row("a new instance is called after (median)", registries.subList(0, 3),
					(registry) -> duration(chosen.get(registry).get(0))))
			.contains(row("an instance that leaves is not called any more after (median)", registries.subList(0, 3),
					(registry) -> duration(gone.get(registry).get(0))))
			.contains(row("start-up time added on JDK 17: executable jar / extracted / with a class cache", registries,
					(registry) -> started.get(registry)
						.stream()
						.map((seconds) -> String.format(Locale.ROOT, "%.2f", seconds))
						.collect(Collectors.joining(" / ", "", " s"))));
		assertThat(Document.of("docs/rolling-restart.md").text())
			.contains("| restarted | ZooKeeper | 100,046 | 600 | 22,369 |");
	}

	private static String row(String title, List<String> registries, Function<String, String> figure) {
		return registries.stream().map(figure).collect(Collectors.joining(" | ", "| " + title + " | ", " |"));
	}

	private static String duration(double millis) {
		return (millis < 1_000) ? String.format(Locale.ROOT, "%.0f ms", millis)
				: String.format(Locale.ROOT, "%.0f s", millis / 1_000);
	}

	private static Map<String, List<Double>> figures(String name, String key, String column) throws IOException {
		Map<String, List<Double>> figures = new HashMap<>();
		JsonMapper.shared()
			.readTree(Files.readString(Path.of("../docs/performance/" + name + ".json")))
			.get("rows")
			.forEach((row) -> figures.computeIfAbsent(row.get(key).asString(), (title) -> new ArrayList<>())
				.add(row.get(column).asDouble()));
		return figures;
	}

	@Test
	void valuesThatThePageOnOtherLanguagesShowsAreReadAsThePageSays() {
		InstanceKey key = new InstanceKey("orders", "10.0.0.5:8080");
		List<MatchResult> rows = Pattern.compile("\\| `(\\w+)`.*? \\| `(.+)` \\|")
			.matcher(Document.of("docs/polyglot.md").text())
			.results()
			.toList();
		assertThat(rows).hasSize(7).allSatisfy((row) -> {
			byte[] value = row.group(2).getBytes(StandardCharsets.UTF_8);
			List<InstanceFormat> formats = InstanceFormats.with(List.of()).formats();
			assertThat(formats).filteredOn((format) -> format.recognizes(value))
				.singleElement()
				.satisfies((format) -> assertThat(format.name()).isEqualTo(row.group(1)))
				.satisfies((format) -> assertThat(format.decode(key, value).uriHost()).isEqualTo("10.0.0.5"))
				.satisfies((format) -> assertThat(format.decode(key, value).port()).isEqualTo(8080));
		});
	}

	@Test
	void figuresOfTheRollingRestartAreOfAFullRunWithoutAFailedCall() {
		assertThat(Document.of("docs/rolling-restart.md")
			.find("\\| (\\w+) \\| etcd \\| \\d{3},\\d{3} \\| \\d+ \\| 0 \\| 0 \\|"))
			.containsExactly("restarted", "etcd");
	}

	@Test
	void customizerOfThePageChangesBothRegistrations() {
		assertThat(Document.of("docs/deployment.md").blocks("java")).singleElement()
			.satisfies((block) -> assertThat(Document.source("TeamCustomizer")).endsWith(block));
		EtcdRegistration registration = new EtcdRegistration("orders", null, "h", 8081, false, Map.of());
		new TeamCustomizer().customize(registration);
		new TeamCustomizer().customizeManagement(registration);
		assertThat(registration.getMetadata()).containsOnly(Map.entry("docs", "http://wiki.example/orders"),
				Map.entry("scrape", "8081"));
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
