package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs which entries cannot be read, without letting whoever writes them fill the log: a
 * key once a minute, and no more than a hundred keys. Belongs to one thread.
 */
final class RejectionLog {

	private static final Logger logger = LoggerFactory.getLogger(ServiceView.class);

	private static final long PAUSE = Duration.ofMinutes(1).toNanos();

	private static final int MOST_KEYS = 100;

	private final LongSupplier nanoTime;

	/** When keys were logged, the first one first. */
	private final Map<String, Long> logged = new LinkedHashMap<>();

	private long unlogged;

	RejectionLog(LongSupplier nanoTime) {
		this.nanoTime = nanoTime;
	}

	/**
	 * Logs an entry, or not.
	 * @param key its key, which may hold anything
	 * @param reason why it cannot be read, fit to be printed
	 */
	void add(String key, String reason) {
		long now = this.nanoTime.getAsLong();
		this.logged.values().removeIf((time) -> now - time >= PAUSE);
		if (this.logged.size() >= MOST_KEYS || this.logged.containsKey(key)) {
			this.unlogged++;
			return;
		}
		this.logged.put(key, now);
		if (this.unlogged == 0) {
			logger.warn("Ignoring the entry at {}: {}", key, reason);
		}
		else {
			logger.warn("Ignoring the entry at {}: {}; and {} times entries that were not logged", key, reason,
					this.unlogged);
			this.unlogged = 0;
		}
	}

}
