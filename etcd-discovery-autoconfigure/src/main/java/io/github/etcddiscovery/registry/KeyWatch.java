package io.github.etcddiscovery.registry;

import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;

import io.github.etcddiscovery.client.EtcdBackoff;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.WatchEvent;
import io.github.etcddiscovery.client.WatchListener;
import io.github.etcddiscovery.support.EventLoop;
import org.jspecify.annotations.Nullable;

/**
 * Reports what stands under one key. After an interruption it reads the key, which tells
 * all that was missed, and watches on. Belongs to the registrar's loop.
 */
final class KeyWatch {

	private final EtcdClient client;

	private final EventLoop loop;

	private final String key;

	private final Listener listener;

	private final EtcdBackoff backoff;

	/** Counts watches, so that what a former one still reports is told apart. */
	private long attempt;

	private boolean open;

	/** When etcd accepted the watch, {@code null} if it has not. */
	private @Nullable Long createdAt;

	private EtcdClient.@Nullable Watch watch;

	KeyWatch(EtcdClient client, EventLoop loop, String key, Listener listener, RandomGenerator random) {
		this.client = client;
		this.loop = loop;
		this.key = key;
		this.listener = listener;
		this.backoff = new EtcdBackoff(random);
	}

	/** Begins to watch, if it does not yet. */
	void openFrom(long revision) {
		if (!this.open) {
			this.open = true;
			watch(revision);
		}
	}

	void close() {
		this.open = false;
		this.attempt++;
		if (this.watch != null) {
			this.watch.close();
			this.watch = null;
		}
	}

	private void watch(long revision) {
		long attempt = ++this.attempt;
		this.watch = this.client.watch(this.key, false, revision, new WatchListener() {

			@Override
			public void onCreated(long etcdRevision) {
				onLoop(attempt, () -> created(attempt, etcdRevision, revision));
			}

			@Override
			public void onEvents(List<WatchEvent> events) {
				WatchEvent newest = events.get(events.size() - 1);
				onLoop(attempt, () -> KeyWatch.this.listener.changed(newest.deleted() ? null : newest.keyValue(),
						newest.keyValue().modRevision()));
			}

			@Override
			public void onEnd(EtcdException cause) {
				onLoop(attempt, () -> later(attempt, cause));
			}

		});
	}

	private void created(long attempt, long etcdRevision, long revision) {
		if (etcdRevision < revision - 1) {
			// The member lags behind, or etcd was wiped and would stay silent for long.
			later(attempt, new EtcdException(Reason.UNAVAILABLE, "etcd is at an earlier revision", null));
		}
		else {
			this.createdAt = this.loop.nanoTime();
		}
	}

	private void later(long attempt, EtcdException cause) {
		if (this.createdAt != null) {
			this.backoff.ended(Duration.ofNanos(this.loop.nanoTime() - this.createdAt));
		}
		this.createdAt = null;
		if (this.watch != null) {
			this.watch.close();
			this.watch = null;
		}
		this.loop.schedule(() -> onLoop(attempt, () -> read(attempt)), this.backoff.next(cause));
	}

	private void read(long attempt) {
		this.client.get(this.key, 0).whenComplete((result, error) -> onLoop(attempt, () -> {
			if (error != null) {
				later(attempt, EtcdException.from(error));
				return;
			}
			this.listener.read(result.current(), result.revision());
			if (this.open) {
				watch(result.revision() + 1);
			}
		}));
	}

	private void onLoop(long attempt, Runnable task) {
		this.loop.execute(() -> {
			if (attempt == this.attempt) {
				task.run();
			}
		});
	}

	/**
	 * Hears of the key. Called on the loop.
	 */
	interface Listener {

		/**
		 * The key has changed.
		 * @param current the content, {@code null} if it was deleted
		 * @param revision the revision of the change
		 */
		void changed(@Nullable KeyValue current, long revision);

		/**
		 * This is what stands under the key after an interruption.
		 * @param current the content, {@code null} if there is no such key
		 * @param revision etcd's revision at which that is so
		 */
		void read(@Nullable KeyValue current, long revision);

	}

}
