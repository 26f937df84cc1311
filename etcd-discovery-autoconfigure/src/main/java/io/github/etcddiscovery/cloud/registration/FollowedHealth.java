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
 * decides alone. A check that takes longer than its timeout is a failure, and is
 * interrupted. Checks run on a thread of their own, so a check that hangs delays nothing
 * else. While five of them hang, no other is started.
 */
@Internal
public final class FollowedHealth {

	private static final Logger logger = LoggerFactory.getLogger(FollowedHealth.class);

	/** Longer than the first check may take, so that its timeout decides. */
	private static final Duration GRACE = Duration.ofSeconds(1);

	/** Each of them keeps a thread. */
	private static final int MOST_HANGING = 5;

	private static final State UNKNOWN = new State(false, "not checked yet");

	private final Settings settings;

	private final Supplier<Result> check;

	private final Supplier<EventLoop> timers;

	private final Supplier<EventLoop> checkers;

	private volatile State state = UNKNOWN;

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
	 * @param changed is called on the thread of the checks after the first check, for
	 * which the caller may not have waited long enough, and whenever the application has
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
		this.state = UNKNOWN;
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

		/** Runs the next check. A check that hangs keeps the thread that it has. */
		private EventLoop checker;

		private final CompletableFuture<Void> first = new CompletableFuture<>();

		/** Counts the checks. */
		private long started;

		/** The check up to which results are known. */
		private long finished;

		/** Whether a check runs, or none can be started. */
		private boolean busy;

		/** How many checks still run although they have timed out. */
		private int hanging;

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
				// So many checks hang that none is started.
				failed(overdue());
			}
		}

		private void check() {
			long number = ++this.started;
			this.busy = true;
			EventLoop used = this.checker;
			this.timer.schedule(() -> timedOut(number, used), FollowedHealth.this.settings.timeout());
			used.execute(() -> {
				Result result = result();
				this.timer.execute(() -> ended(number, result));
			});
		}

		/** Interrupts the check, and leaves it alone if that does not help. */
		private void timedOut(long number, EventLoop used) {
			if (number <= this.finished) {
				return;
			}
			used.close();
			this.hanging++;
			renewChecker();
			this.finished = number;
			failed(overdue());
		}

		/** A result after the timeout does not count. */
		private void ended(long number, Result result) {
			if (number <= this.finished) {
				this.hanging--;
				if (this.hanging == MOST_HANGING - 1) {
					renewChecker();
				}
				return;
			}
			this.finished = number;
			this.busy = false;
			if (result.up()) {
				succeeded(result.description());
			}
			else {
				failed(result.description());
			}
		}

		private void renewChecker() {
			if (this.hanging < MOST_HANGING) {
				this.checker = FollowedHealth.this.checkers.get();
				this.busy = false;
			}
		}

		private String overdue() {
			String none = "no result within %d ms".formatted(FollowedHealth.this.settings.timeout().toMillis());
			return (this.hanging > 1) ? none + ", and %d checks still run".formatted(this.hanging) : none;
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
			boolean first = !this.first.isDone();
			boolean before = FollowedHealth.this.state.up();
			FollowedHealth.this.state = new State(up, description);
			this.first.complete(null);
			if (!first && up == before) {
				return;
			}
			if (!up) {
				logger.warn("Health group {} is not UP ({}): until it is, this application is not advertised as UP",
						group(), description);
			}
			else if (!first) {
				logger.info("Health group {} is UP again", group());
			}
			this.changed.run();
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
