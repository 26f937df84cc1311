package io.github.etcddiscovery.registry;

import java.util.Collection;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What becomes of several things that are done in etcd. Unlike
 * {@link CompletableFuture#allOf}, it does not wait for the others once one is refused,
 * and tells a refusal from things that are not wanted any more.
 */
final class FailFastAll {

	private FailFastAll() {
	}

	/**
	 * Combines outcomes.
	 * @param outcomes the outcomes
	 * @return fails as soon as one of them does; otherwise completes with the last one,
	 * or is cancelled if one of them was
	 */
	static CompletableFuture<Void> of(Collection<CompletableFuture<Void>> outcomes) {
		if (outcomes.size() == 1) {
			return outcomes.iterator().next();
		}
		CompletableFuture<Void> combined = new CompletableFuture<>();
		AtomicInteger missing = new AtomicInteger(outcomes.size() + 1);
		AtomicBoolean cancelled = new AtomicBoolean();
		Runnable done = () -> {
			if (missing.decrementAndGet() > 0) {
				return;
			}
			if (cancelled.get()) {
				combined.cancel(false);
			}
			else {
				combined.complete(null);
			}
		};
		outcomes.forEach((outcome) -> outcome.whenComplete((nothing, failure) -> {
			Throwable cause = (failure instanceof CompletionException && failure.getCause() != null)
					? failure.getCause() : failure;
			if (cause instanceof CancellationException) {
				cancelled.set(true);
			}
			else if (cause != null) {
				combined.completeExceptionally(cause);
			}
			done.run();
		}));
		done.run();
		return combined;
	}

	/** Returns a cancelled future, for a record that is not wanted any more. */
	static CompletableFuture<Void> cancelled() {
		return CompletableFuture.failedFuture(new CancellationException());
	}

}
