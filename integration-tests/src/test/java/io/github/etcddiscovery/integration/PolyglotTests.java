package io.github.etcddiscovery.integration;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.testsupport.ApplicationProcess;
import io.github.etcddiscovery.testsupport.Document;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.OnEveryEtcd;
import io.github.etcddiscovery.testsupport.TestApplications;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.web.client.RestTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Spring and Go call each other, with what {@code docs/polyglot.md} says to set.
 */
@OnEveryEtcd
@RequiresGo
class PolyglotTests extends EtcdApplicationTests {

	private static final Logger logger = LoggerFactory.getLogger(PolyglotTests.class);

	private static final Document PAGE = Document.of("docs/polyglot.md");

	private static final String ORDERS = "/services/orders/";

	private static final String STOCK = "/services/stock/";

	/** What dies without leaving goes with its lease. */
	private static final Duration SOON = Duration.ofSeconds(30);

	/** No lease of three seconds runs out so soon after it was renewed. */
	private static final Duration PROMPTLY = Duration.ofMillis(1_900);

	private final EtcdBinary binary;

	private final List<AutoCloseable> processes = new ArrayList<>();

	PolyglotTests(EtcdBinary binary) {
		super(binary);
		this.binary = binary;
	}

	@AfterEach
	void endProcesses() throws Exception {
		for (AutoCloseable process : this.processes) {
			process.close();
		}
	}

	@ParameterizedTest
	@CsvSource({ "go-kit, 0, http://127.0.0.1:", "naming, 1, 127.0.0.1:" })
	void springAndGoCallEachOther(String format, int snippet, String instance) {
		ConfigurableApplicationContext orders = start(snippet);
		GoPeer go = go(format);
		await().atMost(SOON).until(() -> !instancesOf(orders).isEmpty());
		RestTemplate template = template(orders);
		assertThat(template.getForObject("http://stock/hello", String.class)).isEqualTo(go.name());
		assertThat(go.instances()).containsExactly(instance + TestApplications.port(orders));
		assertThat(go.call()).isEqualTo("spring@127.0.0.1:" + TestApplications.port(orders));
	}

	@Test
	void springAndGoCallEachOtherByGrpc() throws Exception {
		HealthStatusManager health = new HealthStatusManager();
		health.setStatus("spring", ServingStatus.SERVING);
		Server server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
			.addService(health.getHealthService())
			.build()
			.start();
		this.processes.add(server::shutdownNow);
		ConfigurableApplicationContext orders = start(1, "spring.cloud.etcd.discovery.port=" + server.getPort());
		GoPeer go = go("grpc");
		await().atMost(SOON).until(() -> go.call().equals("SERVING@127.0.0.1:" + server.getPort()));
		await().atMost(SOON).until(() -> instancesOf(orders).size() == 1);
		ServiceInstance stock = instancesOf(orders).get(0);
		ManagedChannel channel = NettyChannelBuilder.forAddress(stock.getHost(), stock.getPort())
			.usePlaintext()
			.build();
		this.processes.add(channel::shutdownNow);
		assertThat(HealthGrpc.newBlockingStub(channel)
			.withDeadlineAfter(10, TimeUnit.SECONDS)
			.check(HealthCheckRequest.newBuilder().setService("go").build())
			.getStatus()).isEqualTo(ServingStatus.SERVING);
		orders.close();
		await().atMost(SOON).untilAsserted(() -> assertThat(go.call()).contains("Unavailable"));
	}

	@ParameterizedTest
	@CsvSource({ "go-kit, 0", "naming, 1" })
	void goSeesSpringComeAndGo(String format, int snippet) {
		GoPeer go = go(format);
		go.port();
		ConfigurableApplicationContext orders = start(snippet);
		await().atMost(SOON).until(() -> go.instances().size() == 1);
		AvailabilityChangeEvent.publish(orders, ReadinessState.REFUSING_TRAFFIC);
		took(format, "Go sees Spring vanish, refusing traffic", () -> go.instances().isEmpty());
		AvailabilityChangeEvent.publish(orders, ReadinessState.ACCEPTING_TRAFFIC);
		took(format, "Go sees Spring appear, accepting traffic", () -> go.instances().size() == 1);
		Thread closing = new Thread(orders::close);
		closing.start();
		took(format, "Go sees Spring vanish, deregistered", () -> go.instances().isEmpty());
		ApplicationProcess killed = process(snippet);
		await().atMost(SOON).until(() -> go.instances().size() == 1);
		assertThat(go.call()).isEqualTo("spring@" + killed.instanceId());
		killed.kill();
		took(format, "Go sees Spring vanish, killed, ttl 3 s", SOON, () -> go.instances().isEmpty());
		await().atMost(SOON).until(() -> !closing.isAlive());
	}

	@Test
	void goSeesAnInstanceThatChanges() {
		ConfigurableApplicationContext orders = start(0);
		GoPeer go = go("go-kit");
		String address = "127.0.0.1:" + TestApplications.port(orders);
		assertThat(go.instances()).containsExactly("http://" + address);
		EtcdRegistration registration = orders.getBean(EtcdRegistration.class);
		registration.setSecure(true);
		orders.getBean(EtcdServiceRegistry.class).flush(registration);
		took("go-kit", "Go sees a change of Spring's", () -> go.instances().equals(List.of("https://" + address)));
	}

	@ParameterizedTest
	@CsvSource({ "go-kit, 0", "naming, 1" })
	void springSeesGoComeAndGo(String format, int snippet) {
		ConfigurableApplicationContext orders = start(snippet);
		GoPeer first = go(format);
		await().pollInterval(Duration.ofMillis(5)).atMost(SOON).until(() -> instancesOf(orders).size() == 1);
		long seen = System.currentTimeMillis();
		logger.info("{} on {}: Spring sees Go appear {} ms after it began to register", format, this.binary,
				seen - first.registeringSince());
		GoPeer second = go(format);
		await().atMost(SOON).until(() -> instancesOf(orders).size() == 2);
		first.terminate();
		took(format, "Spring sees Go vanish, deregistered", () -> instancesOf(orders).size() == 1);
		RestTemplate template = template(orders);
		assertThat(template.getForObject("http://stock/hello", String.class)).isEqualTo(second.name());
		second.kill();
		took(format, "Spring sees Go vanish, killed, ttl 3 s", SOON, () -> instancesOf(orders).isEmpty());
	}

	/** go-zero and Kitex have no way to change what is registered. */
	@ParameterizedTest
	@CsvSource({ "go-kit, 0, /services/", "naming, 1, /services/", "kratos, 3, /microservices/" })
	void springSeesAnInstanceThatChanges(String format, int snippet, String prefix) {
		ConfigurableApplicationContext orders = start(snippet);
		GoPeer go = go(format, prefix + "stock/", ORDERS);
		assertFound(orders, go.port());
		ServiceInstance before = instancesOf(orders).get(0);
		go.change();
		took(format, "Spring sees a change of Go's", () -> {
			ServiceInstance now = instancesOf(orders).get(0);
			return now.isSecure() != before.isSecure() || !now.getMetadata().equals(before.getMetadata());
		});
		assertFound(orders, go.port());
	}

	/** go-zero's keys end in the number of their lease. */
	@Test
	void goZeroFindsAndIsFound() {
		ConfigurableApplicationContext orders = start(2);
		GoPeer go = goZero();
		String address = "127.0.0.1:" + TestApplications.port(orders);
		await().atMost(SOON).until(() -> go.instances().equals(List.of(address)));
		assertThat(go.call()).isEqualTo("spring@" + address);
		assertFound(orders, go.port());
		assertThat(template(orders).getForObject("http://stock/hello", String.class)).isEqualTo(go.name());
		assertWritesGoldenFile("stock.rpc/", go, "address");
		assertVanishes("go-zero", orders, go, this::goZero);
		GoPeer last = goZero();
		await().atMost(SOON).until(() -> last.instances().size() == 1);
		orders.close();
		took("go-zero", "Go sees Spring vanish, deregistered", () -> last.instances().isEmpty());
	}

	private GoPeer goZero() {
		return go("go-zero", "stock.rpc/", "services/orders/");
	}

	@Test
	void kratosFindsAndIsFound() {
		ConfigurableApplicationContext orders = start(3, "spring.cloud.etcd.discovery.metadata.gRPC_port=9091");
		GoPeer go = kratos();
		String address = "127.0.0.1:" + TestApplications.port(orders);
		await().atMost(SOON).until(() -> go.instances().equals(List.of("grpc://127.0.0.1:9091", "http://" + address)));
		await().atMost(SOON).until(() -> go.call().equals("spring@" + address));
		assertFound(orders, go.port());
		assertThat(instancesOf(orders).get(0).getMetadata()).containsEntry("gRPC_port", "9090");
		assertThat(template(orders).getForObject("http://stock/hello", String.class)).isEqualTo(go.name());
		assertFound(Stock.start(this.applications, Orders.class, "caller",
				"spring.cloud.etcd.discovery.service-prefixes.stock=/microservices/stock",
				"spring.cloud.etcd.discovery.register=false"), go.port());
		assertWritesGoldenFile("/microservices/stock/", go, "kratos");
		assertVanishes("kratos", orders, go, this::kratos);
		GoPeer last = kratos();
		await().atMost(SOON).until(() -> last.instances().size() == 2);
		orders.close();
		took("kratos", "Go sees Spring vanish, deregistered", () -> last.instances().isEmpty());
	}

	private GoPeer kratos() {
		return go("kratos", "/microservices/stock/", "/microservices/orders/");
	}

	@Test
	void hertzIsFoundUnderItsPrefix() {
		ConfigurableApplicationContext orders = Stock.start(this.applications, Orders.class, "orders",
				"spring.cloud.etcd.discovery.service-prefixes.stock=hertz/registry-etcd/stock");
		this.eyes.put("hertz/registry-etcd/stock/10.0.0.5:8080",
				Document.of("etcd-discovery-autoconfigure/src/test/resources/formats/hertz").text());
		await().atMost(SOON).until(() -> instancesOf(orders).size() == 1);
		assertThat(instancesOf(orders).get(0).getUri()).hasToString("http://10.0.0.5:8080");
	}

	@Test
	void kitexIsFound() {
		ConfigurableApplicationContext orders = start(4);
		GoPeer go = go("kitex", "kitex/registry-etcd/stock/", ORDERS);
		assertFound(orders, go.port());
		assertThat(instancesOf(orders).get(0).getMetadata()).containsEntry("zone", "eu-1")
			.containsEntry("weight", "20");
		assertWritesGoldenFile("kitex/registry-etcd/stock/", go, "kitex");
		assertVanishes("kitex", orders, go, () -> go("kitex", "kitex/registry-etcd/stock/", ORDERS));
	}

	private void assertVanishes(String format, ConfigurableApplicationContext orders, GoPeer go,
			Supplier<GoPeer> another) {
		go.terminate();
		took(format, "Spring sees Go vanish, deregistered", () -> instancesOf(orders).isEmpty());
		GoPeer killed = another.get();
		assertFound(orders, killed.port());
		killed.kill();
		took(format, "Spring sees Go vanish, killed, ttl 3 s", SOON, () -> instancesOf(orders).isEmpty());
	}

	@ParameterizedTest
	@CsvSource({ "go-kit, url", "naming, grpc-without-metadata" })
	void goldenFileIsWhatGoWrites(String format, String file) {
		assertWritesGoldenFile(STOCK, go(format), file);
	}

	@Test
	void goldenFileWithMetadataIsWhatEtcdsNamingWrites() {
		GoPeer go = go("naming");
		go.port();
		go.change();
		assertWritesGoldenFile(STOCK, go, "grpc");
	}

	/** The golden files are of the service orders at 10.0.0.5:8080. */
	private void assertWritesGoldenFile(String prefix, GoPeer go, String file) {
		String address = "127.0.0.1:" + go.port();
		logger.info("{} on {}, {}", file, this.binary, go.versions());
		assertThat(this.eyes.all(prefix).values()).singleElement()
			.extracting((value) -> value.replace(address, "10.0.0.5:8080")
				.replace("127.0.0.1", "10.0.0.5")
				.replace("stock", "orders"))
			.isEqualTo(Document.of("etcd-discovery-autoconfigure/src/test/resources/formats/" + file).text());
	}

	@Test
	void serviceThatIsWrittenTwiceIsFoundByGoWhereItWasAndBySpringWhereItIs() {
		ConfigurableApplicationContext orders = start(5);
		GoPeer go = go("go-kit", STOCK, "/legacy/orders/");
		String address = "127.0.0.1:" + TestApplications.port(orders);
		await().atMost(SOON).until(() -> go.instances().equals(List.of("http://" + address)));
		assertThat(go.call()).isEqualTo("spring@" + address);
		await().atMost(SOON).until(() -> orders.getBean(DiscoveryClient.class).getInstances("orders").size() == 1);
		orders.close();
		await().atMost(SOON).until(() -> go.instances().isEmpty());
	}

	private static void assertFound(ConfigurableApplicationContext orders, int port) {
		await().atMost(SOON).until(() -> instancesOf(orders).size() == 1);
		assertThat(instancesOf(orders).get(0).getHost()).isEqualTo("127.0.0.1");
		assertThat(instancesOf(orders).get(0).getPort()).isEqualTo(port);
	}

	private static RestTemplate template(ConfigurableApplicationContext orders) {
		return orders.getBean(RestTemplate.class);
	}

	private static List<ServiceInstance> instancesOf(ConfigurableApplicationContext orders) {
		return orders.getBean(DiscoveryClient.class).getInstances("stock");
	}

	private void took(String format, String what, Callable<Boolean> condition) {
		took(format, what, PROMPTLY, condition);
	}

	private void took(String format, String what, Duration longest, Callable<Boolean> condition) {
		long begun = System.nanoTime();
		await(what).pollInterval(Duration.ofMillis(5)).atMost(longest).until(condition);
		logger.info("{} on {}: {} after {} ms", format, this.binary, what,
				Duration.ofNanos(System.nanoTime() - begun).toMillis());
	}

	private GoPeer go(String format) {
		return go(format, STOCK, ORDERS);
	}

	private GoPeer go(String format, String own, String other) {
		GoPeer go = GoPeer.start(this.etcd.endpoint(), format, own, other);
		this.processes.add(go);
		return go;
	}

	private ConfigurableApplicationContext start(int snippet, String... further) {
		return Stock.start(this.applications, Orders.class, "orders", properties(snippet, further));
	}

	private ApplicationProcess process(int snippet) {
		List<String> arguments = new ArrayList<>(
				List.of("-cp", System.getProperty("java.class.path"), Orders.class.getName()));
		String[] further = { "spring.cloud.etcd.discovery.ttl=3s", "spring.cloud.etcd.discovery.heartbeat=1s",
				"spring.cloud.gateway.server.webflux.enabled=false" };
		this.applications.properties("orders", properties(snippet, further))
			.forEach((name, value) -> arguments.add("--" + name + "=" + value));
		ApplicationProcess process = new ApplicationProcess(Map.of(), arguments);
		this.processes.add(process);
		return process;
	}

	/** What the page says to set, but for where etcd is. */
	private static String[] properties(int snippet, String... further) {
		Map<String, String> properties = Document.properties(PAGE.blocks("yaml").get(snippet));
		assertThat(properties).containsEntry("spring.application.name", "orders");
		properties.remove("spring.cloud.etcd.endpoints");
		Stream<String> page = properties.entrySet().stream().map((entry) -> entry.getKey() + "=" + entry.getValue());
		return Stream.concat(page, Stream.of(further)).toArray(String[]::new);
	}

}
