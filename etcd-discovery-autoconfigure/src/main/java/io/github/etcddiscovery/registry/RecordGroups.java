package io.github.etcddiscovery.registry;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings groups of records into etcd. Of each group, etcd holds the complete new set of
 * shown records, or the complete previous one. New records are written one after the
 * other, the last of the list first. If one cannot be written, the other records of the
 * incomplete set are deleted. Belongs to the registrar's loop.
 */
final class RecordGroups implements RecordKeeper.Listener {

	private static final Logger logger = LoggerFactory.getLogger(RecordGroups.class);

	private final Map<Object, RecordGroup> groups = new HashMap<>();

	/** The keys that the keepers were asked to write, whether or not they have. */
	private final Set<String> handedOver = new HashSet<>();

	private final RecordKeepers keepers;

	RecordGroups(RecordKeepers keepers) {
		this.keepers = keepers;
	}

	/**
	 * Registers exactly these records for an owner, and deregisters its others.
	 * @return completes when all shown records are in etcd and all hidden ones are not;
	 * fails if etcd refuses one; is cancelled if they are not wanted any more
	 */
	CompletableFuture<Void> place(Object owner, List<WantedRecord> records) {
		RecordGroup group = this.groups.computeIfAbsent(owner, (added) -> new RecordGroup());
		group.want(records);
		List<CompletableFuture<Void>> outcomes = new ArrayList<>();
		CompletableFuture<Void> hidden = hide(group);
		if (!hidden.isDone()) {
			outcomes.add(hidden);
		}
		// A new record waits for the records that were handed over and are not there yet.
		List<CompletableFuture<Void>> awaited = new ArrayList<>();
		for (WantedRecord record : group.shown()) {
			if (this.handedOver.contains(record.key())) {
				boolean there = isRegistered(record.key());
				CompletableFuture<Void> outcome = handOver(record);
				outcomes.add(outcome);
				if (!there) {
					awaited.add(outcome);
				}
			}
		}
		for (WantedRecord record : group.shown()) {
			if (!this.handedOver.contains(record.key())) {
				CompletableFuture<Void> outcome = awaited.isEmpty() ? handOver(record)
						: FailFastAll.of(awaited).thenCompose((before) -> proceed(group, record.key()));
				outcomes.add(outcome);
				awaited.add(outcome);
			}
		}
		settle(group);
		return FailFastAll.of(outcomes);
	}

	/**
	 * Deletes hidden records, and records that were replaced before their group was
	 * complete. If no record is shown, also deletes the records of the previous set.
	 */
	private CompletableFuture<Void> hide(RecordGroup group) {
		Set<String> leaving = new LinkedHashSet<>(group.hiddenKeys());
		leaving.addAll(group.takeAbandoned());
		if (group.shown().isEmpty()) {
			leaving.addAll(group.takeFormer());
		}
		return takeOut(leaving, group);
	}

	/** By now another value may be wanted under the key, or none. */
	private CompletableFuture<Void> proceed(RecordGroup group, String key) {
		WantedRecord record = this.groups.containsValue(group) ? group.find(key) : null;
		return (record != null) ? handOver(record) : FailFastAll.cancelled();
	}

	private CompletableFuture<Void> handOver(WantedRecord record) {
		this.handedOver.add(record.key());
		return this.keepers.want(record.entry());
	}

	@Override
	public void registered(String key, boolean again) {
		groupsAt(key).forEach((group) -> {
			group.shown().stream().filter((record) -> !this.handedOver.contains(record.key())).forEach(this::handOver);
			settle(group);
		});
	}

	@Override
	public void blocked(String key) {
		groupsAt(key).forEach((group) -> {
			Set<String> others = group.without(key);
			others.stream()
				.filter(this::isRegistered)
				.forEach((other) -> logger.warn(
						"Deleting {} from etcd for now: {} of the same registration cannot be written. They come back together",
						other, key));
			takeOut(others, group);
		});
	}

	private List<RecordGroup> groupsAt(String key) {
		List<RecordGroup> found = new ArrayList<>();
		for (RecordGroup group : this.groups.values()) {
			if (group.find(key) != null) {
				found.add(group);
			}
		}
		return found;
	}

	/** Once all wanted records are in etcd, the former ones are not needed any more. */
	private void settle(RecordGroup group) {
		List<WantedRecord> shown = group.shown();
		if (!shown.isEmpty() && shown.stream().allMatch((record) -> isRegistered(record.key()))) {
			takeOut(group.takeFormer(), group);
			group.settle().forEach(Runnable::run);
		}
	}

	private boolean isRegistered(String key) {
		return this.handedOver.contains(key) && this.keepers.state(key) == RecordState.REGISTERED;
	}

	/** Takes out keys that no other group wants, and completes when they are out. */
	private CompletableFuture<Void> takeOut(Set<String> keys, @Nullable RecordGroup group) {
		List<CompletableFuture<Void>> leaving = new ArrayList<>();
		for (String key : keys) {
			if (groupsAt(key).stream().allMatch((other) -> other == group)) {
				this.handedOver.remove(key);
				leaving.add(this.keepers.leave(key));
			}
		}
		return FailFastAll.of(leaving);
	}

	/**
	 * Deregisters the records of these owners.
	 * @return completes when they are out of etcd
	 */
	CompletableFuture<Void> remove(Collection<?> owners) {
		Set<String> leaving = new LinkedHashSet<>();
		for (Object owner : owners) {
			RecordGroup group = this.groups.remove(owner);
			if (group != null) {
				leaving.addAll(group.keys());
				leaving.addAll(group.takeFormer());
			}
		}
		return takeOut(leaving, null);
	}

	/** Deregisters a record that was registered by its key, without a group. */
	CompletableFuture<Void> removeKey(String key) {
		this.groups.remove(key);
		return takeOut(Set.of(key), null);
	}

	/** Calls back once all records of an owner are in etcd, at once if they are. */
	void whenPlaced(Object owner, Runnable callback) {
		RecordGroup group = this.groups.get(owner);
		if (group != null) {
			group.whenSettled(callback);
			settle(group);
		}
	}

}
