package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.support.EventLoop;

/**
 * The last line of defence: compares now and then which keys are held, and at which
 * revisions, with what etcd holds. A difference may be a change on its way, so it counts
 * only if it is still there at a second look.
 */
final class Reconciler {

	/** A hundred thousand keys are some ten megabytes to read. */
	private static final Duration INTERVAL = Duration.ofMinutes(5);

	/** Changes arrive within milliseconds: what is that late does not come any more. */
	private static final Duration SECOND_LOOK = Duration.ofSeconds(5);

	private final EtcdClient client;

	private final String prefix;

	private final EventLoop loop;

	private final Reflector.Sink sink;

	private final BooleanSupplier current;

	private final Consumer<Map<String, Long>> drift;

	private final RandomGenerator random;

	/**
	 * Creates a reconciler. Starts nothing.
	 * @param client how to reach etcd
	 * @param prefix the prefix of the keys
	 * @param loop where all of it happens
	 * @param sink holds the keys
	 * @param current whether changes arrive; otherwise there is nothing to compare
	 * @param drift receives the keys that were missed, and at which revision they are
	 * held, 0 for not at all
	 * @param random so that a fleet does not read all at once
	 */
	Reconciler(EtcdClient client, String prefix, EventLoop loop, Reflector.Sink sink, BooleanSupplier current,
			Consumer<Map<String, Long>> drift, RandomGenerator random) {
		this.client = client;
		this.prefix = prefix;
		this.loop = loop;
		this.sink = sink;
		this.current = current;
		this.drift = drift;
		this.random = random;
	}

	/** Looks for the first time half an interval from now at the earliest. */
	void start() {
		long interval = (long) (INTERVAL.toNanos() * (0.5 + this.random.nextDouble()));
		this.loop.schedule(() -> look(Map.of()), Duration.ofNanos(interval));
	}

	private void look(Map<String, Long> before) {
		if (!this.current.getAsBoolean()) {
			start();
			return;
		}
		Map<String, Long> found = new HashMap<>();
		this.client
			.listKeys(this.prefix,
					(page) -> this.loop
						.execute(() -> page.forEach((keyValue) -> found.put(keyValue.key(), keyValue.modRevision()))))
			.whenComplete((revision, error) -> this.loop.execute(() -> {
				if (error != null || !this.current.getAsBoolean()) {
					// Whoever is not current reads everything again, or proves it.
					start();
				}
				else {
					judge(before, differences(found));
				}
			}));
	}

	private Map<String, Long> differences(Map<String, Long> found) {
		Map<String, Long> differences = new HashMap<>();
		found.forEach((key, revision) -> {
			long held = this.sink.revisionOf(key);
			if (held != revision) {
				differences.put(key, held);
			}
		});
		this.sink.keys().forEach((key) -> {
			if (!found.containsKey(key)) {
				differences.put(key, this.sink.revisionOf(key));
			}
		});
		return differences;
	}

	private void judge(Map<String, Long> before, Map<String, Long> now) {
		Map<String, Long> missed = new HashMap<>(now);
		missed.entrySet().retainAll(before.entrySet());
		if (!missed.isEmpty()) {
			this.drift.accept(missed);
		}
		if (before.isEmpty() && !now.isEmpty()) {
			this.loop.schedule(() -> look(now), SECOND_LOOK);
		}
		else {
			start();
		}
	}

}
