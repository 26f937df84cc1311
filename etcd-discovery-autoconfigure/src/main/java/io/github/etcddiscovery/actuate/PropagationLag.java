package io.github.etcddiscovery.actuate;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * How long writes of this application take from being sent until its own readers see
 * them: by its own clock, since those of other machines differ. What is written and what
 * is seen may be told in either order. Safe to use from any thread.
 */
final class PropagationLag {

	/** More than that are not on their way at once, or are never seen. */
	private static final int MOST = 16;

	/** What takes longer was wiped, and its revision has come again by chance. */
	private static final long LONGEST = Duration.ofMinutes(1).toNanos();

	private final LongConsumer lags;

	private final Set<String> prefixes = new HashSet<>();

	private final Deque<Moment> unseen = new ArrayDeque<>();

	private final Deque<Moment> seen = new ArrayDeque<>();

	/** Creates one that reports each lag, in nanoseconds. */
	PropagationLag(LongConsumer lags) {
		this.lags = lags;
	}

	synchronized void written(String key, long revision, long sentAt) {
		Moment write = new Moment(key, revision, sentAt);
		for (Moment sight : this.seen) {
			if (shows(sight, write)) {
				this.lags.accept(sight.at() - sentAt);
				return;
			}
		}
		add(this.unseen, write);
	}

	synchronized void seen(String prefix, long revision, long seenAt) {
		this.prefixes.add(prefix);
		Moment sight = new Moment(prefix, revision, seenAt);
		for (Iterator<Moment> writes = this.unseen.iterator(); writes.hasNext();) {
			Moment write = writes.next();
			if (seenAt - write.at() > LONGEST) {
				writes.remove();
			}
			else if (shows(sight, write)) {
				writes.remove();
				this.lags.accept(seenAt - write.at());
			}
		}
		add(this.seen, sight);
	}

	/** What was seen before the write was sent was another history of etcd. */
	private boolean shows(Moment sight, Moment write) {
		return write.where().startsWith(sight.where()) && sight.revision() >= write.revision()
				&& sight.at() >= write.at() && !isElsewhere(write.where(), sight.where());
	}

	/** Whether a longer prefix has a watch, and a revision, of its own. */
	private boolean isElsewhere(String key, String prefix) {
		return this.prefixes.stream().anyMatch((other) -> other.length() > prefix.length() && key.startsWith(other));
	}

	private static void add(Deque<Moment> moments, Moment moment) {
		if (moments.size() == MOST) {
			moments.removeFirst();
		}
		moments.addLast(moment);
	}

	/**
	 * When something was written or seen.
	 *
	 * @param where the key, or the prefix
	 * @param revision the revision of etcd
	 * @param at nanoseconds on a clock that only goes forward
	 */
	private record Moment(String where, long revision, long at) {

	}

}
