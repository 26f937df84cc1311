package io.github.etcddiscovery.cloud.loadbalancer;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.github.etcddiscovery.cloud.discovery.EtcdDiscoveryClient;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TestCertificates;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.cloud.client.loadbalancer.LoadBalancerClient;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.support.LoadBalancerClientFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Instances are servers, and their health is what they answer.
 */
@RequiresEtcd
class HealthCheckedInstanceListSupplierTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private final List<Server> servers = new CopyOnWriteArrayList<>();

	HealthCheckedInstanceListSupplierTests() {
		super(EtcdBinary.newest());
	}

	@AfterEach
	void stop() {
		this.servers.forEach(Server::stop);
	}

	@Test
	void onlyThoseThatAreWellAreSuppliedAndAsSoonAsTheyAre() throws IOException {
		Server well = register(new Server(200));
		Server ill = register(new Server(503));
		Supplied supplied = new Supplied(caller());
		supplied.await(well);
		ill.status = 200;
		supplied.await(well, ill);
		well.status = 500;
		supplied.await(ill);
		Server newcomer = register(new Server(200));
		supplied.await(ill, newcomer);
		newcomer.stop();
		supplied.await(ill);
		unregister(ill);
		await().atMost(SOON).until(() -> supplied.last().isEmpty());
	}

	@Test
	void checksGoOnWhenAChildContextCloses() throws IOException {
		Server well = register(new Server(200));
		Server ill = register(new Server(503));
		ConfigurableApplicationContext caller = caller();
		Supplied supplied = new Supplied(caller);
		supplied.await(well);
		try (GenericApplicationContext child = new GenericApplicationContext(caller)) {
			child.refresh();
		}
		ill.status = 200;
		supplied.await(well, ill);
	}

	@Test
	void firstChoiceWaitsForTheFirstCheck() throws IOException {
		register(new Server(503));
		Server well = register(new Server(200));
		ConfigurableApplicationContext caller = caller();
		await().atMost(SOON).until(() -> caller.getBean(EtcdDiscoveryClient.class).getInstances("orders").size() == 2);
		assertThat(caller.getBean(LoadBalancerClient.class).choose("orders").getPort()).isEqualTo(well.port());
	}

	@Test
	void churnNeverEmptiesTheList() throws IOException {
		Server well = register(new Server(200));
		Supplied supplied = new Supplied(caller());
		supplied.await(well);
		int before = well.checks.get();
		long start = System.nanoTime();
		AtomicInteger changes = new AtomicInteger();
		ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
		try {
			clock.scheduleAtFixedRate(() -> change(changes.getAndIncrement()), 0, 5, TimeUnit.MILLISECONDS);
			await().atMost(Duration.ofSeconds(30)).until(() -> changes.get() > 400);
		}
		finally {
			clock.shutdownNow();
		}
		Duration churned = Duration.ofNanos(System.nanoTime() - start);
		assertThat(supplied.all).as("lists supplied")
			.allSatisfy((list) -> assertThat(list).extracting(ServiceInstance::getPort).contains(well.port()));
		assertThat(well.checks.get() - before).as("checks, one a second")
			.isLessThanOrEqualTo((int) churned.toSeconds() + 2);
	}

	/** One instance comes, another one comes, one goes, the other one goes. */
	private void change(int number) {
		String key = "/services/orders/passing-" + number % 2;
		if (number % 4 < 2) {
			this.eyes.put(key, "{\"host\":\"127.0.0.1\",\"port\":1}");
		}
		else {
			this.eyes.delete(key);
		}
	}

	@Test
	void pathAndPortOfTheChecksCanBeSet() throws IOException {
		Server management = new Server(200);
		management.path = "/well?deep=true";
		this.servers.add(management);
		this.eyes.put("/services/orders/1", "{\"host\":\"127.0.0.1\",\"port\":1}");
		Supplied supplied = new Supplied(caller("spring.cloud.loadbalancer.health-check.path.orders=well?deep=true",
				"spring.cloud.loadbalancer.health-check.port=" + management.port()));
		await().atMost(SOON)
			.until(() -> supplied.last().stream().map(ServiceInstance::getPort).toList().equals(List.of(1)));
	}

	@Test
	void checksOverTlsTrustWhatSpringBootsHttpClientsTrust(@TempDir Path folder) throws Exception {
		TestCertificates certificates = TestCertificates.create(folder);
		SslBundle bundle = SslBundle.of(new PemSslStoreBundle(
				PemSslStoreDetails.forCertificate(certificates.certificate()).withPrivateKey(certificates.key()),
				null));
		HttpsServer https = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		https.setHttpsConfigurator(new HttpsConfigurator(bundle.createSslContext()));
		Server server = new Server(200, https);
		this.servers.add(server);
		this.eyes.put(key(server), "{\"host\":\"127.0.0.1\",\"port\":%d,\"secure\":true}".formatted(server.port()));
		Supplied trusting = new Supplied(
				caller("spring.ssl.bundle.pem.internal.truststore.certificate=" + certificates.authority(),
						"spring.http.clients.ssl.bundle=internal", "spring.http.clients.read-timeout=5s"));
		trusting.await(server);
		Supplied others = new Supplied(caller());
		await().atMost(SOON).until(() -> !others.all.isEmpty());
		assertThat(others.last()).as("not trusted").isEmpty();
	}

	@Test
	void probeOfTheApplicationsReplacesTheOneOverHttp() {
		this.eyes.put("/services/orders/1", "{\"host\":\"10.0.0.1\",\"port\":1}");
		this.eyes.put("/services/orders/2", "{\"host\":\"10.0.0.2\",\"port\":2}");
		Supplied supplied = new Supplied(
				this.applications.start(new SpringApplicationBuilder(OwnProbe.class).web(WebApplicationType.NONE),
						"caller", "spring.cloud.loadbalancer.configurations=health-check"));
		await().atMost(SOON)
			.until(() -> supplied.last().stream().map(ServiceInstance::getPort).toList().equals(List.of(2)));
	}

	private ConfigurableApplicationContext caller(String... properties) {
		String[] all = Stream
			.concat(Stream.of("spring.cloud.loadbalancer.configurations=health-check",
					"spring.cloud.loadbalancer.health-check.interval=1s"), Stream.of(properties))
			.toArray(String[]::new);
		return this.applications.start(new SpringApplicationBuilder(Caller.class).web(WebApplicationType.NONE),
				"caller", all);
	}

	private Server register(Server server) {
		this.servers.add(server);
		this.eyes.put(key(server), "{\"host\":\"127.0.0.1\",\"port\":%d}".formatted(server.port()));
		return server;
	}

	private void unregister(Server server) {
		this.eyes.delete(key(server));
	}

	private static String key(Server server) {
		return "/services/orders/" + server.port();
	}

	/**
	 * What the supplier of a caller has supplied.
	 */
	private static final class Supplied {

		private final List<List<ServiceInstance>> all = new CopyOnWriteArrayList<>();

		Supplied(ConfigurableApplicationContext caller) {
			caller.getBean(LoadBalancerClientFactory.class)
				.getInstance("orders", ServiceInstanceListSupplier.class)
				.get()
				.subscribe(this.all::add);
		}

		List<ServiceInstance> last() {
			return this.all.isEmpty() ? List.of() : this.all.get(this.all.size() - 1);
		}

		void await(Server... expected) {
			Integer[] ports = Arrays.stream(expected).map(Server::port).toArray(Integer[]::new);
			Awaitility.await()
				.atMost(SOON)
				.untilAsserted(
						() -> assertThat(last()).extracting(ServiceInstance::getPort).containsExactlyInAnyOrder(ports));
		}

	}

	/**
	 * A server that says how it is.
	 */
	private static final class Server {

		private final HttpServer http;

		private final AtomicInteger checks = new AtomicInteger();

		private volatile int status;

		private volatile String path = "/actuator/health";

		Server(int status) throws IOException {
			this(status, HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
		}

		Server(int status, HttpServer http) {
			this.status = status;
			this.http = http;
			this.http.createContext("/", (exchange) -> {
				this.checks.incrementAndGet();
				boolean asked = exchange.getRequestURI().toString().equals(this.path);
				exchange.sendResponseHeaders(asked ? this.status : 404, -1);
				exchange.close();
			});
			this.http.start();
		}

		int port() {
			return this.http.getAddress().getPort();
		}

		void stop() {
			this.http.stop(0);
		}

	}

	/**
	 * An application that calls others, over a client that a probe must not use.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Caller {

		@Bean
		@LoadBalanced
		WebClient.Builder webClientBuilder() {
			return WebClient.builder();
		}

	}

	/**
	 * An application with a probe of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class OwnProbe {

		@Bean
		HealthProbe probe() {
			return (uri) -> Mono.just(uri.toString().equals("http://10.0.0.2:2/actuator/health"));
		}

	}

}
