package io.github.etcddiscovery.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

import io.github.etcddiscovery.testsupport.EtcdBinary;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How long it took each time, written down for {@code docs/reliability.md}.
 */
final class Measurements {

	/** How often each fault is brought about: {@code -Dfaults.n=30}. */
	static final int N = Integer.getInteger("faults.n", 5);

	static final Path FILE = Path.of("target/faults.tsv");

	private Measurements() {
	}

	/**
	 * Brings a fault about several times, and checks that recovering takes no longer than
	 * it may.
	 * @param test the name of the test
	 * @param bound the longest median allowed
	 * @param fault brings it about, and returns how long it took to recover
	 */
	static void measure(String test, EtcdBinary etcd, Duration bound, Callable<Duration> fault) throws Exception {
		List<Duration> times = new ArrayList<>();
		for (int i = 0; i < N; i++) {
			times.add(fault.call());
		}
		List<Duration> sorted = times.stream().sorted().toList();
		Duration median = sorted.get(sorted.size() / 2);
		assertThat(median).as("median of %s", times).isLessThanOrEqualTo(bound);
		write("%s\t%s\t%d\t%d\t%d%n".formatted(test, etcd.version(), N, median.toMillis(),
				sorted.get(sorted.size() - 1).toMillis()));
	}

	private static synchronized void write(String line) {
		try {
			Files.createDirectories(FILE.getParent());
			Files.writeString(FILE, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** Times what comes next. */
	static Stopwatch start() {
		return new Stopwatch(System.nanoTime());
	}

	/**
	 * Time since it was started.
	 */
	record Stopwatch(long startedAt) {

		Duration elapsed() {
			return Duration.ofNanos(System.nanoTime() - this.startedAt);
		}

	}

}
