package io.github.etcddiscovery.sample;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import io.github.etcddiscovery.test.EmbeddedEtcd;
import io.github.etcddiscovery.testsupport.Document;
import io.github.etcddiscovery.testsupport.LoopbackPorts;
import io.github.etcddiscovery.testsupport.Programs;
import io.github.etcddiscovery.testsupport.RequiresPrometheus;
import io.github.etcddiscovery.testsupport.ServerProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A real Prometheus, configured as {@code docs/monitoring.md} says, that scrapes what the
 * sample tells it of.
 */
@RequiresPrometheus
class PrometheusIT {

	private static final Duration SOON = Duration.ofSeconds(60);

	private static final Pattern LISTENING = Pattern.compile("address=127\\.0\\.0\\.1:(\\d+)");

	@TempDir
	private Path folder;

	@Test
	void instancesAreScrapedWhereTheyServeTheirMetrics() throws Exception {
		try (EmbeddedEtcd etcd = EmbeddedEtcd.start();
				SampleProcess first = SampleProcess.start("orders", etcd.endpoint(),
						"--spring.cloud.etcd.discovery.zone=eu-1");
				SampleProcess second = SampleProcess.start("stock", etcd.endpoint(), "--management.server.port=0",
						"--management.server.address=127.0.0.1", "--management.endpoints.web.base-path=/manage",
						"--management.endpoints.web.path-mapping.prometheus=metrics")) {
			first.port();
			second.port();
			await().atMost(SOON)
				.until(() -> first.get("/actuator/etcdtargets").contains("stock")
						&& first.get("/actuator/etcdtargets").contains("orders"));
			assertThat(first.get("/actuator/health")).contains("\"etcd\":{", "\"state\":\"WATCHING\"");
			try (ServerProcess prometheus = prometheus(first)) {
				await().atMost(SOON).untilAsserted(() -> {
					JsonNode targets = ask(prometheus, "targets").at("/data/activeTargets");
					assertThat(targets.valueStream().map((target) -> target.get("health").asString()))
						.containsExactly("up", "up");
				});
				await().atMost(SOON)
					.untilAsserted(() -> assertThat(
							ask(prometheus, "query?query=etcd_discovery_view_services").at("/data/result")
								.valueStream()
								.map((series) -> series.get("metric"))
								.map((metric) -> metric.path("job").asString() + " "
										+ metric.path("instance").asString() + " " + metric.path("zone").asString("")))
						.containsExactlyInAnyOrder("orders " + first.instanceId() + " eu-1",
								"stock " + second.instanceId() + " "));
			}
		}
	}

	private ServerProcess prometheus(SampleProcess sample) throws IOException {
		String configuration = Document.of("docs/monitoring.md")
			.blocks("yml")
			.stream()
			.filter((snippet) -> snippet.contains("http_sd_configs"))
			.findFirst()
			.orElseThrow()
			.replace("orders.example:8080", sample.instanceId());
		Path file = Files.writeString(this.folder.resolve("prometheus.yml"),
				"global:\n  scrape_interval: 1s\n" + configuration);
		return new ServerProcess(Map.of(), LISTENING,
				List.of(Programs.find("prometheus").orElseThrow().toString(), "--config.file=" + file,
						"--storage.tsdb.path=" + this.folder.resolve("data"),
						"--web.listen-address=127.0.0.1:" + LoopbackPorts.next()));
	}

	private static JsonNode ask(ServerProcess prometheus, String path) throws IOException, InterruptedException {
		HttpRequest request = HttpRequest
			.newBuilder(URI.create("http://127.0.0.1:" + prometheus.port() + "/api/v1/" + path))
			.build();
		return JsonMapper.shared()
			.readTree(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());
	}

}
