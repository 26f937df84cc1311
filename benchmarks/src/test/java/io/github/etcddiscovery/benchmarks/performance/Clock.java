package io.github.etcddiscovery.benchmarks.performance;

import java.time.Instant;

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

}
