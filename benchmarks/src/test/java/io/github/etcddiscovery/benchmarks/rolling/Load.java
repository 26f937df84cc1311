package io.github.etcddiscovery.benchmarks.rolling;

import java.time.Duration;
import java.util.List;
import java.util.Map;
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

	static final int THREADS = 12;

	/** Of each thread: 600 calls a second of all together. */
	private static final Duration PAUSE = Duration.ofMillis(20);

	private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

	private final LongAdder calls = new LongAdder();

	private final ConcurrentLinkedQueue<Failure> failures = new ConcurrentLinkedQueue<>();

	private volatile long begin;

	private volatile long end;

	/**
	 * Begins to call.
	 * @param clients by name; there are no more of them than threads
	 */
	void begin(Map<String, Supplier<String>> clients) {
		this.begin = System.nanoTime();
		List<String> names = List.copyOf(clients.keySet());
		for (int i = 0; i < THREADS; i++) {
			String name = names.get(i % names.size());
			this.threads.execute(() -> callOn(name, clients.get(name)));
		}
	}

	private void callOn(String name, Supplier<String> client) {
		long next = System.nanoTime();
		while (this.end == 0) {
			long sent = System.nanoTime();
			try {
				client.get();
			}
			catch (RuntimeException ex) {
				this.failures.add(new Failure(name, sent, sinceBegin(System.nanoTime()), ex));
			}
			this.calls.increment();
			next += PAUSE.toNanos();
			LockSupport.parkNanos(next - System.nanoTime());
		}
	}

	private Duration sinceBegin(long time) {
		return Duration.ofNanos(time - this.begin);
	}

	/** How many calls there were so far. */
	long calls() {
		return this.calls.sum();
	}

	/** What failed so far. */
	List<Failure> failures() {
		return List.copyOf(this.failures);
	}

	/** In how many seconds at least one call failed. */
	long secondsWithFailures() {
		return this.failures.stream().map((failure) -> failure.at().toSeconds()).distinct().count();
	}

	/** How many calls there were a second until the end. */
	double rate() {
		return calls() / (sinceBegin(this.end).toMillis() / 1_000.0);
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

	/**
	 * A call that failed.
	 *
	 * @param client which client it was made with
	 * @param sent when it was made, in nanoseconds of the JVM's clock
	 * @param at when it failed, since the load began
	 * @param cause what it failed with
	 */
	record Failure(String client, long sent, Duration at, RuntimeException cause) {

	}

}
