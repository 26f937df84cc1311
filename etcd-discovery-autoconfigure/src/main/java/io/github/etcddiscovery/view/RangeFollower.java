package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.instance.KeyRange;
import io.github.etcddiscovery.support.EventLoop;
import io.github.etcddiscovery.support.LimitedLog;
import io.github.etcddiscovery.support.OpenOperation;
import io.github.etcddiscovery.support.Telemetry;
import io.github.etcddiscovery.support.Telemetry.Kind;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Follows one range: what its reflector finds goes to its writer, and how it fares can be
 * asked from any thread.
 */
final class RangeFollower implements Reflector.Listener {

	private static final Logger logger = LoggerFactory.getLogger(ServiceView.class);

	/** Reading a hundred thousand entries takes etcd a second. */
	private static final Duration FILL_PAUSE = Duration.ofSeconds(10);

	/**
	 * A watch that ends is open again within a second or so, unless there is no
	 * connection, which the client logs.
	 */
	private static final Duration LOG_DELAY = Duration.ofSeconds(5);

	/** So many interruptions, each soon after the last, have a common cause. */
	private static final int FREQUENT = 5;

	private static final Duration FREQUENCY = Duration.ofMinutes(1);

	private final EtcdClient client;

	private final KeyRange range;

	/** The prefix and the cluster, for log lines. */
	private final String name;

	private final EventLoop loop;

	private final RangeWriter<?> writer;

	private final WatchingTime time;

	private final Publisher publisher;

	private final Telemetry telemetry;

	private final LimitedLog log;

	private final OpenOperation resync;

	private final Reflector reflector;

	private final CompletableFuture<Void> firstOutcome = new CompletableFuture<>();

	private volatile @Nullable EtcdException lastFailure;

	private volatile @Nullable Long interruptedAt;

	private volatile long events;

	/** How many pages of listings have arrived. */
	private volatile long pages;

	private volatile long resyncs;

	private long epoch;

	private long revision;

	private boolean expiryScheduled;

	private boolean filling;

	private long lastInterruption;

	/** How many interruptions in a row began soon after the last. */
	private int frequent;

	/** Whether the log tells that this view is not current. */
	private boolean interruptionLogged;

	RangeFollower(EtcdClient client, KeyRange range, String name, EventLoop loop, RangeWriter<?> writer,
			WatchingTime time, Publisher publisher, Telemetry telemetry, RandomGenerator random, LimitedLog log) {
		this.client = client;
		this.range = range;
		this.name = name;
		this.loop = loop;
		this.writer = writer;
		this.time = time;
		this.publisher = publisher;
		this.telemetry = telemetry;
		this.resync = new OpenOperation(telemetry, range.prefix());
		this.log = log;
		this.reflector = new Reflector(client, range.prefix(), name, loop, writer, this, random, log);
	}

	void start() {
		this.reflector.start();
	}

	void close() {
		this.reflector.close();
		this.resync.close(new CancellationException("The view of " + this.name + " is closed"));
	}

	ViewState state() {
		return this.reflector.state();
	}

	KeyRange range() {
		return this.range;
	}

	/**
	 * Waits until the range has been read once.
	 * @return whether it has; otherwise pages have arrived meanwhile
	 * @throws ExecutionException if that is refused
	 * @throws TimeoutException if nothing has arrived meanwhile
	 */
	boolean awaitFirstOutcome(long nanos) throws InterruptedException, ExecutionException, TimeoutException {
		long before = this.pages;
		try {
			this.firstOutcome.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
			return true;
		}
		catch (TimeoutException ex) {
			if (this.pages == before) {
				throw ex;
			}
			return false;
		}
	}

	/** How many keys were found to have been missed. */
	long drifts() {
		return this.reflector.drifts();
	}

	/** Why it is not current, {@code null} if it is. */
	@Nullable EtcdException lastFailure() {
		return this.lastFailure;
	}

	/** For how long changes may have gone unseen. */
	Duration staleness() {
		Long since = this.interruptedAt;
		return (since != null) ? Duration.ofNanos(this.loop.nanoTime() - since) : Duration.ZERO;
	}

	/** What is held and was done. */
	ViewStatistics statistics() {
		return new ViewStatistics(this.writer.instances(), this.writer.rejections().size(),
				this.writer.withoutLease().size(), this.events, this.resyncs);
	}

	/** The keys of instances without a lease. */
	Set<String> withoutLease() {
		return this.writer.withoutLease();
	}

	/** Why entries cannot be read, by key. */
	Map<String, String> rejections() {
		return this.writer.rejections();
	}

	@Override
	public void listing() {
		if (this.epoch > 0) {
			this.resync.begin(Kind.RESYNC);
		}
	}

	@Override
	public void pageStored() {
		this.pages = this.pages + 1;
	}

	@Override
	public void listed(long revision, boolean newHistory) {
		boolean first = this.epoch == 0;
		this.resyncs = first ? 0 : this.resyncs + 1;
		if (newHistory || first) {
			this.epoch++;
		}
		if (first) {
			this.writer.dropRestored();
		}
		publish(revision, newHistory);
		this.resync.end(null);
		if (first) {
			logger.info("Found {} entries under {} in etcd at {}", this.writer.keys().size(), this.name,
					this.client.describe());
		}
		this.firstOutcome.complete(null);
	}

	@Override
	public void changed(long revision, long changes) {
		this.events = this.events + changes;
		publish(revision, false);
	}

	private void publish(long revision, boolean newHistory) {
		this.revision = revision;
		this.writer.settle(newHistory);
		this.publisher.publish(this.epoch, revision);
		this.telemetry.seen(this.range.prefix(), revision, this.loop.nanoTime());
		scheduleExpiry();
	}

	/** Those that vanished first are let go of first, so one timer does for all. */
	private void scheduleExpiry() {
		Duration wait = this.writer.untilNextExpiry();
		if (!this.expiryScheduled && !wait.isZero() && this.interruptedAt == null) {
			this.expiryScheduled = true;
			this.loop.schedule(this::expire, wait);
		}
	}

	private void expire() {
		this.expiryScheduled = false;
		this.writer.expire();
		this.publisher.publish(this.epoch, this.revision);
		scheduleExpiry();
	}

	/**
	 * Lists the range again after a pause, if an entry that was rejected because of the
	 * quota fits now. Instances of another range may have left.
	 */
	void readWaiting() {
		if (!this.filling && this.writer.hasWaitingThatFit()) {
			this.filling = true;
			this.loop.schedule(() -> {
				this.filling = false;
				if (this.writer.hasWaitingThatFit()) {
					this.writer.fillNext();
					this.reflector.readAgain();
				}
			}, FILL_PAUSE);
		}
	}

	@Override
	public void current() {
		Duration stale = staleness();
		this.time.goOn();
		this.interruptedAt = null;
		this.lastFailure = null;
		if (this.interruptionLogged) {
			this.interruptionLogged = false;
			logger.info("The view of {} is current again after {} ms", this.name, stale.toMillis());
		}
		scheduleExpiry();
		readWaiting();
	}

	@Override
	public void interrupted(EtcdException cause) {
		this.time.stop();
		EtcdException before = this.lastFailure;
		this.resync.end(cause);
		this.lastFailure = cause;
		if (this.interruptedAt == null) {
			long at = this.loop.nanoTime();
			this.frequent = (at - this.lastInterruption < FREQUENCY.toNanos()) ? this.frequent + 1 : 1;
			this.lastInterruption = at;
			this.interruptedAt = at;
			this.loop.schedule(() -> logIfLasting(at), LOG_DELAY);
			if (this.frequent >= FREQUENT && this.client.isConnected()) {
				logInterruption(cause);
			}
		}
		if (cause.reason() != Reason.UNAVAILABLE && (before == null || before.reason() != cause.reason())) {
			logInterruption(cause);
		}
		if (cause.reason().isRefusal()) {
			this.firstOutcome.completeExceptionally(cause);
		}
	}

	/** Logs an interruption, if etcd itself is not away, which the client logs. */
	private void logIfLasting(long interruption) {
		Long since = this.interruptedAt;
		EtcdException cause = this.lastFailure;
		if (since == null || since != interruption || cause == null || this.interruptionLogged) {
			return;
		}
		if (this.client.isConnected()) {
			logInterruption(cause);
		}
		this.loop.schedule(() -> logIfLasting(interruption), LOG_DELAY);
	}

	private void logInterruption(EtcdException cause) {
		this.interruptionLogged |= this.log.log(Level.WARN, "view of " + this.name, cause.reason().name(),
				() -> "The view of %s is not current: %s".formatted(this.name, cause.getMessage()));
	}

	/**
	 * Makes what the writer holds visible.
	 */
	@FunctionalInterface
	interface Publisher {

		void publish(long epoch, long revision);

	}

}
