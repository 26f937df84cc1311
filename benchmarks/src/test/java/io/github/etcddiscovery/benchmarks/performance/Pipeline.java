package io.github.etcddiscovery.benchmarks.performance;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/**
 * Makes many calls, some of them at once.
 */
final class Pipeline {

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	private Pipeline() {
	}

	/** Makes so many calls, at most so many at once; returns when all are answered. */
	static void run(int count, int atOnce, IntFunction<CompletableFuture<?>> call) throws Exception {
		Deque<CompletableFuture<?>> open = new ArrayDeque<>();
		for (int i = 0; i < count; i++) {
			open.add(call.apply(i));
			if (open.size() == atOnce) {
				open.remove().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
			}
		}
		while (!open.isEmpty()) {
			open.remove().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
		}
	}

}
