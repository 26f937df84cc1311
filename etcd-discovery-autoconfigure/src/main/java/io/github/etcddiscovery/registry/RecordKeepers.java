package io.github.etcddiscovery.registry;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

/**
 * The keepers of all records, by key. Belongs to the registrar's loop; only finding
 * keepers is allowed to any thread.
 */
final class RecordKeepers {

	private final Map<String, RecordKeeper> keepers = new ConcurrentHashMap<>();

	/** Records to register as soon as the deregistration of their key has ended. */
	private final Map<String, Comeback> comebacks = new HashMap<>();

	private final Function<RegistryEntry, RecordKeeper> factory;

	private final BooleanSupplier closed;

	/**
	 * Creates an empty set of keepers.
	 * @param factory creates a keeper for a record
	 * @param closed whether the registrar is closed, and wants no record any more
	 */
	RecordKeepers(Function<RegistryEntry, RecordKeeper> factory, BooleanSupplier closed) {
		this.factory = factory;
		this.closed = closed;
	}

	/** Returns the keeper of a key, {@code null} if there is none. */
	@Nullable RecordKeeper find(String key) {
		return this.keepers.get(key);
	}

	/** Returns all keepers there are now. */
	Collection<RecordKeeper> all() {
		return List.copyOf(this.keepers.values());
	}

	RecordState state(String key) {
		RecordKeeper keeper = find(key);
		return (keeper != null) ? keeper.state() : RecordState.GONE;
	}

	/**
	 * Registers a record, or another value under its key.
	 * @return completes when etcd holds the record, or what was wanted in its place
	 * since; fails if etcd refuses it; is cancelled if it is not wanted any more
	 */
	CompletableFuture<Void> want(RegistryEntry entry) {
		if (this.closed.getAsBoolean()) {
			return FailFastAll.cancelled();
		}
		RecordKeeper keeper = find(entry.key());
		if (keeper == null) {
			return create(entry);
		}
		if (keeper.state() == RecordState.LEAVING) {
			// A keeper that is leaving writes nothing any more.
			CompletableFuture<Void> registered = new CompletableFuture<>();
			Comeback replaced = this.comebacks.put(entry.key(), new Comeback(entry, registered));
			if (replaced != null) {
				PendingFutures.follow(registered, replaced.registered());
			}
			return registered;
		}
		keeper.want(entry);
		return keeper.outcome().registered();
	}

	private CompletableFuture<Void> create(RegistryEntry entry) {
		RecordKeeper keeper = this.factory.apply(entry);
		this.keepers.put(entry.key(), keeper);
		keeper.gone().thenRun(() -> gone(keeper, entry.key()));
		keeper.start();
		return keeper.outcome().registered();
	}

	private void gone(RecordKeeper keeper, String key) {
		this.keepers.remove(key, keeper);
		Comeback comeback = this.comebacks.remove(key);
		if (comeback != null) {
			PendingFutures.follow(create(comeback.entry()), comeback.registered());
		}
	}

	/**
	 * Deregisters a record.
	 * @return completes when it is out of etcd, at once if there is none
	 */
	CompletableFuture<Void> leave(String key) {
		Comeback comeback = this.comebacks.remove(key);
		if (comeback != null) {
			comeback.registered().cancel(false);
		}
		RecordKeeper keeper = find(key);
		if (keeper == null) {
			return CompletableFuture.completedFuture(null);
		}
		keeper.leave();
		return keeper.gone();
	}

	/**
	 * Deregisters all records.
	 * @param deregister whether to take the records out of etcd; otherwise they are left
	 * to their leases
	 * @return completes when that is done
	 */
	CompletableFuture<Void> close(boolean deregister) {
		this.comebacks.clear();
		Collection<RecordKeeper> leaving = all();
		leaving.forEach(deregister ? RecordKeeper::leave : RecordKeeper::abandon);
		return CompletableFuture.allOf(leaving.stream().map(RecordKeeper::gone).toArray(CompletableFuture[]::new));
	}

	/** A record to register as soon as the deregistration of its key has ended. */
	private record Comeback(RegistryEntry entry, CompletableFuture<Void> registered) {

	}

}
