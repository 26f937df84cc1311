package io.github.etcddiscovery.integration;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import io.github.etcddiscovery.support.EventLoop;

/**
 * A loop whose tasks are run, in the order in which they came, by whichever thread says
 * so, and whose time passes when it is told to. Only one thread at a time may run them.
 */
public final class QueuedEventLoop implements EventLoop {

	private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();

	private final Queue<Runnable> later = new ConcurrentLinkedQueue<>();

	@Override
	public void execute(Runnable task) {
		this.tasks.add(task);
	}

	@Override
	public void schedule(Runnable task, Duration delay) {
		this.later.add(task);
	}

	@Override
	public long nanoTime() {
		return 0;
	}

	/** What was to happen later is to happen now. */
	public void letTimePass() {
		for (Runnable task = this.later.poll(); task != null; task = this.later.poll()) {
			execute(task);
		}
	}

	/** Runs one task, and says whether there was one. */
	public boolean runNext() {
		Runnable task = this.tasks.poll();
		if (task != null) {
			task.run();
		}
		return task != null;
	}

	/** Runs all tasks there are, and those that come of them. */
	public void runAll() {
		while (runNext()) {
			// There is more.
		}
	}

	/** What is pending then is left to the test. */
	@Override
	public void close() {
	}

}
