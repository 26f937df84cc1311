package io.github.etcddiscovery.soak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

import io.github.etcddiscovery.testsupport.EtcdBinary;

/**
 * The page that shows what came of a run.
 */
final class SoakPage {

	private static final String BEGIN = "<!-- figures -->\n";

	private static final String END = "<!-- end of figures -->";

	private SoakPage() {
	}

	/** Writes a run without a violation to the page. */
	static void write(Path page, Duration duration, long seed, Soak.Result result) {
		try {
			String text = Files.readString(page);
			String before = text.substring(0, text.indexOf(BEGIN) + BEGIN.length());
			Files.writeString(page, before + table(duration, seed, result) + text.substring(text.indexOf(END)));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String table(Duration duration, long seed, Soak.Result result) {
		return String.format(Locale.ROOT,
				"""
						%d minutes with seed %d, on etcd %s, Java %s and %d processors: %,d writes by the writers, %d faults, %d compactions, %d histories of etcd, %,d catalogs checked, no violation.

						| fault | n | median | p99 | longest |
						|---|---|---|---|---|
						""",
				duration.toMinutes(), seed, EtcdBinary.newest().version(), Runtime.version().feature(),
				Runtime.getRuntime().availableProcessors(), result.writes(), result.faults(), result.compactions(),
				result.epochs(), result.catalogs())
				+ result.recoveries().entrySet().stream().map(SoakPage::row).collect(Collectors.joining("", "", "\n"));
	}

	private static String row(Map.Entry<String, List<Duration>> kind) {
		List<Duration> sorted = kind.getValue().stream().sorted().toList();
		return String.format(Locale.ROOT, "| %s | %d | %s | %s | %s |%n", kind.getKey(), sorted.size(),
				seconds(quantile(sorted, 0.5)), seconds(quantile(sorted, 0.99)), seconds(quantile(sorted, 1)));
	}

	/** The nearest rank: of 100 samples the 99th. */
	private static Duration quantile(List<Duration> sorted, double quantile) {
		return sorted.get((int) Math.ceil(quantile * sorted.size()) - 1);
	}

	private static String seconds(Duration duration) {
		return String.format(Locale.ROOT, "%.2f s", duration.toNanos() / 1e9);
	}

}
