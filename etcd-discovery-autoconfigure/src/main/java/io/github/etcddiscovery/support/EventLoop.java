package io.github.etcddiscovery.support;

import java.time.Duration;

import io.github.etcddiscovery.Internal;

/**
 * The one thread that owns a state machine. Whatever happens to the machine is a task on
 * its loop, so its state needs no lock. Tasks must not block. Tests bring a loop with a
 * clock of their own.
 */
@Internal
public interface EventLoop extends AutoCloseable {

	/**
	 * Runs a task after those already handed over. Does nothing once the loop is closed.
	 * @param task the task; an exception it throws is logged and ends nothing
	 */
	void execute(Runnable task);

	/**
	 * Runs a task later. Does nothing once the loop is closed.
	 * @param task the task; an exception it throws is logged and ends nothing
	 * @param delay when
	 */
	void schedule(Runnable task, Duration delay);

	/**
	 * Returns the time on a clock that only goes forward and that nobody can set.
	 * @return nanoseconds since an arbitrary moment
	 */
	long nanoTime();

	/**
	 * Drops all tasks that have not begun. Does not wait. May be called more than once.
	 */
	@Override
	void close();

	/**
	 * Creates a loop on a daemon thread, which starts with the first task.
	 * @param threadName the thread's name
	 * @return the loop
	 */
	static EventLoop onThread(String threadName) {
		return new ThreadEventLoop(threadName);
	}

}
