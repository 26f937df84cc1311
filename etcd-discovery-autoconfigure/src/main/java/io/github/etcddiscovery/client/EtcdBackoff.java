package io.github.etcddiscovery.client;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next attempt: a random time up to a limit that doubles with
 * every attempt ("full jitter"), so that a thousand clients that lost the same server do
 * not come back in step. Not thread-safe.
 */
public final class EtcdBackoff {

	private static final Duration FIRST = Duration.ofMillis(50);

	/**
	 * No longer, because the client itself parks calls while there is no connection: this
	 * adds to the time from etcd's return until all is well again.
	 */
	private static final Duration LONGEST = Duration.ofMillis(500);

	/**
	 * What is refused for good reason is not to be repeated in haste: a denied call makes
	 * etcd compute a password hash.
	 */
	private static final Duration REFUSED = Duration.ofSeconds(1);

	private final RandomGenerator random;

	private int attempts;

	/**
	 * Creates a back-off.
	 * @param random where the chance comes from
	 */
	public EtcdBackoff(RandomGenerator random) {
		this.random = random;
	}

	/**
	 * Returns the wait before the next attempt.
	 * @return the wait, at least a millisecond
	 */
	public Duration next() {
		long limit = Math.min(LONGEST.toNanos(), FIRST.toNanos() << Math.min(this.attempts, 10));
		this.attempts++;
		return Duration.ofNanos(Math.max(1_000_000, (long) (this.random.nextDouble() * limit)));
	}

	/**
	 * Returns the wait before the next attempt after a failure.
	 * @param failure how the last attempt failed
	 * @return the wait, more than a second if it was refused
	 */
	public Duration next(EtcdException failure) {
		return failure.reason().isRefusal() ? next().plus(REFUSED) : next();
	}

	/**
	 * Starts again with the shortest wait: an attempt succeeded.
	 */
	public void reset() {
		this.attempts = 0;
	}

}
