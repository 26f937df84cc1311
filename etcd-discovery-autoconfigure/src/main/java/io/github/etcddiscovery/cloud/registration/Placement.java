package io.github.etcddiscovery.cloud.registration;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * Where a registration is to be in etcd, and where it still is besides. Guarded by the
 * lock of the registry it belongs to.
 */
final class Placement {

	private final List<Runnable> waiting = new ArrayList<>();

	/** Where it was before, until it is where it is wanted. */
	private final Set<String> former = new LinkedHashSet<>();

	/** Where it was when it was last all that was wanted. */
	private Set<String> settled = Set.of();

	private List<WantedRecord> records = List.of();

	void want(List<WantedRecord> records) {
		this.records.forEach((record) -> this.former.add(record.key()));
		this.records = records;
		records.forEach((record) -> this.former.remove(record.key()));
	}

	List<WantedRecord> all() {
		return this.records;
	}

	/**
	 * Returns those that are to be in etcd for now, in the order in which they come to be
	 * there. The last one listed begins: a second record is the newer idea, and what is
	 * refused of it had better be so before the first one is there.
	 */
	List<WantedRecord> shown() {
		List<WantedRecord> shown = new ArrayList<>(this.records);
		shown.removeIf((record) -> !record.shown());
		Collections.reverse(shown);
		return shown;
	}

	Set<String> shownKeys() {
		return shown().stream().map(WantedRecord::key).collect(Collectors.toCollection(LinkedHashSet::new));
	}

	Set<String> hiddenKeys() {
		return this.records.stream()
			.filter((record) -> !record.shown())
			.map(WantedRecord::key)
			.collect(Collectors.toCollection(LinkedHashSet::new));
	}

	/** Returns what is to be in etcd at a key for now, {@code null} if nothing is. */
	@Nullable WantedRecord find(String key) {
		return this.records.stream()
			.filter((record) -> record.shown() && record.key().equals(key))
			.findFirst()
			.orElse(null);
	}

	Set<String> former() {
		return Collections.unmodifiableSet(this.former);
	}

	Set<String> takeFormer() {
		Set<String> taken = new LinkedHashSet<>(this.former);
		this.former.clear();
		if (!Collections.disjoint(this.settled, taken)) {
			this.settled = Set.of();
		}
		return taken;
	}

	/** Takes those where it was on its way to, but never was all that was wanted. */
	Set<String> takeAbandoned() {
		Set<String> abandoned = new LinkedHashSet<>(this.former);
		abandoned.removeAll(this.settled);
		this.former.removeAll(abandoned);
		return abandoned;
	}

	/**
	 * Returns what must not be in etcd while a key cannot be. Either all is there that is
	 * wanted now, or what was there before: so if the key is new, it is what else is.
	 */
	Set<String> without(String blocked) {
		Set<String> leaving = shownKeys();
		if (this.settled.contains(blocked)) {
			leaving.addAll(takeFormer());
		}
		else {
			leaving.removeAll(this.settled);
		}
		leaving.remove(blocked);
		return leaving;
	}

	/** Calls back once all that is shown is in etcd. */
	void whenSettled(Runnable callback) {
		this.waiting.add(callback);
	}

	/**
	 * All that is shown is in etcd. What is hidden since it was there comes back to it.
	 * @return whom to call back
	 */
	List<Runnable> settle() {
		Set<String> now = shownKeys();
		hiddenKeys().stream().filter(this.settled::contains).forEach(now::add);
		this.settled = now;
		List<Runnable> taken = List.copyOf(this.waiting);
		this.waiting.clear();
		return taken;
	}

}
