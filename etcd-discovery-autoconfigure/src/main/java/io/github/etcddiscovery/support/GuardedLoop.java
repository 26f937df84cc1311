package io.github.etcddiscovery.support;

import java.time.Duration;
import java.util.function.Consumer;

import io.github.etcddiscovery.Internal;

/**
 * The loop of a state machine that goes on whatever one of its steps throws, an
 * {@link Error} included: the machine hears of it, and starts over.
 */
@Internal
public final class GuardedLoop implements EventLoop {

	private final EventLoop loop;

	private final Consumer<Throwable> failed;

	/**
	 * Creates a loop.
	 * @param loop runs the steps
	 * @param failed hears what a step has thrown, on the loop
	 */
	public GuardedLoop(EventLoop loop, Consumer<Throwable> failed) {
		this.loop = loop;
		this.failed = failed;
	}

	private Runnable guarded(Runnable task) {
		return () -> {
			try {
				task.run();
			}
			catch (Throwable ex) {
				this.failed.accept(ex);
			}
		};
	}

	@Override
	public void execute(Runnable task) {
		this.loop.execute(guarded(task));
	}

	@Override
	public void schedule(Runnable task, Duration delay) {
		this.loop.schedule(guarded(task), delay);
	}

	@Override
	public long nanoTime() {
		return this.loop.nanoTime();
	}

	@Override
	public void close() {
		this.loop.close();
	}

}
