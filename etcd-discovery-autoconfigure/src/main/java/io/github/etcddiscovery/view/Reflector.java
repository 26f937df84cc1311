package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

import io.github.etcddiscovery.client.EtcdBackoff;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.WatchEvent;
import io.github.etcddiscovery.client.WatchListener;
import io.github.etcddiscovery.instance.PlainText;
import io.github.etcddiscovery.support.EventLoop;
import io.github.etcddiscovery.support.GuardedLoop;
import io.github.etcddiscovery.support.LimitedLog;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Follows what etcd holds under a prefix: lists, then watches from the next revision on,
 * for ever. The revision to resume from is kept here and goes up only with what has been
 * applied. Before anything that a new watch reports is applied, a look at that revision
 * proves that nothing was missed; where it cannot be proven, everything is listed again.
 */
final class Reflector {

	private static final Logger logger = LoggerFactory.getLogger(Reflector.class);

	private final EtcdClient client;

	private final String prefix;

	/** The prefix and the cluster, for log lines. */
	private final String name;

	private final EventLoop loop;

	private final ReflectorStore store;

	private final Listener listener;

	private final EtcdBackoff backoff;

	private final EtcdBackoff listingBackoff;

	private volatile ViewState state = ViewState.IDLE;

	/** Counts attempts, so that what a former one still reports is told apart. */
	private long attempt;

	private long revision;

	/** How many changes have been stored. */
	private long changes;

	/** How many pages of the listing under way have arrived. */
	private int pages;

	private long watchingSince;

	/** Whether everything has to be read before a watch is of use. */
	private boolean listDue = true;

	/** Whether changes up to the revision reached may have been missed. */
	private boolean incomplete;

	/** Whether the history was found to be another one since changes last arrived. */
	private boolean changedBefore;

	/** Whether what is being listed is known not to be the history that was followed. */
	private boolean historyChanged;

	private final LimitedLog log;

	private final HistoryProof proof;

	private EtcdClient.@Nullable Watch watch;

	private final WatchInbox inbox;

	private final Reconciler reconciler;

	private volatile long drifts;

	Reflector(EtcdClient client, String prefix, String name, EventLoop loop, ReflectorStore store, Listener listener,
			RandomGenerator random, LimitedLog log) {
		this.log = log;
		this.client = client;
		this.prefix = prefix;
		this.name = name;
		this.loop = new GuardedLoop(loop, this::stepFailed);
		this.store = store;
		this.listener = listener;
		this.inbox = new WatchInbox(this.loop, this::drain);
		this.backoff = new EtcdBackoff(random);
		this.listingBackoff = EtcdBackoff.ofListings(random);
		this.proof = new HistoryProof(client, prefix, store);
		this.reconciler = new Reconciler(client, prefix, loop, store, this::position, this::drifted, random);
	}

	ViewState state() {
		return this.state;
	}

	void start() {
		this.loop.execute(() -> {
			this.reconciler.start();
			list();
		});
	}

	/** Reads everything again if it is current. Called on the loop. */
	void readAgain() {
		if (this.state == ViewState.WATCHING) {
			list();
		}
	}

	/** How many keys were found to have been missed. May be called from any thread. */
	long drifts() {
		return this.drifts;
	}

	/** Ends following. The loop is the caller's to close. */
	void close() {
		this.loop.execute(() -> {
			if (this.state != ViewState.CLOSED) {
				enter(ViewState.CLOSED);
			}
		});
	}

	/** Every step begins here: whatever was under way before does not count any more. */
	private long enter(ViewState next) {
		this.state = this.state.to(next);
		this.attempt++;
		if (this.watch != null) {
			this.watch.close();
			this.watch = null;
		}
		this.inbox.clear();
		return this.attempt;
	}

	private void onLoop(long attempt, Runnable task) {
		this.loop.execute(() -> {
			if (attempt == this.attempt) {
				task.run();
			}
		});
	}

	/** Whatever was under way may be half done: everything is read again. */
	private void stepFailed(Throwable error) {
		this.incomplete = true;
		this.listDue = true;
		if (this.state != ViewState.CLOSED) {
			retry(new EtcdException(Reason.UNAVAILABLE, "Unexpected error: " + error, error));
		}
		logger.error("Unexpected error while following {}: reading everything again", this.name, error);
	}

	/** Reads everything, as often as it takes. */
	private void list() {
		this.listDue = true;
		long attempt = enter(ViewState.LISTING);
		this.pages = 0;
		this.listener.listing();
		this.store.beginListing();
		this.client.list(this.prefix, (page) -> onLoop(attempt, () -> {
			// Where nothing was missed, what is not held from that time is of another
			// history.
			this.historyChanged |= !this.incomplete && page.stream()
				.anyMatch((found) -> found.modRevision() <= this.revision && !this.store.isHeld(found));
			this.pages++;
			this.store.addPage(page);
			this.listener.pageStored();
		})).whenComplete((listed, error) -> onLoop(attempt, () -> {
			if (error != null) {
				retry(EtcdException.from(error));
				return;
			}
			boolean newHistory = this.historyChanged || listed < this.revision;
			this.historyChanged = false;
			this.incomplete = false;
			this.listDue = false;
			this.revision = listed;
			this.listingBackoff.reset();
			this.store.completeListing();
			this.listener.listed(listed, newHistory);
			this.proof.listed();
			open();
		}));
	}

	private void open() {
		long attempt = enter(ViewState.OPENING);
		this.watch = this.client.watch(this.prefix, true, this.revision + 1, new WatchListener() {

			@Override
			public void onCreated(long createdAt) {
				onLoop(attempt, Reflector.this::prove);
			}

			@Override
			public void onEvents(List<WatchEvent> events) {
				Reflector.this.inbox.add(attempt, events);
			}

			@Override
			public void onEnd(EtcdException cause) {
				onLoop(attempt, () -> ended(cause));
			}

		});
	}

	/**
	 * Looks whether etcd's history is still the one that was followed. The watch is open
	 * by now, so that what happens to etcd from here on ends it. That it was opened at an
	 * earlier revision than the one reached tells nothing: its member may lag behind.
	 */
	private void prove() {
		// Not a new attempt: the watch is the one that goes on.
		this.state = this.state.to(ViewState.PROVING);
		long attempt = this.attempt;
		this.proof.ask(this.revision).whenComplete((same, error) -> onLoop(attempt, () -> {
			if (error != null) {
				unproven(EtcdException.from(error));
			}
			else if (same.getAsBoolean()) {
				proven();
			}
			else {
				historyChanged();
			}
		}));
	}

	private void proven() {
		this.state = this.state.to(ViewState.WATCHING);
		this.watchingSince = this.loop.nanoTime();
		this.changedBefore = false;
		this.listener.current();
		this.inbox.schedule();
	}

	private void unproven(EtcdException error) {
		switch (error.reason()) {
			case FUTURE_REVISION -> historyChanged();
			case COMPACTED -> list();
			default -> retry(error);
		}
	}

	private void historyChanged() {
		this.log.log(Level.WARN, "view of " + this.name, "history",
				() -> "etcd does not hold under %s what it held at revision %d: it was wiped or restored"
					.formatted(this.name, this.revision));
		this.historyChanged = true;
		if (this.changedBefore) {
			// What was just listed is not there either: not to be repeated at once.
			this.listDue = true;
			retry(new EtcdException(Reason.UNAVAILABLE,
					"etcd does not hold under %s what it has just listed".formatted(this.name), null));
			return;
		}
		this.changedBefore = true;
		list();
	}

	/** Applies all that is pending and publishes once. */
	private void drain() {
		if (this.state != ViewState.WATCHING) {
			return;
		}
		long before = this.changes;
		if (this.inbox.take(this.attempt, this::apply)) {
			this.listener.changed(this.revision, this.changes - before);
		}
	}

	/**
	 * All changes of a revision come together, so the revision rises once they are in.
	 */
	private void apply(List<WatchEvent> events) {
		long before = this.revision;
		for (WatchEvent event : events) {
			KeyValue keyValue = event.keyValue();
			if (keyValue.modRevision() > before) {
				this.store.apply(event);
				this.changes++;
				this.revision = keyValue.modRevision();
				this.proof.changed(keyValue.key());
				this.reconciler.changed(keyValue.key());
			}
		}
	}

	private void ended(EtcdException cause) {
		if (cause.reason() == Reason.MOVED) {
			open();
			return;
		}
		retry(cause);
	}

	private void retry(EtcdException cause) {
		// COMPACTED: the missed changes are gone. TOO_LARGE: they do not fit into one
		// message
		// of a watch, but into pages.
		this.listDue |= cause.reason() == Reason.COMPACTED || cause.reason() == Reason.TOO_LARGE;
		Duration wait = backoff().next(cause);
		long attempt = enter(ViewState.WAITING);
		// Before anything else that might throw.
		this.loop.schedule(() -> onLoop(attempt, this.listDue ? this::list : this::open), wait);
		this.listener.interrupted(cause);
	}

	private EtcdBackoff backoff() {
		if (this.state == ViewState.LISTING && this.pages > 0) {
			return this.listingBackoff;
		}
		if (this.state == ViewState.WATCHING) {
			this.backoff.ended(Duration.ofNanos(this.loop.nanoTime() - this.watchingSince));
		}
		return this.backoff;
	}

	/** How far the watch has come, {@code null} while changes do not arrive. */
	private Reconciler.@Nullable Position position() {
		return (this.state == ViewState.WATCHING) ? new Reconciler.Position(this.attempt, this.revision) : null;
	}

	/** What the watch should have told and has not: nothing else is left to trust. */
	private void drifted(Set<String> missed) {
		this.drifts += missed.size();
		this.log.log(Level.WARN, "view of " + this.name, "drift",
				() -> "Changes of %d keys under %s were missed, such as %s: reading everything again".formatted(
						missed.size(), this.name, PlainText.of(missed.iterator().next(), RangeWriter.LONGEST_KEY)));
		this.listener.interrupted(new EtcdException(Reason.UNAVAILABLE,
				"changes of %d keys were missed, of %s for one".formatted(missed.size(), missed.iterator().next()),
				null));
		this.incomplete = true;
		list();
	}

	/**
	 * Receives the progress and the failures of a reflector. Called on its loop only.
	 */
	interface Listener {

		/** A listing begins. */
		default void listing() {
		}

		/** A page of the listing was stored. */
		default void pageStored() {
		}

		/**
		 * A listing is stored.
		 * @param revision at which etcd held these keys
		 * @param newHistory whether etcd was wiped or restored
		 */
		void listed(long revision, boolean newHistory);

		/**
		 * Changes were stored.
		 * @param revision of the last change
		 * @param changes how many
		 */
		void changed(long revision, long changes);

		/** Changes arrive as they happen from now on. */
		void current();

		/** Changes do not arrive any more. The reflector tries again. */
		void interrupted(EtcdException cause);

	}

}
