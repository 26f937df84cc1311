package io.github.etcddiscovery.cloud.registration;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.support.EventLoop;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks the health of this application periodically. Several failures in a row make it
 * unhealthy, and several successes in a row make it healthy again. The first check
 * decides alone. A check that takes longer than its timeout is a failure. Checks run one
 * at a time on a thread of their own, so a check that hangs delays nothing else.
 */
@Internal
public final class FollowedHealth {

	private static final Logger logger = LoggerFactory.getLogger(FollowedHealth.class);

	/** Longer than the first check may take, so that its timeout decides. */
	private static final Duration GRACE = Duration.ofSeconds(1);

	private final Settings settings;

	private final Supplier<Result> check;

	private final Supplier<EventLoop> timers;

	private final Supplier<EventLoop> checkers;

	private volatile State state = new State(false, "not checked yet");

	/** The checks under way, {@code null} if there are none. Guarded by {@code this}. */
	private @Nullable Run run;

	/**
	 * Creates the checks. Starts nothing.
	 * @param settings when to check
	 * @param check determines the health; may block and throw
	 */
	public FollowedHealth(Settings settings, Supplier<Result> check) {
		this(settings, check, () -> EventLoop.onThread("etcd-health"), () -> EventLoop.onThread("etcd-health-check"));
	}

	FollowedHealth(Settings settings, Supplier<Result> check, Supplier<EventLoop> timers,
			Supplier<EventLoop> checkers) {
		this.settings = settings;
		this.check = check;
		this.timers = timers;
		this.checkers = checkers;
	}

	/**
	 * Returns the health group.
	 * @return its name
	 */
	public String group() {
		return this.settings.group();
	}

	/**
	 * Returns the state after the last check.
	 * @return the state
	 */
	public State state() {
		return this.state;
	}

	/**
	 * Begins the checks, and waits for the first one, at most for its timeout.
	 * @param changed is called on the thread of the checks whenever the application has
	 * become healthy or unhealthy
	 */
	void start(Runnable changed) {
		CompletableFuture<Void> first = begin(changed);
		try {
			first.get(this.settings.timeout().plus(GRACE).toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (TimeoutException | ExecutionException ex) {
			logger.debug("The first check has no result", ex);
		}
	}

	/** Begins the checks. Completes after the first one. */
	synchronized CompletableFuture<Void> begin(Runnable changed) {
		stop();
		this.run = new Run(changed, this.timers.get(), this.checkers.get());
		return this.run.begin();
	}

	/** Ends the checks. The state remains. */
	synchronized void stop() {
		if (this.run != null) {
			this.run.end();
			this.run = null;
		}
	}

	/**
	 * The checks between start and stop. Its state belongs to the timer's thread.
	 */
	private final class Run {

		private final Runnable changed;

		private final EventLoop timer;

		private final EventLoop checker;

		private final CompletableFuture<Void> first = new CompletableFuture<>();

		/** Counts the checks. */
		private long started;

		/** The check up to which results are known. */
		private long finished;

		private boolean busy;

		private int successes;

		private int failures;

		Run(Runnable changed, EventLoop timer, EventLoop checker) {
			this.changed = changed;
			this.timer = timer;
			this.checker = checker;
		}

		CompletableFuture<Void> begin() {
			this.timer.execute(this::tick);
			return this.first;
		}

		void end() {
			this.timer.close();
			this.checker.close();
		}

		private void tick() {
			this.timer.schedule(this::tick, FollowedHealth.this.settings.interval());
			if (!this.busy) {
				check();
			}
			else if (this.finished == this.started) {
				// The check that has timed out is still running.
				failed(overdue());
			}
		}

		private void check() {
			long number = ++this.started;
			this.busy = true;
			this.timer.schedule(() -> finish(number, new Result(false, overdue())),
					FollowedHealth.this.settings.timeout());
			this.checker.execute(() -> {
				Result result = result();
				this.timer.execute(() -> {
					this.busy = false;
					finish(number, result);
				});
			});
		}

		private String overdue() {
			return "no result within %d ms".formatted(FollowedHealth.this.settings.timeout().toMillis());
		}

		/** Errors too: a check that never ends would keep the state of the last one. */
		private Result result() {
			try {
				return FollowedHealth.this.check.get();
			}
			catch (Throwable ex) {
				logger.debug("The health check failed", ex);
				return new Result(false, "the check failed with " + ex.getClass().getName());
			}
		}

		/** A result after the timeout does not count. */
		private void finish(long number, Result result) {
			if (number <= this.finished) {
				return;
			}
			this.finished = number;
			if (result.up()) {
				succeeded(result.description());
			}
			else {
				failed(result.description());
			}
		}

		private void succeeded(String description) {
			this.failures = 0;
			this.successes++;
			if (!this.first.isDone() || this.successes >= FollowedHealth.this.settings.successes()) {
				become(true, description);
			}
		}

		private void failed(String description) {
			this.successes = 0;
			this.failures++;
			if (!this.first.isDone() || this.failures >= FollowedHealth.this.settings.failures()) {
				become(false, description);
			}
		}

		private void become(boolean up, String description) {
			boolean before = FollowedHealth.this.state.up();
			FollowedHealth.this.state = new State(up, description);
			if (!this.first.isDone()) {
				this.first.complete(null);
				if (!up) {
					warn(description);
				}
			}
			else if (up != before) {
				if (up) {
					logger.info("Health group {} is UP again: this application is advertised as UP", group());
				}
				else {
					warn(description);
				}
				this.changed.run();
			}
		}

		private void warn(String description) {
			logger.warn("Health group {} is not UP ({}): this application is advertised as OUT_OF_SERVICE", group(),
					description);
		}

	}

	/**
	 * When to check.
	 *
	 * @param group the name of the health group
	 * @param interval the time between the beginnings of two checks
	 * @param timeout how long a check may take
	 * @param failures how many failures in a row make the application unhealthy
	 * @param successes how many successes in a row make it healthy again
	 */
	public record Settings(String group, Duration interval, Duration timeout, int failures, int successes) {

	}

	/**
	 * The result of a check.
	 *
	 * @param up whether the application is healthy
	 * @param description the statuses, for messages; without details, which may contain
	 * secrets
	 */
	public record Result(boolean up, String description) {

	}

	/**
	 * The state after a check.
	 *
	 * @param up whether the application is advertised as {@code UP}, as far as its health
	 * is concerned
	 * @param description the result of the check that decided this
	 */
	public record State(boolean up, String description) {

	}

	/**
	 * Creates health checks.
	 */
	@FunctionalInterface
	public interface Checks {

		/**
		 * Creates the check of a health group.
		 * @param group the name of the group
		 * @param withReadiness whether the readiness of the application counts; otherwise
		 * the registration follows it by itself
		 * @return the check; may block and throw
		 * @throws io.github.etcddiscovery.instance.InvalidValueException if there is no
		 * such group
		 */
		Supplier<Result> of(String group, boolean withReadiness);

	}

}
