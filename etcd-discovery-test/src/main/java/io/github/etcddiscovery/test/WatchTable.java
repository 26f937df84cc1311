package io.github.etcddiscovery.test;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.ResponseHeader;
import io.etcd.jetcd.api.WatchCreateRequest;
import io.etcd.jetcd.api.WatchResponse;

/**
 * Who watches what. A watcher is served from the store's log: one that cannot keep up
 * gets what it has missed later, and nothing is kept for it. Not thread-safe.
 */
final class WatchTable {

	/** etcd's {@code watchBatchMaxRevs}. */
	private static final int MOST_REVISIONS_IN_A_RESPONSE = 1_000;

	private final MvccStore store;

	private final Set<Watcher> watchers = new LinkedHashSet<>();

	WatchTable(MvccStore store) {
		this.store = store;
	}

	/**
	 * Adds a watcher. It gets nothing before it is {@link #serve(Watcher) served}.
	 * @param request what it wants
	 * @param keys which keys
	 * @param ready whether it takes a response now
	 * @param sink takes responses
	 */
	Watcher add(WatchCreateRequest request, Keys keys, long id, BooleanSupplier ready, Consumer<WatchResponse> sink) {
		long start = (request.getStartRevision() > 0) ? request.getStartRevision() : this.store.revision() + 1;
		Watcher watcher = new Watcher(request, keys, id, ready, sink, start);
		this.watchers.add(watcher);
		return watcher;
	}

	void remove(Watcher watcher) {
		this.watchers.remove(watcher);
	}

	/** Something has been committed. */
	void serveAll() {
		List.copyOf(this.watchers).forEach(this::serve);
	}

	/** Sends a watcher what it has not got yet, as far as it takes it. */
	void serve(Watcher watcher) {
		while (this.watchers.contains(watcher) && watcher.next <= this.store.revision()
				&& watcher.ready.getAsBoolean()) {
			if (watcher.next < this.store.compactedRevision()) {
				remove(watcher);
				watcher.sink.accept(WatchResponse.newBuilder()
					.setHeader(ResponseHeader.getDefaultInstance())
					.setWatchId(watcher.id)
					.setCanceled(true)
					.setCompactRevision(this.store.compactedRevision())
					.build());
				return;
			}
			serveSome(watcher);
		}
	}

	private void serveSome(Watcher watcher) {
		List<Event> events = new ArrayList<>();
		int revisions = 0;
		for (Map.Entry<Long, List<Event>> change : this.store.changesFrom(watcher.next).entrySet()) {
			List<Event> wanted = change.getValue().stream().filter(watcher::wants).map(watcher::shown).toList();
			if (!wanted.isEmpty() && ++revisions > MOST_REVISIONS_IN_A_RESPONSE) {
				break;
			}
			events.addAll(wanted);
			watcher.next = change.getKey() + 1;
		}
		if (revisions <= MOST_REVISIONS_IN_A_RESPONSE) {
			watcher.next = this.store.revision() + 1;
		}
		if (!events.isEmpty()) {
			watcher.sink.accept(WatchResponse.newBuilder()
				.setHeader(ResponseHeader.newBuilder().setRevision(this.store.revision()))
				.setWatchId(watcher.id)
				.addAllEvents(events)
				.build());
		}
	}

	/**
	 * One watcher.
	 */
	final class Watcher {

		private final WatchCreateRequest request;

		private final Keys keys;

		private final long id;

		private final BooleanSupplier ready;

		private final Consumer<WatchResponse> sink;

		private long next;

		private Watcher(WatchCreateRequest request, Keys keys, long id, BooleanSupplier ready,
				Consumer<WatchResponse> sink, long next) {
			this.request = request;
			this.keys = keys;
			this.id = id;
			this.ready = ready;
			this.sink = sink;
			this.next = next;
		}

		private boolean wants(Event event) {
			WatchCreateRequest.FilterType not = (event.getType() == Event.EventType.PUT)
					? WatchCreateRequest.FilterType.NOPUT : WatchCreateRequest.FilterType.NODELETE;
			return this.keys.contains(event.getKv().getKey()) && !this.request.getFiltersList().contains(not);
		}

		/** With the version before, if it is wanted and there is one that can be read. */
		private Event shown(Event event) {
			KeyValue version = event.getKv();
			long before = version.getModRevision() - 1;
			boolean created = event.getType() == Event.EventType.PUT
					&& version.getCreateRevision() == version.getModRevision();
			if (!this.request.getPrevKv() || created || before < WatchTable.this.store.compactedRevision()) {
				return event;
			}
			KeyValue previous = WatchTable.this.store.get(version.getKey(), before);
			return (previous != null) ? event.toBuilder().setPrevKv(previous).build() : event;
		}

	}

}
