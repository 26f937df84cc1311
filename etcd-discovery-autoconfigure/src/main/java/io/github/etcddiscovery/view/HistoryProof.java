package io.github.etcddiscovery.view;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.ReadResult;

/**
 * Recognises etcd's history. A cluster that was wiped or restored keeps its id, so only
 * the content tells: at the last revision seen there may be another number of keys, or
 * the last changes may not be there, or the newest value. Belongs to the reflector's
 * loop.
 */
final class HistoryProof {

	/** More would hardly tell more, and each is a call when a watch is opened. */
	private static final int WITNESSES = 8;

	private final EtcdClient client;

	private final String prefix;

	private final ReflectorSink sink;

	/** Where the last changes were, oldest first. */
	private final Set<String> witnesses = new LinkedHashSet<>();

	HistoryProof(EtcdClient client, String prefix, ReflectorSink sink) {
		this.client = client;
		this.prefix = prefix;
		this.sink = sink;
	}

	/** Everything has been read: the newest values are the last changes known. */
	void listed() {
		this.witnesses.clear();
		Set<String> keys = this.sink.keys();
		keys.stream().sorted(byRevision()).skip(Math.max(0, keys.size() - WITNESSES)).forEach(this.witnesses::add);
	}

	void changed(String key) {
		this.witnesses.remove(key);
		this.witnesses.add(key);
		if (this.witnesses.size() > WITNESSES) {
			this.witnesses.remove(this.witnesses.iterator().next());
		}
	}

	/**
	 * Asks etcd what it held.
	 * @param revision the last revision seen
	 * @return completes on a thread of the client, with a comparison to be made on the
	 * loop: whether that is what is held here
	 */
	CompletableFuture<BooleanSupplier> ask(long revision) {
		CompletableFuture<Long> count = this.client.count(this.prefix, revision);
		Set<String> asked = new LinkedHashSet<>(this.witnesses);
		// The newest value, should all the last changes have been deletions; without any
		// value a key that nobody has.
		asked.add(this.sink.keys().stream().max(byRevision()).orElse(this.prefix));
		Map<String, CompletableFuture<ReadResult>> testimonies = new LinkedHashMap<>();
		asked.forEach((key) -> testimonies.put(key, this.client.get(key, revision)));
		return CompletableFuture.allOf(testimonies.values().toArray(CompletableFuture[]::new))
			.thenCombine(count,
					(done, counted) -> () -> counted == this.sink.keys().size() && testimonies.entrySet()
						.stream()
						.allMatch((testimony) -> isHeld(testimony.getKey(), testimony.getValue().join())));
	}

	private Comparator<String> byRevision() {
		return Comparator.comparingLong(this.sink::revisionOf);
	}

	private boolean isHeld(String key, ReadResult found) {
		KeyValue current = found.current();
		return (current != null) ? this.sink.isHeld(current) : this.sink.revisionOf(key) == 0;
	}

}
