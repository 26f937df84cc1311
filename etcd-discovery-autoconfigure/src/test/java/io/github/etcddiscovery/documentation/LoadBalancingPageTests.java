package io.github.etcddiscovery.documentation;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.sun.net.httpserver.HttpServer;
import io.github.etcddiscovery.cloud.discovery.EtcdReactiveDiscoveryClient;
import io.github.etcddiscovery.testsupport.Document;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.LoopbackPorts;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.Disposable;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.loadbalancer.DefaultRequest;
import org.springframework.cloud.client.loadbalancer.LoadBalancerClient;
import org.springframework.cloud.client.loadbalancer.RequestData;
import org.springframework.cloud.client.loadbalancer.RequestDataContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.web.client.RestClient;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The examples for callers, as they stand in the pages.
 */
@RequiresEtcd
@ExtendWith(OutputCaptureExtension.class)
class LoadBalancingPageTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	private static final Document PAGE = Document.of("docs/load-balancing.md");

	LoadBalancingPageTests() {
		super(EtcdBinary.newest());
	}

	@Test
	void examplesAreThoseOfCompiledClasses() {
		assertThat(Document.source("RetryingClients")).endsWith(PAGE.blocks("java").get(0));
		assertThat(Document.source("StockListener")).endsWith(PAGE.blocks("java").get(1));
		assertThat(PAGE.blocks("java")).hasSize(2);
	}

	@Test
	void threeAttemptsWithinThreeSecondsReachTheInstanceThatAnswers() throws IOException {
		HttpServer alive = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		alive.createContext("/", (exchange) -> {
			exchange.sendResponseHeaders(200, -1);
			exchange.close();
		});
		alive.start();
		try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
			put("alive", alive.getAddress().getPort());
			put("dead", LoopbackPorts.next());
			put("silent", silent.getLocalPort());
			ConfigurableApplicationContext caller = start(3);
			RestClient restClient = caller.getBean(RestClient.Builder.class).build();
			WebClient webClient = caller.getBean(WebClient.Builder.class).build();
			for (int i = 0; i < 6; i++) {
				answered(() -> restClient.get().uri("http://stock/").retrieve().toBodilessEntity());
				answered(() -> webClient.get().uri("http://stock/").retrieve().toBodilessEntity().block());
			}
		}
		finally {
			alive.stop(0);
		}
	}

	private static void answered(Supplier<?> call) {
		long begin = System.nanoTime();
		assertThat(call.get()).isNotNull();
		assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(3));
	}

	@Test
	void listenerAndSubscriberAreTold(CapturedOutput output) {
		put("a", 80);
		ConfigurableApplicationContext caller = start(1);
		StockListener listener = caller.getBean(StockListener.class);
		await().atMost(SOON).until(() -> listener.instances().size() == 1);
		Disposable watching = StockListener.watch(caller.getBean(EtcdReactiveDiscoveryClient.class));
		assertThat(output).contains("Stock is at [http://127.0.0.1:80]");
		put("b", 81);
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(listener.instances()).extracting(ServiceInstance::getInstanceId)
				.containsExactly("a", "b"));
		await().atMost(SOON)
			.until(() -> output.toString().contains("Stock is at [http://127.0.0.1:80, http://127.0.0.1:81]"));
		watching.dispose();
	}

	private void put(String id, int port) {
		this.eyes.put("/services/stock/" + id, "{\"host\":\"127.0.0.1\",\"port\":%d}".formatted(port));
	}

	private ConfigurableApplicationContext start(int instances) {
		ConfigurableApplicationContext caller = this.applications.start(
				new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE), "caller",
				yaml("max-retries-on-next-service-instance"));
		await().atMost(SOON)
			.until(() -> caller.getBean(DiscoveryClient.class).getInstances("stock").size() == instances);
		return caller;
	}

	/** Returns the properties of the example that contains a text. */
	private static String[] yaml(String text) {
		return PAGE.blocks("yaml")
			.stream()
			.filter((block) -> block.contains(text))
			.flatMap((block) -> Document.properties(block).entrySet().stream())
			.map((property) -> property.getKey() + "=" + property.getValue())
			.toArray(String[]::new);
	}

	@Test
	void threeInstancesOfTheZonesInOrderAreCalled() {
		put("a", 1, "zone", "eu-1");
		put("b", 2, "zone", "eu-2");
		put("c", 3, "zone", "us-1");
		put("d", 4, "zone", "elsewhere");
		assertThat(chosen(yaml("min-available"), Map.of())).containsExactlyInAnyOrder("a", "b", "c");
	}

	@Test
	void versionOfThePropertyOrTheHeaderIsCalled() {
		put("a", 1, "version", "1");
		put("b", 2, "version", "2");
		put("c", 3, "version", "1");
		assertThat(chosen(yaml("select-headers"), Map.of())).containsExactly("b");
		assertThat(chosen(yaml("select-headers"), Map.of("X-Version", "1"))).containsExactlyInAnyOrder("a", "c");
	}

	@Test
	void configurationsOfTheExampleAreCombined() {
		put("a", 1, "zone", "eu-1");
		assertThat(chosen(Stream
			.concat(Stream.of(yaml("health-check,")), Stream.of("spring.cloud.loadbalancer.health-check.path.stock="))
			.toArray(String[]::new), Map.of())).containsExactly("a");
	}

	/** Returns the ids that are chosen of twelve times. */
	private Set<String> chosen(String[] properties, Map<String, String> headers) {
		ConfigurableApplicationContext caller = this.applications
			.start(new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE), "caller", properties);
		HttpHeaders sent = new HttpHeaders();
		headers.forEach(sent::set);
		RequestData request = new RequestData(HttpMethod.GET, URI.create("http://stock/"), sent,
				new LinkedMultiValueMap<>(), Map.of());
		return IntStream.range(0, 12)
			.mapToObj((i) -> caller.getBean(LoadBalancerClient.class)
				.choose("stock", new DefaultRequest<>(new RequestDataContext(request)))
				.getInstanceId())
			.collect(Collectors.toSet());
	}

	private void put(String id, int port, String name, String value) {
		this.eyes.put("/services/stock/" + id,
				"{\"host\":\"127.0.0.1\",\"port\":%d,\"metadata\":{\"%s\":\"%s\"}}".formatted(port, name, value));
	}

	/**
	 * An application of the page's classes.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ RetryingClients.class, StockListener.class })
	static class Application {

	}

}
