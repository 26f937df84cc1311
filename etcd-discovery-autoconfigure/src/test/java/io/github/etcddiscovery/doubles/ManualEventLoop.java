package io.github.etcddiscovery.doubles;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;

import io.github.etcddiscovery.support.EventLoop;

/**
 * An event loop on the test's own thread and clock: nothing happens until the test lets
 * it. Tasks may come from other threads.
 */
public final class ManualEventLoop implements EventLoop {

	/** Whatever takes more does not come to an end. */
	private static final int MOST_AT_ONCE = 100_000;

	private final PriorityQueue<Task> tasks = new PriorityQueue<>(
			Comparator.comparingLong(Task::due).thenComparingLong(Task::number));

	private long now;

	private long number;

	private boolean closed;

	@Override
	public void execute(Runnable task) {
		schedule(task, Duration.ZERO);
	}

	@Override
	public synchronized void schedule(Runnable task, Duration delay) {
		this.tasks.add(new Task(this.now + Math.max(0, delay.toNanos()), this.number++, task));
	}

	@Override
	public synchronized long nanoTime() {
		return this.now;
	}

	/** Runs all that is due now. */
	public void run() {
		advance(Duration.ZERO);
	}

	/** Lets time pass, and runs all that is due by then. */
	public void advance(Duration time) {
		long until = nanoTime() + time.toNanos();
		int atOnce = 0;
		long before = -1;
		for (Task task = next(until); task != null; task = next(until)) {
			atOnce = (task.due() > before) ? 0 : atOnce + 1;
			before = Math.max(before, task.due());
			if (atOnce > MOST_AT_ONCE) {
				throw new AssertionError("Tasks go on for ever at the same time, such as " + task.action());
			}
			task.action().run();
		}
	}

	/** Goes on to the next task that is due by then, or else to that time. */
	private synchronized Task next(long until) {
		Task next = this.tasks.peek();
		if (next == null || next.due() > until) {
			this.now = until;
			return null;
		}
		this.now = Math.max(this.now, next.due());
		return this.tasks.remove();
	}

	/** Whether anything is to be run now. */
	public synchronized boolean isDue() {
		Task next = this.tasks.peek();
		return next != null && next.due() <= this.now;
	}

	public synchronized boolean isClosed() {
		return this.closed;
	}

	/** Leaves tasks to the test, which may want to see what those do that had begun. */
	@Override
	public synchronized void close() {
		this.closed = true;
	}

	private record Task(long due, long number, Runnable action) {

	}

}
