package io.github.etcddiscovery.registry;

import java.time.Duration;

import io.github.etcddiscovery.instance.InvalidValueException;

/**
 * How long a record outlives its process, and how often it is renewed: go-kit's
 * {@code TTLOption}. Where go-kit corrects a wrong value silently, this refuses it.
 *
 * @param heartbeat how often the lease is renewed, at least {@link #MIN_HEARTBEAT}
 * @param ttl how long the lease lives without being renewed, more than the heartbeat;
 * etcd counts in seconds, a fraction is rounded up
 */
public record TtlOption(Duration heartbeat, Duration ttl) {

	/** go-kit's {@code minHeartBeatTime}. */
	public static final Duration MIN_HEARTBEAT = Duration.ofMillis(500);

	/** A longer time would keep a dead instance for good. */
	private static final Duration LONGEST_TTL = Duration.ofDays(365);

	/** go-kit's {@code defaultTTL}: a heartbeat of 3 s and a time to live of 10 s. */
	public static final TtlOption DEFAULT = new TtlOption(Duration.ofSeconds(3), Duration.ofSeconds(10));

	/**
	 * Checks both.
	 * @throws InvalidValueException if one is out of bounds
	 */
	public TtlOption {
		if (heartbeat.compareTo(MIN_HEARTBEAT) < 0) {
			throw new InvalidValueException("heartbeat", heartbeat, "at least " + MIN_HEARTBEAT.toMillis() + " ms");
		}
		if (ttl.compareTo(heartbeat) <= 0) {
			throw new InvalidValueException("ttl", ttl, "more than the heartbeat, which is %d ms, but it is %d ms"
				.formatted(heartbeat.toMillis(), ttl.toMillis()));
		}
		if (ttl.compareTo(LONGEST_TTL) > 0) {
			throw new InvalidValueException("ttl", ttl, "365 days at most");
		}
	}

}
