package io.github.etcddiscovery.view;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.PastState;
import io.github.etcddiscovery.client.ReadResult;
import io.github.etcddiscovery.client.WatchEvent;
import io.github.etcddiscovery.client.WatchListener;
import io.github.etcddiscovery.doubles.EmptyEtcdClient;

/**
 * What etcd is to a view, in memory and without time: a history of keys that can be
 * compacted, wiped and restored. Whatever it has to say waits until it is let say it, so
 * that anything may happen in between.
 */
final class ModelEtcd extends EmptyEtcdClient {

	private final Random random;

	/** What is held after each revision, of this history and of those before it. */
	private final List<SortedMap<Long, SortedMap<String, KeyValue>>> histories = new ArrayList<>();

	private final List<OpenWatch> watches = new ArrayList<>();

	/** Answers to calls, in no particular order. */
	private final List<Runnable> answers = new ArrayList<>();

	private long compacted;

	ModelEtcd(Random random) {
		this.random = random;
		this.histories.add(new TreeMap<>(Map.of(1L, new TreeMap<>())));
	}

	private SortedMap<Long, SortedMap<String, KeyValue>> history() {
		return this.histories.get(this.histories.size() - 1);
	}

	long revision() {
		return history().lastKey();
	}

	int resets() {
		return this.histories.size() - 1;
	}

	SortedMap<String, KeyValue> content() {
		return history().get(revision());
	}

	/** What the histories held at a revision. */
	List<Map<String, String>> heldAt(long revision) {
		return this.histories.stream()
			.filter((history) -> !history.headMap(revision + 1).isEmpty())
			.map((history) -> values(history.get(history.headMap(revision + 1).lastKey())))
			.toList();
	}

	static Map<String, String> values(Map<String, KeyValue> content) {
		Map<String, String> values = new TreeMap<>();
		content.forEach((key, keyValue) -> values.put(key, new String(keyValue.value(), StandardCharsets.UTF_8)));
		return values;
	}

	/** Changes keys, all in one revision; {@code null} deletes. */
	void commit(Map<String, String> changes) {
		SortedMap<String, KeyValue> next = new TreeMap<>(content());
		long revision = revision() + 1;
		List<WatchEvent> events = new ArrayList<>();
		changes.forEach((key, value) -> {
			if (value != null) {
				KeyValue put = new KeyValue(key, value.getBytes(StandardCharsets.UTF_8), revision, 0);
				next.put(key, put);
				events.add(new WatchEvent(false, put));
			}
			else if (next.remove(key) != null) {
				events.add(new WatchEvent(true, new KeyValue(key, new byte[0], revision, 0)));
			}
		});
		if (!events.isEmpty()) {
			history().put(revision, next);
			this.watches.stream()
				.filter((watch) -> watch.startRevision <= revision)
				.forEach((watch) -> watch.tell(events));
		}
	}

	void compact() {
		this.compacted = revision();
	}

	void wipe() {
		this.histories.add(new TreeMap<>(Map.of(1L, new TreeMap<>())));
		this.compacted = 0;
		cut();
	}

	/** Goes back to a revision that there was. */
	void restore() {
		List<Long> revisions = List.copyOf(history().tailMap(this.compacted).keySet());
		long to = revisions.get(this.random.nextInt(revisions.size()));
		this.histories.add(new TreeMap<>(history().headMap(to + 1)));
		this.compacted = Math.min(this.compacted, to);
		cut();
	}

	/** Ends all watches, what they have not said included, and fails all calls. */
	void cut() {
		List<OpenWatch> cut = List.copyOf(this.watches);
		this.watches.clear();
		cut.forEach((watch) -> watch.listener.onEnd(failure(Reason.UNAVAILABLE)));
		List<Runnable> unanswered = List.copyOf(this.answers);
		this.answers.clear();
		this.failing = true;
		unanswered.forEach(Runnable::run);
		this.failing = false;
	}

	private boolean failing;

	/** Says one thing of those that wait to be said, if any do. */
	boolean sayOne() {
		List<OpenWatch> talkative = this.watches.stream().filter((watch) -> !watch.pending.isEmpty()).toList();
		int choices = this.answers.size() + talkative.size();
		if (choices == 0) {
			return false;
		}
		int choice = this.random.nextInt(choices);
		if (choice < this.answers.size()) {
			this.answers.remove(choice).run();
		}
		else {
			talkative.get(choice - this.answers.size()).pending.remove(0).run();
		}
		return true;
	}

	private <T> CompletableFuture<T> answer(Supplier<T> result) {
		CompletableFuture<T> answer = new CompletableFuture<>();
		this.answers.add(() -> {
			try {
				if (this.failing) {
					throw failure(Reason.UNAVAILABLE);
				}
				answer.complete(result.get());
			}
			catch (EtcdException ex) {
				answer.completeExceptionally(ex);
			}
		});
		return answer;
	}

	/** What is held at a revision, 0 for now. */
	private SortedMap<String, KeyValue> at(long revision) {
		if (revision == 0) {
			return content();
		}
		if (revision > revision()) {
			throw failure(Reason.FUTURE_REVISION);
		}
		if (revision < this.compacted) {
			throw failure(Reason.COMPACTED);
		}
		return history().get(history().headMap(revision + 1).lastKey());
	}

	private static EtcdException failure(Reason reason) {
		return new EtcdException(reason, "on purpose", null);
	}

	private static List<KeyValue> under(String prefix, SortedMap<String, KeyValue> content) {
		return content.values().stream().filter((keyValue) -> keyValue.key().startsWith(prefix)).toList();
	}

	/** In two pages, between which anything may happen. */
	@Override
	public CompletableFuture<Long> list(String prefix, Consumer<List<KeyValue>> pages) {
		return answer(() -> {
			List<KeyValue> all = under(prefix, content());
			pages.accept(all.subList(0, all.size() / 2));
			return revision();
		}).thenCompose((pinned) -> answer(() -> {
			List<KeyValue> all = under(prefix, at(pinned));
			pages.accept(all.subList(all.size() / 2, all.size()));
			return pinned;
		}));
	}

	@Override
	public CompletableFuture<PastState> readPast(long revision, String prefix, Set<String> keys) {
		return answer(() -> {
			SortedMap<String, KeyValue> past = at(revision);
			Map<String, KeyValue> found = new TreeMap<>(past);
			found.keySet().retainAll(keys);
			return new PastState(under(prefix, past).size(), found);
		});
	}

	@Override
	public CompletableFuture<Long> listKeys(String prefix, long revision, Consumer<List<KeyValue>> pages) {
		return answer(() -> {
			pages.accept(under(prefix, at(revision)));
			return (revision != 0) ? revision : revision();
		});
	}

	@Override
	public CompletableFuture<ReadResult> get(String key, long revision) {
		return answer(() -> new ReadResult(revision(), at(revision).get(key)));
	}

	@Override
	public Watch watch(String target, boolean prefix, long startRevision, WatchListener listener) {
		OpenWatch watch = new OpenWatch(target, startRevision, listener, new ArrayList<>());
		this.watches.add(watch);
		watch.pending.add(() -> {
			listener.onCreated(revision());
			// Those that came while it was being opened are among the past.
			watch.pending.clear();
			if (startRevision <= this.compacted) {
				watch.pending.add(() -> {
					this.watches.remove(watch);
					listener.onEnd(failure(Reason.COMPACTED));
				});
			}
			else if (startRevision <= revision()) {
				history().subMap(startRevision, revision() + 1)
					.keySet()
					.forEach((revision) -> watch.tell(eventsOf(revision)));
			}
		});
		return () -> this.watches.remove(watch);
	}

	private List<WatchEvent> eventsOf(long revision) {
		SortedMap<String, KeyValue> after = history().get(revision);
		SortedMap<String, KeyValue> before = history().get(history().headMap(revision).lastKey());
		List<WatchEvent> events = new ArrayList<>();
		after.values()
			.stream()
			.filter((keyValue) -> keyValue.modRevision() == revision)
			.forEach((keyValue) -> events.add(new WatchEvent(false, keyValue)));
		before.keySet()
			.stream()
			.filter((key) -> !after.containsKey(key))
			.forEach((key) -> events.add(new WatchEvent(true, new KeyValue(key, new byte[0], revision, 0))));
		return events;
	}

	/**
	 * A watch, and what it has not said yet.
	 */
	private record OpenWatch(String prefix, long startRevision, WatchListener listener, List<Runnable> pending) {

		void tell(List<WatchEvent> events) {
			List<WatchEvent> own = events.stream()
				.filter((event) -> event.keyValue().key().startsWith(this.prefix))
				.toList();
			if (!own.isEmpty()) {
				this.pending.add(() -> this.listener.onEvents(own));
			}
		}

	}

}
