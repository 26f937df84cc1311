package io.github.etcddiscovery.registry;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

import io.github.etcddiscovery.client.EtcdException;
import org.jspecify.annotations.Nullable;

/**
 * The records of a registrar, by key. Passes on to them what becomes of their lease. Read
 * by any thread, changed on the registrar's loop.
 */
final class Records implements LeaseKeeper.Listener {

	private final Map<String, RecordKeeper> keepers = new ConcurrentHashMap<>();

	@Nullable RecordKeeper get(String key) {
		return this.keepers.get(key);
	}

	void put(String key, RecordKeeper keeper) {
		this.keepers.put(key, keeper);
	}

	void remove(String key, RecordKeeper keeper) {
		this.keepers.remove(key, keeper);
	}

	Set<String> keys() {
		return this.keepers.keySet();
	}

	/** Those that there are now. */
	Collection<RecordKeeper> all() {
		return List.copyOf(this.keepers.values());
	}

	private void each(Consumer<RecordKeeper> step) {
		this.keepers.values().forEach(step);
	}

	@Override
	public void leaseHeld() {
		each(RecordKeeper::sync);
	}

	@Override
	public void leaseRenewed() {
		each(RecordKeeper::leaseRenewed);
	}

	@Override
	public void leaseFailed(EtcdException cause) {
		if (cause.reason().isRefusal()) {
			each((keeper) -> keeper.leaseRefused(cause));
		}
	}

	@Override
	public void leaseLost(long leaseId) {
		each((keeper) -> keeper.leaseLost(leaseId));
	}

	@Override
	public boolean needs(long leaseId) {
		return this.keepers.values().stream().anyMatch((keeper) -> keeper.needs(leaseId));
	}

	@Override
	public void replacedIsGone() {
		each(RecordKeeper::sync);
	}

}
