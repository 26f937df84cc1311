package io.github.etcddiscovery.support;

import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import io.github.etcddiscovery.Internal;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * Logs what others can cause as often as they like, without letting them fill the log. In
 * one minute a subject is logged once, a topic ten times, and a hundred topics. Each
 * topic has its own share, so one cannot hide what is logged of another. Safe for several
 * threads.
 */
@Internal
public final class LimitedLog {

	private static final long PERIOD = Duration.ofMinutes(1).toNanos();

	private static final int SUBJECTS_PER_TOPIC = 10;

	private static final int TOPICS = 100;

	/** The longest line, in characters. */
	private static final int LONGEST = 1_000;

	private final Logger logger;

	private final LongSupplier nanoTime;

	/** The topics of the last minute, the oldest first. */
	private final Map<String, Topic> topics = new LinkedHashMap<>();

	private long leftOut;

	/**
	 * Creates a log.
	 * @param logger where the lines go
	 * @param nanoTime the clock
	 */
	public LimitedLog(Logger logger, LongSupplier nanoTime) {
		this.logger = logger;
		this.nanoTime = nanoTime;
	}

	/**
	 * Logs a line, or counts it among those left out. The next line that is logged tells
	 * their number.
	 * @param level how important it is
	 * @param topic whose share it takes, such as the name of a service
	 * @param subject what it is about, such as an instance
	 * @param line makes the line, free of control characters; cut after 1,000 characters.
	 * Not called for a line that is left out
	 * @return whether it was logged
	 */
	public boolean log(Level level, String topic, String subject, Supplier<String> line) {
		long before;
		synchronized (this) {
			if (!admit(topic, subject)) {
				this.leftOut++;
				return false;
			}
			before = this.leftOut;
			this.leftOut = 0;
		}
		String made = line.get();
		String text = (made.length() > LONGEST) ? made.substring(0, LONGEST) + "..." : made;
		this.logger.atLevel(level).log((before == 0) ? text : text + " (" + before + " lines were suppressed before)");
		return true;
	}

	private boolean admit(String topic, String subject) {
		long now = this.nanoTime.getAsLong();
		this.topics.values().removeIf((known) -> now - known.begin() >= PERIOD);
		if (this.topics.size() >= TOPICS && !this.topics.containsKey(topic)) {
			return false;
		}
		Set<String> subjects = this.topics.computeIfAbsent(topic, (added) -> new Topic(now, new HashSet<>()))
			.subjects();
		return subjects.size() < SUBJECTS_PER_TOPIC && subjects.add(subject);
	}

	/**
	 * What was logged of a topic.
	 *
	 * @param begin when its first line was logged
	 * @param subjects what the lines were about
	 */
	private record Topic(long begin, Set<String> subjects) {

	}

}
