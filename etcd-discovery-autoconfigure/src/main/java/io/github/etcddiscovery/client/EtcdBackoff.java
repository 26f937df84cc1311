package io.github.etcddiscovery.client;

import java.time.Duration;
import java.util.random.RandomGenerator;

import io.github.etcddiscovery.Internal;

/**
 * How long to wait before the next attempt: a random time up to a limit that doubles with
 * every attempt ("full jitter"), so that a thousand clients that lost the same server do
 * not come back in step. Not thread-safe.
 */
@Internal
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

	/** How long client-go's reflector waits before it lists again, first and longest. */
	private static final Duration FIRST_LISTING = Duration.ofMillis(800);

	private static final Duration LONGEST_LISTING = Duration.ofSeconds(30);

	/** A watch that ends sooner, again and again, is not worth being opened in haste. */
	private static final Duration STEADY = Duration.ofSeconds(3);

	private final RandomGenerator random;

	private final Duration first;

	private final Duration longest;

	private int attempts;

	/**
	 * Creates a back-off of at most half a second.
	 * @param random where the chance comes from
	 */
	public EtcdBackoff(RandomGenerator random) {
		this(random, FIRST, LONGEST);
	}

	private EtcdBackoff(RandomGenerator random, Duration first, Duration longest) {
		this.random = random;
		this.first = first;
		this.longest = longest;
	}

	/**
	 * Creates a back-off of at most thirty seconds, for listings that etcd or the network
	 * is too slow for: repeated in haste by a fleet, they would keep each other from
	 * ending.
	 * @param random where the chance comes from
	 * @return the back-off
	 */
	public static EtcdBackoff ofListings(RandomGenerator random) {
		return new EtcdBackoff(random, FIRST_LISTING, LONGEST_LISTING);
	}

	/**
	 * Returns the wait before the next attempt.
	 * @return the wait, at least a millisecond
	 */
	public Duration next() {
		long limit = Math.min(this.longest.toNanos(), this.first.toNanos() << Math.min(this.attempts, 10));
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
	 * Starts again with the shortest wait if the last attempt led to something that
	 * lasted, such as a watch.
	 * @param lived how long it lasted
	 */
	public void ended(Duration lived) {
		if (lived.compareTo(STEADY) >= 0) {
			reset();
		}
	}

	/**
	 * Starts again with the shortest wait: an attempt succeeded.
	 */
	public void reset() {
		this.attempts = 0;
	}

}
