package io.github.etcddiscovery.registry;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * The records of one owner. Knows the wanted records, and the other keys under which
 * earlier records of this owner may still be in etcd. Belongs to the registrar's loop.
 */
final class RecordGroup {

	private final List<Runnable> waiting = new ArrayList<>();

	/** The keys of earlier records, until all wanted records are in etcd. */
	private final Set<String> former = new LinkedHashSet<>();

	/**
	 * The keys that were in etcd the last time all wanted records were there together:
	 * the state to fall back to.
	 */
	private Set<String> settled = Set.of();

	/**
	 * The records that belong in etcd now, in the order in which they are written. The
	 * last record is written first: the second record ({@code write-also}) is more likely
	 * to be refused, and in that case the first one must not be written.
	 */
	private List<WantedRecord> shown = List.of();

	private Set<String> shownKeys = Set.of();

	/** The keys of the wanted records that do not belong in etcd now. */
	private Set<String> hiddenKeys = Set.of();

	/** Replaces the wanted records. */
	void want(List<WantedRecord> records) {
		this.former.addAll(keys());
		List<WantedRecord> shown = new ArrayList<>(records);
		shown.removeIf((record) -> !record.shown());
		Collections.reverse(shown);
		this.shown = shown;
		this.shownKeys = keys(shown);
		this.hiddenKeys = keys(records);
		this.hiddenKeys.removeAll(this.shownKeys);
		this.former.removeAll(keys());
	}

	private static Set<String> keys(List<WantedRecord> records) {
		Set<String> keys = new LinkedHashSet<>();
		records.forEach((record) -> keys.add(record.key()));
		return keys;
	}

	/** Returns the keys of all wanted records, the hidden ones included. */
	Set<String> keys() {
		Set<String> keys = new LinkedHashSet<>(this.shownKeys);
		keys.addAll(this.hiddenKeys);
		return keys;
	}

	/**
	 * Returns the records that belong in etcd now, in the order in which they are
	 * written.
	 */
	List<WantedRecord> shown() {
		return this.shown;
	}

	/** Returns the keys of the wanted records that do not belong in etcd now. */
	Set<String> hiddenKeys() {
		return this.hiddenKeys;
	}

	/** Returns the record that belongs under a key now, {@code null} if none does. */
	@Nullable WantedRecord find(String key) {
		for (WantedRecord record : this.shown) {
			if (record.key().equals(key)) {
				return record;
			}
		}
		return null;
	}

	/** Returns the keys of earlier records, and forgets them. */
	Set<String> takeFormer() {
		Set<String> taken = new LinkedHashSet<>(this.former);
		this.former.clear();
		if (!Collections.disjoint(this.settled, taken)) {
			this.settled = Set.of();
		}
		return taken;
	}

	/**
	 * Returns the keys of records that were replaced before all of their group was in
	 * etcd, and forgets them.
	 */
	Set<String> takeAbandoned() {
		Set<String> abandoned = new LinkedHashSet<>(this.former);
		abandoned.removeAll(this.settled);
		this.former.removeAll(abandoned);
		return abandoned;
	}

	/**
	 * Returns the keys to delete while {@code blocked} cannot be written. etcd holds
	 * either the complete new set or the complete previous one.
	 */
	Set<String> without(String blocked) {
		Set<String> leaving = new LinkedHashSet<>(this.shownKeys);
		if (this.settled.contains(blocked)) {
			leaving.addAll(takeFormer());
		}
		else {
			leaving.removeAll(this.settled);
		}
		leaving.remove(blocked);
		return leaving;
	}

	/** Calls back once all records that belong in etcd are there. */
	void whenSettled(Runnable callback) {
		this.waiting.add(callback);
	}

	/**
	 * Notes that all records that belong in etcd are there. A hidden record that was
	 * there before belongs to the state to fall back to.
	 * @return the callbacks that waited for it
	 */
	List<Runnable> settle() {
		Set<String> now = new LinkedHashSet<>(this.hiddenKeys);
		now.retainAll(this.settled);
		now.addAll(this.shownKeys);
		this.settled = now;
		List<Runnable> taken = List.copyOf(this.waiting);
		this.waiting.clear();
		return taken;
	}

}
