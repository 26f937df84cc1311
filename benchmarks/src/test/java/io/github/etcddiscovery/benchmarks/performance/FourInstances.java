package io.github.etcddiscovery.benchmarks.performance;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;

import com.sun.net.httpserver.HttpServer;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.LoadBalancedClients;
import io.github.etcddiscovery.testsupport.TestApplications;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.client.RestClient;

import static org.awaitility.Awaitility.await;

/**
 * Four HTTP servers as instances of one service, and an application that calls them.
 * Their keys have no lease, so that a server that is stopped stays in etcd.
 */
final class FourInstances implements AutoCloseable {

	static final int FIRST = 0;

	private static final int INSTANCES = 4;

	private final EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest());

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final List<HttpServer> servers = new ArrayList<>();

	private final List<LongAdder> calls = new ArrayList<>();

	private ConfigurableApplicationContext caller;

	/**
	 * Starts the servers.
	 * @param first how long the first one takes for an answer
	 * @param others how long each of the others takes
	 */
	FourInstances(Duration first, Duration others) throws IOException {
		try (EtcdEyes eyes = new EtcdEyes(this.etcd.endpoint())) {
			for (int i = 0; i < INSTANCES; i++) {
				Duration delay = (i == FIRST) ? first : others;
				LongAdder answered = new LongAdder();
				HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
				server.setExecutor(this.threads);
				server.createContext("/", (exchange) -> {
					answered.increment();
					exchange.getRequestBody().readAllBytes();
					if (!delay.isZero()) {
						Clock.pass(delay);
					}
					exchange.sendResponseHeaders(200, -1);
					exchange.close();
				});
				server.start();
				this.servers.add(server);
				this.calls.add(answered);
				eyes.put("/services/stock/" + i,
						"{\"host\":\"127.0.0.1\",\"port\":%d}".formatted(server.getAddress().getPort()));
			}
		}
	}

	/** Starts the application that calls them. */
	RestClient call(Map<String, String> further) {
		Map<String, String> properties = new LinkedHashMap<>(Map.of("spring.application.name", "caller",
				"spring.cloud.etcd.endpoints", this.etcd.endpoint(), "spring.cloud.etcd.enabled", "true",
				"spring.cloud.etcd.discovery.register", "false", "logging.level.root", "error"));
		properties.putAll(further);
		this.caller = TestApplications.run(new SpringApplicationBuilder(Caller.class).web(WebApplicationType.NONE),
				properties);
		await().until(() -> this.caller.getBean(DiscoveryClient.class).getInstances("stock").size() == INSTANCES);
		return this.caller.getBean(RestClient.Builder.class).baseUrl("http://stock").build();
	}

	ConfigurableApplicationContext caller() {
		return this.caller;
	}

	/** Ends the first server, whose key stays. */
	void stopFirst() {
		this.servers.get(FIRST).stop(0);
	}

	/** How many of all calls the first server got, in percent. */
	double shareOfFirst() {
		return 100.0 * this.calls.get(FIRST).sum() / this.calls.stream().mapToLong(LongAdder::sum).sum();
	}

	@Override
	public void close() {
		if (this.caller != null) {
			this.caller.close();
		}
		this.servers.forEach((server) -> server.stop(0));
		this.threads.shutdownNow();
		this.etcd.close();
	}

	/**
	 * An application that calls.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ LoadBalancedClients.class, KilledInstance.Failures.class })
	static class Caller {

	}

}
