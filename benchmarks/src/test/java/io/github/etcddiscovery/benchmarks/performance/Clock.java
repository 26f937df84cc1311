package io.github.etcddiscovery.benchmarks.performance;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The machine's clock, which all processes share.
 */
final class Clock {

	private Clock() {
	}

	/** Nanoseconds since 1970. */
	static long nanos() {
		Instant now = Instant.now();
		return now.getEpochSecond() * 1_000_000_000 + now.getNano();
	}

	/** Lets time pass, where it is time that is measured. */
	static void pass(Duration time) {
		new CompletableFuture<Void>().completeOnTimeout(null, time.toNanos(), TimeUnit.NANOSECONDS).join();
	}

}
