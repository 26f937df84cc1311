package io.github.etcddiscovery.integration;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.sun.net.httpserver.HttpServer;
import io.github.etcddiscovery.testsupport.Document;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.LoopbackPorts;
import io.github.etcddiscovery.testsupport.Programs;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.ServerProcess;
import io.github.etcddiscovery.testsupport.TestCertificates;
import io.github.etcddiscovery.testsupport.TestUsers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.web.client.HttpClientErrorException;
import org.springframework.web.client.RestClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Starts each application of the folder {@code shapes} from its own class path: it
 * registers, sees a peer, and calls it.
 */
@RequiresEtcd
class ShapesIT {

	private static final Duration SOON = Duration.ofSeconds(15);

	private static final String HELLO = "hello of the peer";

	private static EtcdProcess etcd;

	private static EtcdEyes eyes;

	private static HttpServer peer;

	@BeforeAll
	static void startEtcdAndPeer() throws IOException {
		etcd = EtcdProcess.start(EtcdBinary.newest());
		eyes = new EtcdEyes(etcd.endpoint());
		peer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		peer.createContext("/hello", (exchange) -> {
			byte[] hello = HELLO.getBytes(StandardCharsets.UTF_8);
			exchange.sendResponseHeaders(200, hello.length);
			try (exchange) {
				exchange.getResponseBody().write(hello);
			}
		});
		peer.start();
		String address = "127.0.0.1:" + peer.getAddress().getPort();
		eyes.put("/services/peer/" + address, "http://" + address);
	}

	@AfterAll
	static void stopEtcdAndPeer() {
		peer.stop(0);
		eyes.close();
		etcd.close();
	}

	@ParameterizedTest
	@CsvSource({ "webmvc, /call", "webflux, /call", "webmvc-webflux, /call", "openfeign, /call",
			"no-loadbalancer, /call", "no-spring-retry, /call", "jetty, /call", "gateway-webflux, /peer/hello",
			"gateway-webmvc, /peer/hello" })
	void registersAndCallsAPeerByItsName(String shape, String path) {
		try (ShapeProcess application = ShapeProcess.start(shape, etcd.endpoint())) {
			int port = application.port();
			assertThat(eyes.all("/services/" + shape + "/").keySet()).singleElement().asString().endsWith(":" + port);
			assertThat(get(port, path)).contains(HELLO);
			application.terminate();
			assertThat(application.awaitEnd()).isTrue();
			assertThat(eyes.all("/services/" + shape + "/")).isEmpty();
		}
	}

	/** Headers are read from the request, of which there are two kinds. */
	@Test
	void headersArePropagatedWithoutTheServletApi() {
		try (ShapeProcess application = ShapeProcess.startAs("propagating", "webflux", etcd.endpoint(),
				"--spring.cloud.etcd.discovery.select-headers.X-Version=version",
				"--spring.cloud.etcd.discovery.propagate-select-headers=true")) {
			assertThat(get(application.port(), "/call")).contains(HELLO);
		}
	}

	@Test
	void applicationWithoutAServerRegistersThePortItIsTold() {
		try (ShapeProcess application = ShapeProcess.start("starter-alone", etcd.endpoint(),
				"--spring.main.keep-alive=true", "--spring.cloud.etcd.discovery.port=8080")) {
			assertThat(application.port()).isEqualTo(8080);
			awaitLog(application, "Peers: 1");
		}
	}

	/** What users download, and what each start has to look through. */
	@Test
	void starterBringsSeventyJarsOfThirtyThreeMegabytesAtMost() throws IOException {
		List<Path> jars = ShapeProcess.classPath("starter-alone");
		long size = 0;
		for (Path jar : jars) {
			size += Files.size(jar);
		}
		assertThat(jars).hasSizeLessThanOrEqualTo(70);
		assertThat(size).isLessThan(33_000_000);
	}

	/** Runs the commands of the page. Only the last one has an etcd to connect to. */
	@Test
	void applicationRegistersFromTheCacheOfItsClasses(@TempDir Path folder) throws Exception {
		List<String> commands = Document.of("docs/ahead-of-time.md").blocks("shell").get(0).lines().toList();
		Files.copy(ShapeProcess.jar("webmvc"), folder.resolve("orders.jar"));
		ProcessBuilder preparation = new ProcessBuilder("bash", "-ec",
				String.join("\n", commands.subList(0, commands.size() - 1)));
		preparation.environment().putAll(environment("http://127.0.0.1:" + LoopbackPorts.next()));
		Process prepared = preparation.directory(folder.toFile()).inheritIO().start();
		assertThat(prepared.waitFor(2, TimeUnit.MINUTES)).isTrue();
		assertThat(prepared.exitValue()).isZero();

		Map<String, String> environment = environment(etcd.endpoint());
		environment.put("JAVA_TOOL_OPTIONS", "-Xshare:on -Xlog:class+load:file=" + folder.resolve("loaded"));
		String last = "cd " + folder.resolve("orders") + " && exec " + commands.get(commands.size() - 1);
		try (ServerProcess application = new ServerProcess(environment, ShapeProcess.REGISTERED,
				List.of("bash", "-ec", last))) {
			application.port();
			assertThat(folder.resolve("loaded")).content()
				.containsPattern("io\\.github\\.etcddiscovery\\.view\\.ServiceView source: shared objects file")
				.containsPattern("io\\.etcd\\.jetcd\\.Client source: shared objects file")
				// Loading Java Flight Recorder takes longer than connecting.
				.doesNotContain("jdk.jfr.internal.MetadataRepository");
		}
	}

	private static Map<String, String> environment(String endpoint) {
		return new HashMap<>(Map.of("PATH", Path.of(Programs.jdk("java")).getParent() + ":" + System.getenv("PATH"),
				"SPRING_APPLICATION_NAME", "orders", "SERVER_PORT", "0", "SERVER_ADDRESS", "127.0.0.1",
				"SPRING_CLOUD_ETCD_ENDPOINTS", endpoint));
	}

	@Test
	void certificatesOfBothSidesWorkOnThePublishedClassPath(@TempDir Path folder) throws Exception {
		TestCertificates certificates = TestCertificates.create(folder);
		try (EtcdProcess secured = EtcdProcess.start(EtcdBinary.newest(), certificates);
				ShapeProcess application = ShapeProcess.start("starter-alone", secured.endpoint(),
						"--spring.main.keep-alive=true", "--spring.cloud.etcd.discovery.port=8080",
						"--spring.cloud.etcd.ca-cert=" + certificates.authority(),
						"--spring.cloud.etcd.cert=" + certificates.certificate(),
						"--spring.cloud.etcd.key=" + certificates.key())) {
			assertThat(application.port()).isEqualTo(8080);
		}
	}

	@Test
	void userAndPasswordWorkOnThePublishedClassPath() {
		try (EtcdProcess secured = TestUsers.startWithAuthentication(EtcdBinary.newest());
				ShapeProcess application = ShapeProcess.startAs("orders", "starter-alone", secured.endpoint(),
						"--spring.main.keep-alive=true", "--spring.cloud.etcd.discovery.port=8080",
						"--spring.cloud.etcd.username=orders", "--spring.cloud.etcd.password=pw")) {
			assertThat(application.port()).isEqualTo(8080);
		}
	}

	@Test
	void callsThatDoNotReachAnInstanceAreRetriedOnThePublishedClassPath() {
		String dead = "127.0.0.1:" + LoopbackPorts.next();
		eyes.put("/services/peer/" + dead, "http://" + dead);
		try (ShapeProcess application = ShapeProcess.start("webmvc", etcd.endpoint())) {
			for (int i = 0; i < 6; i++) {
				assertThat(get(application.port(), "/call")).isEqualTo(HELLO);
			}
		}
		finally {
			eyes.delete("/services/peer/" + dead);
		}
	}

	@Test
	void grpcServerRegistersAndItsClientFindsIt() {
		try (ShapeProcess application = ShapeProcess.start("grpc", etcd.endpoint(), "--spring.grpc.server.port=0")) {
			application.port();
			awaitLog(application, "The service says SERVING");
		}
	}

	@Test
	void grpcApplicationProcessedAheadOfTimeRegistersAndCallsItself() {
		try (ShapeProcess application = ShapeProcess.startAheadOfTime("grpc", etcd.endpoint(),
				"--spring.grpc.server.port=0")) {
			application.port();
			awaitLog(application, "The service says SERVING");
			assertThat(application.log()).contains("AOT-processed Application");
		}
	}

	@Test
	void grpcOnThePortOfTheWebServerIsRegisteredWithThatPort() {
		try (ShapeProcess application = ShapeProcess.start("grpc-servlet", etcd.endpoint(),
				"--server.http2.enabled=true")) {
			int port = application.port();
			awaitLog(application, "The service says SERVING");
			assertThat(get(port, "/hello")).isEqualTo("hello of a shape");
			assertThat(eyes.all("/services/grpc-servlet/").values()).singleElement()
				.asString()
				.contains("\"port\":" + port)
				.doesNotContain("gRPC_port");
		}
	}

	@Test
	void warInAnExternalTomcatRegistersOnceItsPortAnswers(@TempDir Path base) {
		assertThat(Document.properties(Document.of("docs/deployment.md").blocks("yaml").get(1)))
			.containsOnlyKeys("spring.cloud.etcd.discovery.port");
		int port = LoopbackPorts.next();
		try (ShapeProcess tomcat = ShapeProcess.startTomcat(base, etcd.endpoint(), port)) {
			assertThat(tomcat.port()).isEqualTo(port);
			assertThat(get(port, "/call")).isEqualTo(HELLO);
		}
	}

	@Test
	void springBootAdminShowsApplicationsUpWhereverTheirActuatorIs() {
		try (ShapeProcess elsewhere = ShapeProcess.startAs("elsewhere", "webmvc", etcd.endpoint(),
				"--server.servlet.context-path=/shop", "--management.endpoints.web.base-path=/manage");
				ShapeProcess apart = ShapeProcess.startAs("apart", "webmvc", etcd.endpoint(),
						"--management.server.port=0", "--management.server.address=127.0.0.1");
				ShapeProcess admin = ShapeProcess.start("admin-server", etcd.endpoint())) {
			elsewhere.port();
			apart.port();
			int port = admin.port();
			await().atMost(SOON).untilAsserted(() -> {
				JsonNode shown = JsonMapper.shared().readTree(get(port, "/applications"));
				assertThat(shown.valueStream())
					.extracting((application) -> application.path("name").asString() + " is "
							+ application.path("status").asString())
					.contains("elsewhere is UP", "apart is UP")
					.noneMatch((name) -> name.contains("-management"));
			});
		}
	}

	@Test
	void springBootAdminAsksAndLinksOnlyTheHostOfARecord() {
		eyes.put("/services/evil/1",
				"""
						{"host": "127.0.0.1", "port": 1, "metadata": {"management.address": "other.example",
						"management.scheme": "javascript", "management.context-path": "@other.example/", "health.path":
						"//other.example", "service-url": "https://other.example/", "sidebar.links.x.url": "https://other.example",
						"sidebar.links.x.label": "x", "management.port": "2", "tags.owner": "kept"}}""");
		try (ShapeProcess admin = ShapeProcess.start("admin-server", etcd.endpoint())) {
			int port = admin.port();
			await().atMost(SOON).untilAsserted(() -> {
				JsonNode shown = JsonMapper.shared().readTree(get(port, "/instances"));
				assertThat(shown.valueStream().map((instance) -> instance.path("registration")))
					.filteredOn((registration) -> registration.path("name").asString().equals("evil"))
					.singleElement()
					.satisfies((registration) -> {
						assertThat(registration.toString()).doesNotContain("other.example", "javascript");
						assertThat(registration.path("serviceUrl").asString()).isEqualTo("http://127.0.0.1:1");
						assertThat(registration.path("healthUrl").asString())
							.isEqualTo("http://127.0.0.1:2/actuator/health");
						assertThat(registration.path("metadata").toString()).contains("kept");
					});
			});
		}
		finally {
			eyes.delete("/services/evil/1");
		}
	}

	@Test
	void gatewayMakesNoRouteToAManagementServer() {
		try (ShapeProcess orders = ShapeProcess.startAs("orders", "webmvc", etcd.endpoint(),
				"--management.server.port=0", "--management.server.address=127.0.0.1");
				ShapeProcess gateway = ShapeProcess.start("gateway-webflux", etcd.endpoint())) {
			orders.port();
			int port = gateway.port();
			await().atMost(SOON).until(() -> !eyes.all("/services/orders-management/").isEmpty());
			await().atMost(SOON)
				.ignoreExceptions()
				.untilAsserted(() -> assertThat(get(port, "/orders/hello")).isEqualTo("hello of a shape"));
			assertThatExceptionOfType(HttpClientErrorException.NotFound.class)
				.isThrownBy(() -> get(port, "/orders-management/actuator/health"));
		}
	}

	@ParameterizedTest
	@CsvSource({ "webmvc", "webflux", "gateway-webflux" })
	void disabledStarterSaysNothing(String shape) {
		try (ShapeProcess application = ShapeProcess.startUnregistered(shape, "--spring.cloud.etcd.enabled=false")) {
			application.port();
			assertThat(application.log()).doesNotContain("Caffeine", ".etcddiscovery.", "io.etcd");
		}
	}

	/** The steps of docs/migrating.md. */
	@Test
	void servicesMoveFromEurekaToEtcdOneByOneWhileTheyAreCalled() {
		String base = "--spring.http.serviceclient.stock.base-url=lb://stock";
		try (ShapeProcess server = ShapeProcess.startUnregistered("eureka-server",
				"--eureka.client.register-with-eureka=false", "--eureka.client.fetch-registry=false",
				"--eureka.server.wait-time-in-ms-when-sync-empty=0",
				"--eureka.server.response-cache-update-interval-ms=500")) {
			String eureka = "http://127.0.0.1:" + server.port() + "/eureka";
			String[] both = { base, "--eureka.client.service-url.defaultZone=" + eureka,
					"--eureka.client.registry-fetch-interval-seconds=1",
					"--eureka.client.initial-instance-info-replication-interval-seconds=0",
					"--eureka.instance.prefer-ip-address=true", "--eureka.instance.ip-address=127.0.0.1" };
			try (ShapeProcess old = ShapeProcess.startUnregisteredAs("stock", "eureka",
					Stream.concat(Stream.of(both), Stream.of("--spring.cloud.etcd.enabled=false"))
						.toArray(String[]::new));
					ShapeProcess caller = ShapeProcess.startAs("caller", "eureka", etcd.endpoint(), both)) {
				old.port();
				int port = caller.port();
				awaitAnswer(port, "hello of a shape");
				assertThat(eyes.all("/services/caller/")).hasSize(1);
				await().atMost(SOON)
					.ignoreExceptions()
					.untilAsserted(() -> assertThat(get(server.port(), "/eureka/apps/CALLER")).contains("UP"));
				String address = "127.0.0.1:" + peer.getAddress().getPort();
				eyes.put("/services/stock/" + address, "http://" + address);
				awaitAnswer(port, HELLO);
				assertThat(IntStream.range(0, 8).mapToObj((i) -> get(port, "/call"))).as("only etcd's")
					.containsOnly(HELLO);
				eyes.deleteAll("/services/stock/");
				awaitAnswer(port, "hello of a shape");
			}
		}
	}

	private static void awaitAnswer(int port, String answer) {
		await().atMost(SOON.multipliedBy(2))
			.ignoreExceptions()
			.untilAsserted(() -> assertThat(get(port, "/call")).isEqualTo(answer));
	}

	private static void awaitLog(ShapeProcess application, String text) {
		await().atMost(SOON).untilAsserted(() -> assertThat(application.log()).contains(text));
	}

	private static String get(int port, String path) {
		return RestClient.create("http://127.0.0.1:" + port).get().uri(path).retrieve().body(String.class);
	}

}
