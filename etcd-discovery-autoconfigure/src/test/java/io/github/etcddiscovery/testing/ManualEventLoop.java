package io.github.etcddiscovery.testing;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;

import io.github.etcddiscovery.support.EventLoop;

/**
 * An event loop on the test's own thread and clock: nothing happens until the test lets
 * it.
 */
public final class ManualEventLoop implements EventLoop {

	/** Whatever takes more does not come to an end. */
	private static final int MOST_AT_ONCE = 100_000;

	private final PriorityQueue<Task> tasks = new PriorityQueue<>(
			Comparator.comparingLong(Task::due).thenComparingLong(Task::number));

	private long now;

	private long number;

	@Override
	public void execute(Runnable task) {
		schedule(task, Duration.ZERO);
	}

	@Override
	public void schedule(Runnable task, Duration delay) {
		this.tasks.add(new Task(this.now + Math.max(0, delay.toNanos()), this.number++, task));
	}

	@Override
	public long nanoTime() {
		return this.now;
	}

	/** Runs all that is due now. */
	public void run() {
		advance(Duration.ZERO);
	}

	/** Lets time pass, and runs all that is due by then. */
	public void advance(Duration time) {
		long until = this.now + time.toNanos();
		int atOnce = 0;
		for (Task task = this.tasks.peek(); task != null && task.due() <= until; task = this.tasks.peek()) {
			this.tasks.remove();
			atOnce = (task.due() > this.now) ? 0 : atOnce + 1;
			if (atOnce > MOST_AT_ONCE) {
				throw new AssertionError("Tasks go on for ever at the same time, such as " + task.action());
			}
			this.now = Math.max(this.now, task.due());
			task.action().run();
		}
		this.now = until;
	}

	/** Leaves tasks to the test, which may want to see what those do that had begun. */
	@Override
	public void close() {
	}

	private record Task(long due, long number, Runnable action) {

	}

}
