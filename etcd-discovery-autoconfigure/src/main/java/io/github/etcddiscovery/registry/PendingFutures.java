package io.github.etcddiscovery.registry;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Outcomes that somebody may be waiting for, each of which comes, whatever becomes of
 * those who are to bring it about. Safe to use from any thread.
 */
final class PendingFutures {

	private final Set<CompletableFuture<Void>> open = ConcurrentHashMap.newKeySet();

	private volatile boolean ended;

	/** Returns a new one, which is cancelled already if all have ended. */
	CompletableFuture<Void> add() {
		CompletableFuture<Void> outcome = new CompletableFuture<>();
		this.open.add(outcome);
		outcome.whenComplete((done, error) -> this.open.remove(outcome));
		if (this.ended) {
			outcome.cancel(false);
		}
		return outcome;
	}

	/** Cancels all that have not come yet. */
	void end() {
		this.ended = true;
		List.copyOf(this.open).forEach((outcome) -> outcome.cancel(false));
	}

	/** Makes one come when another one does, and in the same way. */
	static void follow(CompletableFuture<Void> source, CompletableFuture<Void> target) {
		source.whenComplete((done, error) -> {
			if (error != null) {
				target.completeExceptionally(error);
			}
			else {
				target.complete(null);
			}
		});
	}

}
