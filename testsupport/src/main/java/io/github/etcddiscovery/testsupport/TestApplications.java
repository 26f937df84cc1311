package io.github.etcddiscovery.testsupport;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.awaitility.Awaitility;

import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.web.client.RestClient;

/**
 * Starts applications in the test's own JVM, on random ports and one etcd, and sees that
 * they leave nothing there.
 */
public final class TestApplications implements AutoCloseable {

	private final String endpoint;

	private final List<ConfigurableApplicationContext> contexts = new ArrayList<>();

	public TestApplications(String endpoint) {
		this.endpoint = endpoint;
	}

	/** Starts one by this name, which does not drain for long. */
	public ConfigurableApplicationContext start(Class<?> source, String name, String... properties) {
		return start(new SpringApplicationBuilder(source), name, properties);
	}

	public ConfigurableApplicationContext start(SpringApplicationBuilder application, String name,
			String... properties) {
		ConfigurableApplicationContext context = run(application, properties(name, properties));
		this.contexts.add(context);
		return context;
	}

	/** The properties it is started with. */
	public Map<String, String> properties(String name, String... properties) {
		Map<String, String> all = new LinkedHashMap<>(Map.of("spring.application.name", name, "server.port", "0",
				"server.address", "127.0.0.1", "spring.cloud.etcd.endpoints", this.endpoint,
				"spring.cloud.etcd.discovery.drain", "10ms", "spring.main.banner-mode", "off"));
		for (String property : properties) {
			String[] pair = property.split("=", 2);
			all.put(pair[0], pair[1]);
		}
		return all;
	}

	/** Closes all that were started, the last one first. */
	@Override
	public void close() {
		for (int i = this.contexts.size() - 1; i >= 0; i--) {
			this.contexts.get(i).close();
		}
	}

	/** Starts one with these properties on its command line. */
	public static ConfigurableApplicationContext run(SpringApplicationBuilder application,
			Map<String, String> properties) {
		return application.run(properties.entrySet()
			.stream()
			.map((property) -> "--" + property.getKey() + "=" + property.getValue())
			.toArray(String[]::new));
	}

	/** The port that its web server is bound to. */
	public static int port(ConfigurableApplicationContext context) {
		return ((WebServerApplicationContext) context).getWebServer().getPort();
	}

	/**
	 * Calls what is below a path of its. Shares nothing with the applications: the
	 * connections and event loops that Reactor Netty shares in a JVM end with the first
	 * application that is closed.
	 */
	public static RestClient http(ConfigurableApplicationContext context, String path) {
		return RestClient.builder()
			.requestFactory(new JdkClientHttpRequestFactory())
			.baseUrl("http://127.0.0.1:" + port(context) + path)
			.build();
	}

	/** Becomes not ready, and then ready again. */
	public static void refuseAndAcceptTraffic(ConfigurableApplicationContext context) {
		AvailabilityChangeEvent.publish(context, ReadinessState.REFUSING_TRAFFIC);
		AvailabilityChangeEvent.publish(context, ReadinessState.ACCEPTING_TRAFFIC);
	}

	/** Waits until no thread is left whose name begins like this. */
	public static void awaitNoThreads(String prefix) {
		Awaitility.await()
			.atMost(Duration.ofSeconds(5))
			.until(() -> Thread.getAllStackTraces()
				.keySet()
				.stream()
				.noneMatch((thread) -> thread.getName().startsWith(prefix)));
	}

}
