package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.support.EventLoop;
import org.jspecify.annotations.Nullable;

/**
 * The last line of defence: compares now and then which keys are held, and at which
 * revisions, with what etcd holds. A difference may be a change on its way, so it counts
 * only if it is still there at a second look, and the watch is not just catching up.
 */
final class Reconciler {

	/** A hundred thousand keys are some ten megabytes to read. */
	private static final Duration INTERVAL = Duration.ofMinutes(5);

	/** Changes arrive within milliseconds: what is that late does not come any more. */
	private static final Duration SECOND_LOOK = Duration.ofSeconds(5);

	private static final Look NONE = new Look(new Position(0, 0), 0, Map.of());

	private final EtcdClient client;

	private final String prefix;

	private final EventLoop loop;

	private final ReflectorSink sink;

	private final Supplier<@Nullable Position> position;

	private final Consumer<Map<String, Long>> drift;

	private final RandomGenerator random;

	/**
	 * Creates a reconciler. Starts nothing.
	 * @param client how to reach etcd
	 * @param prefix the prefix of the keys
	 * @param loop where all of it happens
	 * @param sink holds the keys
	 * @param position how far the watch has come; {@code null} while changes do not
	 * arrive, and there is nothing to compare
	 * @param drift receives the keys that were missed, and at which revision they are
	 * held, 0 for not at all
	 * @param random so that a fleet does not read all at once
	 */
	Reconciler(EtcdClient client, String prefix, EventLoop loop, ReflectorSink sink,
			Supplier<@Nullable Position> position, Consumer<Map<String, Long>> drift, RandomGenerator random) {
		this.client = client;
		this.prefix = prefix;
		this.loop = loop;
		this.sink = sink;
		this.position = position;
		this.drift = drift;
		this.random = random;
	}

	/** Looks for the first time half an interval from now at the earliest. */
	void start() {
		long interval = (long) (INTERVAL.toNanos() * (0.5 + this.random.nextDouble()));
		this.loop.schedule(() -> look(NONE), Duration.ofNanos(interval));
	}

	private void look(Look before) {
		Position at = this.position.get();
		if (at == null) {
			// Whoever is not current reads everything again, or proves it.
			start();
			return;
		}
		Map<String, Long> found = new HashMap<>();
		this.client
			.listKeys(this.prefix,
					(page) -> this.loop
						.execute(() -> page.forEach((keyValue) -> found.put(keyValue.key(), keyValue.modRevision()))))
			.whenComplete((listed, error) -> this.loop.execute(() -> {
				Position now = this.position.get();
				if (error != null || now == null || now.attempt() != at.attempt()) {
					start();
				}
				else {
					judge(before, new Look(now, listed, differences(found)));
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

	private void judge(Look before, Look now) {
		boolean catchingUp = now.position().revision() > before.position().revision()
				&& now.position().revision() < before.listed();
		boolean sameWatch = now.position().attempt() == before.position().attempt();
		if (before == NONE && !now.differences().isEmpty()) {
			this.loop.schedule(() -> look(now), SECOND_LOOK);
			return;
		}
		Map<String, Long> missed = new HashMap<>(now.differences());
		missed.entrySet().retainAll(before.differences().entrySet());
		if (!missed.isEmpty() && sameWatch && !catchingUp) {
			this.drift.accept(missed);
		}
		start();
	}

	/**
	 * How far a watch has come.
	 *
	 * @param attempt which watch
	 * @param revision up to which its changes are held
	 */
	record Position(long attempt, long revision) {

	}

	/**
	 * What a look has shown.
	 *
	 * @param position how far the watch had come
	 * @param listed the revision that was read
	 * @param differences the keys that were held otherwise, and at which revision
	 */
	private record Look(Position position, long listed, Map<String, Long> differences) {

	}

}
