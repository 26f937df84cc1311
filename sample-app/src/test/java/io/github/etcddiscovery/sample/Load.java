package io.github.etcddiscovery.sample;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Calls a service all the time, by several clients at once, at a steady rate.
 */
final class Load implements AutoCloseable {

	private static final int THREADS_EACH = 4;

	/** Of each thread: 600 calls a second of twelve threads together. */
	private static final Duration PAUSE = Duration.ofMillis(20);

	private final Map<String, Supplier<Greeting>> clients;

	private final ExecutorService threads;

	private final LongAdder calls = new LongAdder();

	private final Queue<String> failures = new ConcurrentLinkedQueue<>();

	private final long begin = System.nanoTime();

	private volatile long end;

	/** Begins to call by all these clients. */
	Load(Map<String, Supplier<Greeting>> clients) {
		this.clients = clients;
		this.threads = Executors.newFixedThreadPool(clients.size() * THREADS_EACH);
		List<String> names = new ArrayList<>(clients.keySet());
		for (int i = 0; i < names.size() * THREADS_EACH; i++) {
			String name = names.get(i % names.size());
			this.threads.execute(() -> callOn(name));
		}
	}

	private void callOn(String name) {
		long next = System.nanoTime();
		while (this.end == 0) {
			try {
				call(name);
			}
			catch (RuntimeException ex) {
				this.failures.add(name + " after " + Duration.ofNanos(System.nanoTime() - this.begin) + ": " + ex);
			}
			this.calls.increment();
			next += PAUSE.toNanos();
			LockSupport.parkNanos(next - System.nanoTime());
		}
	}

	/** Calls once by one of the clients. */
	Greeting call(String name) {
		return this.clients.get(name).get();
	}

	/** How many calls there were so far. */
	long calls() {
		return this.calls.sum();
	}

	/** What failed so far, and when. */
	Queue<String> failures() {
		return this.failures;
	}

	/** How many calls there were a second until the end. */
	double rate() {
		return calls() / (Duration.ofNanos(this.end - this.begin).toMillis() / 1000.0);
	}

	/** Ends the load, and waits until no call is under way. */
	@Override
	public void close() {
		if (this.end != 0) {
			return;
		}
		this.end = System.nanoTime();
		this.threads.shutdown();
		try {
			if (!this.threads.awaitTermination(30, TimeUnit.SECONDS)) {
				throw new IllegalStateException("A call takes longer than 30 s");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
