package io.github.etcddiscovery.benchmarks.rolling;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

import io.github.etcddiscovery.testsupport.EtcdBinary;

import org.springframework.boot.SpringBootVersion;
import org.springframework.cloud.zookeeper.discovery.ZookeeperDiscoveryClient;

/**
 * What came of the runs, as a table in a page.
 */
final class Figures {

	private static final String BEGIN = "<!-- figures -->\n";

	private static final String END = "<!-- end of figures -->";

	private static final int ALL = 5;

	private final Map<Scenario, Map<Registry, String>> rows = new EnumMap<>(Scenario.class);

	/** Adds what came of a run. */
	void add(Scenario scenario, Registry registry, Load load) {
		this.rows.computeIfAbsent(scenario, (added) -> new EnumMap<>(Registry.class))
			.put(registry, String.format(Locale.ROOT, "| %s | %s | %,d | %.0f | %,d | %d |%n", scenario, registry,
					load.calls(), load.rate(), load.failures().size(), load.secondsWithFailures()));
	}

	/**
	 * Writes them to the page that the system property {@code rolling.page} names, if all
	 * are there.
	 */
	void write() {
		String page = System.getProperty("rolling.page");
		if (page == null || this.rows.values().stream().mapToInt(Map::size).sum() < ALL) {
			return;
		}
		try {
			String text = Files.readString(Path.of(page));
			String before = text.substring(0, text.indexOf(BEGIN) + BEGIN.length());
			String after = text.substring(text.indexOf(END));
			Files.writeString(Path.of(page), before + table() + after);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private String table() {
		return String.format(Locale.ROOT,
				"""
						Measured with etcd %s, Spring Cloud ZooKeeper %s, Spring Boot %s and Java %s on %d processors, %d rounds each:

						| | registry | calls | a second | failed | seconds in which calls failed |
						|---|---|---|---|---|---|
						""",
				EtcdBinary.newest().version(), ZookeeperDiscoveryClient.class.getPackage().getImplementationVersion(),
				SpringBootVersion.getVersion(), Runtime.version().feature(), Runtime.getRuntime().availableProcessors(),
				Run.ROUNDS)
				+ this.rows.values()
					.stream()
					.flatMap((row) -> row.values().stream())
					.collect(Collectors.joining("", "", "\n"));
	}

	/**
	 * What is done while calls are made.
	 */
	enum Scenario {

		RESTARTED, KILLED, ETCD;

		@Override
		public String toString() {
			return name().toLowerCase(Locale.ROOT);
		}

	}

}
