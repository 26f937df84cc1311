package io.github.etcddiscovery.test;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.KeyValue;
import org.jspecify.annotations.Nullable;

/**
 * The keys with all their versions since the last compaction, and the changes in their
 * order. Knows neither leases nor the network. Not thread-safe.
 * <p>
 * All changes between {@link #begin()} and {@link #commit()} share one revision; a reader
 * in between sees them. What changes nothing leaves the revision alone.
 */
final class MvccStore {

	/** Before the first compaction, as etcd counts. */
	private static final long NEVER_COMPACTED = -1;

	private final NavigableMap<ByteString, List<KeyValue>> versions = new TreeMap<>(Keys.ORDER);

	private final NavigableMap<Long, List<Event>> log = new TreeMap<>();

	private final List<Event> pending = new ArrayList<>();

	/** etcd's revision before anything has been written. */
	private long revision = 1;

	private long compactedRevision = NEVER_COMPACTED;

	/** The revision of the last complete change. */
	long revision() {
		return this.revision;
	}

	/** The lowest revision that can still be read; negative before a compaction. */
	long compactedRevision() {
		return this.compactedRevision;
	}

	/** The revision that a reader sees now: the next one once something has changed. */
	long currentRevision() {
		return this.pending.isEmpty() ? this.revision : this.revision + 1;
	}

	void begin() {
		this.pending.clear();
	}

	/** Makes the changes since the beginning a revision, and returns them. */
	List<Event> commit() {
		List<Event> events = List.copyOf(this.pending);
		this.pending.clear();
		if (!events.isEmpty()) {
			this.revision++;
			this.log.put(this.revision, events);
		}
		return events;
	}

	/** Takes the changes since the beginning back. */
	void rollback() {
		long next = this.revision + 1;
		for (Event event : this.pending) {
			List<KeyValue> ofKey = this.versions.get(event.getKv().getKey());
			if (ofKey != null) {
				ofKey.removeIf((version) -> version.getModRevision() == next);
				if (ofKey.isEmpty()) {
					this.versions.remove(event.getKv().getKey());
				}
			}
		}
		this.pending.clear();
	}

	/** Returns a key as it is now, {@code null} if it does not exist. */
	@Nullable KeyValue get(ByteString key) {
		return at(this.versions.get(key), Long.MAX_VALUE);
	}

	/** Returns a key as it was at a revision, {@code null} if it did not exist. */
	@Nullable KeyValue get(ByteString key, long atRevision) {
		return at(this.versions.get(key), atRevision);
	}

	/**
	 * Returns the keys of a range as they were at a revision, in their order.
	 * @param keys the range
	 * @param atRevision the revision, 0 or less for now
	 */
	List<KeyValue> range(Keys keys, long atRevision) {
		if (atRevision > currentRevision()) {
			throw EtcdStatuses.futureRevision();
		}
		long wanted = (atRevision <= 0) ? Long.MAX_VALUE : atRevision;
		if (wanted < this.compactedRevision) {
			throw EtcdStatuses.compacted();
		}
		List<KeyValue> found = new ArrayList<>();
		for (List<KeyValue> ofKey : within(keys)) {
			KeyValue version = at(ofKey, wanted);
			if (version != null) {
				found.add(version);
			}
		}
		return found;
	}

	private Collection<List<KeyValue>> within(Keys keys) {
		if (keys.isEmpty()) {
			return List.of();
		}
		if (keys.isSingle()) {
			List<KeyValue> ofKey = this.versions.get(keys.from());
			return (ofKey != null) ? List.of(ofKey) : List.of();
		}
		return (keys.isEndless() ? this.versions.tailMap(keys.from(), true)
				: this.versions.subMap(keys.from(), true, keys.to(), false))
			.values();
	}

	/** The last of several versions of one revision counts. */
	private static @Nullable KeyValue at(@Nullable List<KeyValue> ofKey, long atRevision) {
		if (ofKey != null) {
			for (int i = ofKey.size() - 1; i >= 0; i--) {
				KeyValue version = ofKey.get(i);
				if (version.getModRevision() <= atRevision) {
					return isTombstone(version) ? null : version;
				}
			}
		}
		return null;
	}

	private static boolean isTombstone(KeyValue version) {
		return version.getVersion() == 0;
	}

	void put(ByteString key, ByteString value, long lease) {
		KeyValue before = get(key);
		long next = this.revision + 1;
		append(Event.EventType.PUT,
				KeyValue.newBuilder()
					.setKey(key)
					.setValue(value)
					.setLease(lease)
					.setCreateRevision((before != null) ? before.getCreateRevision() : next)
					.setModRevision(next)
					.setVersion((before != null) ? before.getVersion() + 1 : 1)
					.build());
	}

	/** Deletes what there is of a range, and returns it. */
	List<KeyValue> delete(Keys keys) {
		List<KeyValue> found = range(keys, 0);
		for (KeyValue version : found) {
			append(Event.EventType.DELETE,
					KeyValue.newBuilder().setKey(version.getKey()).setModRevision(this.revision + 1).build());
		}
		return found;
	}

	private void append(Event.EventType type, KeyValue version) {
		this.versions.computeIfAbsent(version.getKey(), (key) -> new ArrayList<>()).add(version);
		this.pending.add(Event.newBuilder().setType(type).setKv(version).build());
	}

	/** Forgets what nobody can read any more. */
	void compact(long atRevision) {
		if (atRevision <= this.compactedRevision) {
			throw EtcdStatuses.compacted();
		}
		if (atRevision > this.revision) {
			throw EtcdStatuses.futureRevision();
		}
		this.compactedRevision = atRevision;
		this.log.headMap(atRevision, false).clear();
		this.log.computeIfPresent(atRevision, (revision, events) -> lastOfEachKey(events));
		this.versions.values().removeIf((ofKey) -> {
			int last = lastUpTo(ofKey, atRevision);
			ofKey.subList(0, Math.max(0, last)).clear();
			if (last >= 0 && isTombstone(ofKey.get(0)) && ofKey.get(0).getModRevision() < atRevision) {
				ofKey.remove(0);
			}
			return ofKey.isEmpty();
		});
	}

	private static List<Event> lastOfEachKey(List<Event> events) {
		Map<ByteString, Event> last = new LinkedHashMap<>();
		events.forEach((event) -> {
			last.remove(event.getKv().getKey());
			last.put(event.getKv().getKey(), event);
		});
		return List.copyOf(last.values());
	}

	private static int lastUpTo(List<KeyValue> ofKey, long atRevision) {
		int last = -1;
		while (last + 1 < ofKey.size() && ofKey.get(last + 1).getModRevision() <= atRevision) {
			last++;
		}
		return last;
	}

	/** The changes from a revision on, by their revisions. */
	NavigableMap<Long, List<Event>> changesFrom(long startRevision) {
		return this.log.tailMap(startRevision, true);
	}

	/** Forgets everything, as a new data directory would. */
	void wipe() {
		this.versions.clear();
		this.log.clear();
		this.pending.clear();
		this.revision = 1;
		this.compactedRevision = NEVER_COMPACTED;
	}

	/** How many bytes the keys and values of all versions have. */
	long size() {
		return this.versions.values()
			.stream()
			.flatMap(List::stream)
			.mapToLong((version) -> (long) version.getKey().size() + version.getValue().size())
			.sum();
	}

	/** A number that is the same for the same content up to a revision. */
	int hash(long upTo) {
		return this.versions.values()
			.stream()
			.flatMap(List::stream)
			.filter((version) -> version.getModRevision() <= upTo)
			.sorted(Comparator.comparingLong(KeyValue::getModRevision))
			.toList()
			.hashCode();
	}

}
