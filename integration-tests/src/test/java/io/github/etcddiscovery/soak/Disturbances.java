package io.github.etcddiscovery.soak;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * When etcd could not be relied on, by what was done to it or to the way there.
 */
final class Disturbances {

	/** Of two with less between them nobody has recovered from the first. */
	private static final Duration TOGETHER = Duration.ofMillis(2_500);

	private final List<Span> spans = new ArrayList<>();

	synchronized void add(Span span) {
		this.spans.add(span);
	}

	/** One that had not ended yet has. */
	synchronized void end(int group, long begin, long end) {
		this.spans.replaceAll(
				(span) -> (span.group() == group && span.begin() == begin) ? new Span(group, begin, end) : span);
	}

	/** The longest time without a good moment for a group, within a while. */
	synchronized Duration longest(int group, long from, long to) {
		List<Span> relevant = this.spans.stream()
			.filter((span) -> span.group() == group && span.end() >= from && span.begin() <= to)
			.sorted(Comparator.comparingLong(Span::begin))
			.toList();
		long longest = 0;
		long begin = 0;
		long end = 0;
		for (Span span : relevant) {
			if (begin == 0 || span.begin() - end > TOGETHER.toNanos()) {
				begin = span.begin();
				end = span.end();
			}
			end = Math.max(end, span.end());
			longest = Math.max(longest, Math.min(end, to) - begin);
		}
		return Duration.ofNanos(longest);
	}

	/**
	 * One of them.
	 *
	 * @param group whose clients it concerns
	 * @param begin when it began, by the JVM's clock
	 * @param end when it ended, the largest number if it has not yet
	 */
	record Span(int group, long begin, long end) {

	}

}
