package io.github.etcddiscovery.testing;

import java.time.Duration;
import java.util.Map;

import org.awaitility.Awaitility;

import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Starts applications in the test's own JVM, and sees that they leave nothing there.
 */
public final class TestApplications {

	private TestApplications() {
	}

	/** Starts one with these properties on its command line. */
	public static ConfigurableApplicationContext run(SpringApplicationBuilder application,
			Map<String, String> properties) {
		return application.run(properties.entrySet()
			.stream()
			.map((property) -> "--" + property.getKey() + "=" + property.getValue())
			.toArray(String[]::new));
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
