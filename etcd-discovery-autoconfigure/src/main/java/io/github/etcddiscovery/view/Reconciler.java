package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.support.EventLoop;
import org.jspecify.annotations.Nullable;

/**
 * The last line of defence: compares now and then which keys are held, and at which
 * revisions, with the keys that etcd held at the revision reached. Where etcd has
 * compacted that revision, it compares with etcd's newest keys, and a difference counts
 * only if the watch does not explain it soon.
 */
final class Reconciler {

	/** A hundred thousand keys are some ten megabytes to read. */
	private static final Duration INTERVAL = Duration.ofMinutes(5);

	/** Changes arrive within milliseconds: one that is later than this was missed. */
	private static final Duration ON_ITS_WAY = Duration.ofSeconds(5);

	private final EtcdClient client;

	private final String prefix;

	private final EventLoop loop;

	private final HistoryProof.HeldKeys held;

	private final Supplier<@Nullable Position> position;

	private final Consumer<Set<String>> drift;

	private final RandomGenerator random;

	/** The keys that differ from etcd's newest ones and have not changed since. */
	private Set<String> unexplained = new HashSet<>();

	/**
	 * Creates a reconciler. Starts nothing.
	 * @param client how to reach etcd
	 * @param prefix the prefix of the keys
	 * @param loop where all of it happens
	 * @param held the keys that are held
	 * @param position how far the watch has come; {@code null} while changes do not
	 * arrive, and there is nothing to compare
	 * @param drift receives the keys that were missed
	 * @param random so that a fleet does not read all at once
	 */
	Reconciler(EtcdClient client, String prefix, EventLoop loop, HistoryProof.HeldKeys held,
			Supplier<@Nullable Position> position, Consumer<Set<String>> drift, RandomGenerator random) {
		this.client = client;
		this.prefix = prefix;
		this.loop = loop;
		this.held = held;
		this.position = position;
		this.drift = drift;
		this.random = random;
	}

	/** Looks for the first time half an interval from now at the earliest. */
	void start() {
		long interval = (long) (INTERVAL.toNanos() * (0.5 + this.random.nextDouble()));
		this.loop.schedule(this::look, Duration.ofNanos(interval));
	}

	/** A key has changed. */
	void changed(String key) {
		this.unexplained.remove(key);
	}

	private void look() {
		start();
		Position at = this.position.get();
		if (at != null) {
			Map<String, Long> revisions = heldRevisions();
			list(at, at.revision(), (found) -> report(at, differences(revisions, found)));
		}
	}

	private void list(Position at, long revision, Consumer<Map<String, Long>> listed) {
		Map<String, Long> found = new HashMap<>();
		this.client
			.listKeys(this.prefix, revision,
					(page) -> this.loop
						.execute(() -> page.forEach((keyValue) -> found.put(keyValue.key(), keyValue.modRevision()))))
			.whenComplete((done, error) -> this.loop.execute(() -> {
				if (error == null) {
					listed.accept(found);
				}
				else if (revision != 0 && EtcdException.from(error).reason() == Reason.COMPACTED) {
					list(at, 0, (newest) -> compareWithNewest(at, newest));
				}
			}));
	}

	private void compareWithNewest(Position at, Map<String, Long> newest) {
		this.unexplained = differences(heldRevisions(), newest);
		if (!this.unexplained.isEmpty()) {
			this.loop.schedule(() -> report(at, this.unexplained), ON_ITS_WAY);
		}
	}

	private Map<String, Long> heldRevisions() {
		Map<String, Long> revisions = new HashMap<>();
		this.held.keys().forEach((key) -> revisions.put(key, this.held.revisionOf(key)));
		return revisions;
	}

	private static Set<String> differences(Map<String, Long> held, Map<String, Long> found) {
		Set<String> differences = new HashSet<>(held.keySet());
		differences.addAll(found.keySet());
		differences.removeIf((key) -> held.getOrDefault(key, 0L).equals(found.getOrDefault(key, 0L)));
		return differences;
	}

	/** Ignores the result if the watch was replaced: the new one has been proven. */
	private void report(Position at, Set<String> missed) {
		Position now = this.position.get();
		if (!missed.isEmpty() && now != null && now.attempt() == at.attempt()) {
			this.drift.accept(missed);
		}
	}

	/**
	 * How far a watch has come.
	 *
	 * @param attempt which watch
	 * @param revision up to which its changes are held
	 */
	record Position(long attempt, long revision) {

	}

}
