package io.github.etcddiscovery.support;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next attempt: a random time up to a limit that doubles with
 * every attempt ("full jitter"), so that a thousand clients that lost the same server do
 * not come back in step. Not thread-safe.
 */
public final class Backoff {

	private final Duration first;

	private final Duration most;

	private final RandomGenerator random;

	private int attempts;

	/**
	 * Creates a back-off.
	 * @param first the longest wait before the second attempt
	 * @param most the longest wait before any attempt
	 * @param random where the chance comes from
	 */
	public Backoff(Duration first, Duration most, RandomGenerator random) {
		this.first = first;
		this.most = most;
		this.random = random;
	}

	/**
	 * Returns the wait before the next attempt.
	 * @return the wait, at least a millisecond
	 */
	public Duration next() {
		long limit = Math.min(this.most.toNanos(), this.first.toNanos() << Math.min(this.attempts, 20));
		this.attempts++;
		return Duration.ofNanos(Math.max(1_000_000, (long) (this.random.nextDouble() * limit)));
	}

	/**
	 * Starts again with the shortest wait: an attempt succeeded.
	 */
	public void reset() {
		this.attempts = 0;
	}

}
