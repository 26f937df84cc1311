package io.github.etcddiscovery.support;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@link EventLoop} on a thread of its own.
 */
final class ThreadEventLoop implements EventLoop {

	private static final Logger logger = LoggerFactory.getLogger(EventLoop.class);

	private final String name;

	private final ScheduledThreadPoolExecutor executor;

	ThreadEventLoop(String name) {
		this.name = name;
		this.executor = new ScheduledThreadPoolExecutor(1, (task) -> {
			Thread thread = new Thread(task, name);
			thread.setDaemon(true);
			return thread;
		});
	}

	@Override
	public void execute(Runnable task) {
		schedule(task, Duration.ZERO);
	}

	@Override
	public void schedule(Runnable task, Duration delay) {
		try {
			this.executor.schedule(guarded(task), delay.toNanos(), TimeUnit.NANOSECONDS);
		}
		catch (RejectedExecutionException ex) {
			logger.trace("{} is closed", this.name, ex);
		}
	}

	private Runnable guarded(Runnable task) {
		return () -> {
			try {
				task.run();
			}
			catch (Throwable ex) {
				// Nobody else would ever see it, and the state machine has to go on.
				logger.error("Unexpected error on thread {}", this.name, ex);
			}
		};
	}

	@Override
	public long nanoTime() {
		return System.nanoTime();
	}

	@Override
	public void close() {
		this.executor.shutdownNow();
	}

}
