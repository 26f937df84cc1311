package io.github.etcddiscovery.cloud;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * Where a registration is to be in etcd, and where it still is besides. Guarded by the
 * lock of the registry it belongs to.
 */
final class Placement {

	private final List<Runnable> waiting = new ArrayList<>();

	/** Where it was before, until it is where it is wanted. */
	private final Set<String> former = new LinkedHashSet<>();

	private List<RecordToWrite> records = List.of();

	void want(List<RecordToWrite> records) {
		this.records.forEach((record) -> this.former.add(record.key()));
		this.records = records;
		records.forEach((record) -> this.former.remove(record.key()));
	}

	List<RecordToWrite> all() {
		return this.records;
	}

	/**
	 * Returns those that are to be in etcd for now, in the order in which they come to be
	 * there. The last one listed begins: whatever is refused of a second record, which is
	 * new, is refused before the first one is seen.
	 */
	List<RecordToWrite> shown() {
		List<RecordToWrite> shown = new ArrayList<>(this.records);
		shown.removeIf((record) -> !record.shown());
		Collections.reverse(shown);
		return shown;
	}

	List<String> hiddenKeys() {
		return this.records.stream().filter((record) -> !record.shown()).map(RecordToWrite::key).toList();
	}

	@Nullable RecordToWrite shown(String key) {
		return this.records.stream()
			.filter((record) -> record.shown() && record.key().equals(key))
			.findFirst()
			.orElse(null);
	}

	Set<String> takeFormer() {
		Set<String> taken = new LinkedHashSet<>(this.former);
		this.former.clear();
		return taken;
	}

	/** Calls back once all that is shown is in etcd. */
	void whenSettled(Runnable callback) {
		this.waiting.add(callback);
	}

	List<Runnable> takeWaiting() {
		List<Runnable> taken = List.copyOf(this.waiting);
		this.waiting.clear();
		return taken;
	}

}
