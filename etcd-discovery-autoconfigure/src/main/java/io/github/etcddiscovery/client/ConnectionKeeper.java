package io.github.etcddiscovery.client;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

import io.etcd.jetcd.Client;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.support.EventLoop;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a connection to one member of the cluster that works. It is taken into use once a
 * read through the quorum was answered, and replaced when such a read is not answered any
 * more. Calls made meanwhile are parked. A new jetcd client each time, because gRPC waits
 * longer and longer before it connects again, tens of seconds in the end, and jetcd
 * offers no way to hurry it. Unlike the other loops, the one here does block.
 */
final class ConnectionKeeper implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(ConnectionKeeper.class);

	/**
	 * How long a ping may take, and after which time without an answer the next member is
	 * tried as well. An answer takes milliseconds. From the third failure in a row on the
	 * time doubles, up to the request timeout, since networks and clusters may be slow.
	 */
	private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(1);

	/**
	 * The same for a new connection after the first one. Shorter, because each new
	 * connection through a load balancer may meet the same bad member again.
	 */
	private static final Duration RECONNECT_TIMEOUT = Duration.ofMillis(500);

	/**
	 * A call that takes longer casts suspicion on the connection, long before its
	 * deadline: an answer takes milliseconds.
	 */
	private static final Duration SUSPICIOUS = Duration.ofMillis(700);

	/** A connection that is lost sooner counts as one more failure in a row. */
	private static final Duration STEADY = Duration.ofMinutes(1);

	/** A cold JVM on a busy machine may need seconds for its first connection. */
	private static final Duration SLOW_START = Duration.ofSeconds(5);

	/** How often members are tried while there is no connection. */
	private static final Duration RETRY_INTERVAL = Duration.ofMillis(200);

	private final MemberConnector connector;

	private final EventLoop loop;

	private final Duration stay;

	private final Listener listener;

	private EtcdClientOptions options;

	private State state = State.NEW;

	/** The newest connection, lost or not. */
	private @Nullable MemberConnection current;

	/** Calls that wait for a connection. */
	private final Set<CompletableFuture<MemberConnection>> parked = new HashSet<>();

	/** Connections to members that were left, whose last calls may be under way. */
	private final Set<MemberConnection> leaving = new HashSet<>();

	private @Nullable EtcdException lastFailure;

	/** How often in a row no member has answered, or the one used was lost soon. */
	private int failures;

	/** How often no member has answered since the last connection. */
	private int failedRounds;

	/** Whether the log tells that there has been no connection yet. */
	private boolean absenceLogged;

	private long connectedAt;

	private long lostAt;

	/**
	 * Creates a keeper that connects when it is first used.
	 * @param connector connects to members
	 * @param options how to connect
	 * @param loop where members are tried
	 * @param stay after which time, give or take half, to move to a member chosen at
	 * random
	 * @param listener hears what becomes of connections
	 */
	ConnectionKeeper(MemberConnector connector, EtcdClientOptions options, EventLoop loop, Duration stay,
			Listener listener) {
		this.connector = connector;
		this.options = options;
		this.loop = loop;
		this.stay = stay;
		this.listener = listener;
	}

	/**
	 * Returns a connection that works, as far as is known. Does not block.
	 * @param action what it is needed for, for messages
	 * @return completes when there is one; fails with an {@link EtcdException} after the
	 * request timeout, or when this keeper is closed
	 */
	synchronized CompletableFuture<MemberConnection> connection(String action) {
		if (this.state == State.CLOSED) {
			return CompletableFuture.failedFuture(closedException());
		}
		if (this.state == State.HEALTHY && this.current != null) {
			return CompletableFuture.completedFuture(this.current);
		}
		if (this.state == State.NEW) {
			this.state = State.CONNECTING;
			this.lostAt = this.loop.nanoTime();
			this.loop.execute(this::connect);
		}
		return park(action);
	}

	/** Returns the member used last, {@code null} before the first connection. */
	synchronized @Nullable MemberAddress member() {
		return (this.current != null && this.current.isAtMember()) ? this.current.member() : null;
	}

	/** Whether there is a connection that may work. */
	synchronized boolean isConnected() {
		return this.state == State.HEALTHY || this.state == State.SUSPECT;
	}

	private CompletableFuture<MemberConnection> park(String action) {
		CompletableFuture<MemberConnection> call = new CompletableFuture<>();
		this.parked.add(call);
		call.orTimeout(this.options.requestTimeout().toNanos(), TimeUnit.NANOSECONDS);
		return call.whenComplete((client, error) -> {
			synchronized (this) {
				this.parked.remove(call);
			}
		}).exceptionally((error) -> {
			boolean late = EtcdException.unwrap(error) instanceof TimeoutException;
			throw late ? parkedTooLong(action) : EtcdException.from(error);
		});
	}

	/**
	 * Hears of a call that found no answer, and checks the connection, unless it has been
	 * replaced meanwhile.
	 * @param client on which the call was made
	 * @param failure how the call failed
	 */
	synchronized void failed(Client client, EtcdException failure) {
		boolean isCurrent = this.current != null && client == this.current.client();
		if (isCurrent && this.state == State.HEALTHY && failure.reason() == Reason.UNAVAILABLE) {
			this.lastFailure = failure;
			this.state = State.SUSPECT;
			this.loop.execute(this::verify);
		}
	}

	/**
	 * Makes a call, and checks the connection if there is no answer soon.
	 * @param action what it is for, for messages
	 * @param patient whether a late answer casts no suspicion, since the call is long
	 * @param operation the call
	 * @return completes with the answer; fails with an {@link EtcdException}
	 */
	<T> CompletableFuture<T> call(String action, boolean patient, Function<Client, CompletableFuture<T>> operation) {
		return connection(action).thenCompose((connection) -> {
			CompletableFuture<T> answer = connection.call(operation);
			CompletableFuture<Void> soon = new CompletableFuture<>();
			if (!patient && !answer.isDone()) {
				soon.orTimeout(SUSPICIOUS.toNanos(), TimeUnit.NANOSECONDS)
					.exceptionally((error) -> late(action, connection));
			}
			return answer.whenComplete((done, error) -> soon.complete(null)).exceptionally((error) -> {
				EtcdException failure = EtcdErrors.sort(action, error);
				if (!patient) {
					failed(connection.client(), failure);
				}
				throw failure;
			});
		});
	}

	private @Nullable Void late(String action, MemberConnection connection) {
		failed(connection.client(), new EtcdException(Reason.UNAVAILABLE,
				"%s had no answer after %d ms".formatted(action, SUSPICIOUS.toMillis()), null));
		return null;
	}

	private synchronized EtcdException parkedTooLong(String action) {
		String cause = (this.lastFailure != null) ? String.valueOf(this.lastFailure.getMessage())
				: "%s has not answered within %d ms".formatted(this.options.describeEndpoints(),
						this.options.requestTimeout().toMillis());
		// Another call may have found out why before: its words are not to be wrapped.
		int known = cause.indexOf(EtcdErrors.NO_CONNECTION);
		return new EtcdException(Reason.UNAVAILABLE,
				"%s failed: %s".formatted(action,
						(known >= 0) ? cause.substring(known) : EtcdErrors.NO_CONNECTION + cause + ")"),
				this.lastFailure);
	}

	/**
	 * Connects otherwise from now on. Blocks until a new connection has proven itself;
	 * only then the old one is given up, and with it all watches end.
	 * @param changed how to connect
	 * @throws EtcdException if no member can be used; the old connection stays
	 */
	void reconnect(EtcdClientOptions changed) {
		MemberConnection fresh = this.connector.connect(changed, null, changed.requestTimeout(), false);
		EtcdException refusal = fresh.refusal();
		if (refusal != null) {
			fresh.close();
			throw refusal;
		}
		MemberConnection unwanted = fresh;
		synchronized (this) {
			if (this.state != State.CLOSED) {
				this.options = changed;
				if (this.state == State.CONNECTING && this.current != null) {
					this.loop.execute(this.listener::restored);
				}
				unwanted = use(fresh);
				logger.info("Connected to etcd at {} from now on", changed.describeEndpoints());
			}
		}
		if (unwanted != null) {
			unwanted.close();
		}
	}

	private void verify() {
		MemberConnection suspect;
		Duration answerTimeout;
		synchronized (this) {
			suspect = this.current;
			answerTimeout = increased(ANSWER_TIMEOUT, isSteady() ? 0 : this.failures - 1);
		}
		EtcdException failure = null;
		try {
			failure = (suspect != null) ? suspect.check(answerTimeout) : null;
		}
		catch (Throwable ex) {
			failure = unexpected(ex);
		}
		EtcdException cause;
		synchronized (this) {
			if (this.state != State.SUSPECT) {
				return;
			}
			if (suspect == null || failure == null || suspect != this.current) {
				this.state = State.HEALTHY;
				this.lastFailure = null;
				release();
				// gRPC may have connected again by itself.
				this.loop.execute(this.listener::restored);
				return;
			}
			this.state = State.CONNECTING;
			this.lostAt = this.loop.nanoTime();
			this.failures = isSteady() ? 0 : this.failures + 1;
			cause = (this.lastFailure != null) ? this.lastFailure : failure;
			logger.warn("No connection to etcd at {}: {}", suspect.member(), cause.getMessage());
			this.loop.execute(this::connect);
		}
		suspect.fail(new EtcdException(Reason.UNAVAILABLE,
				"The connection to etcd at %s was given up: %s".formatted(suspect.member(), cause.getMessage()),
				cause));
		this.listener.lost(suspect.client(), cause);
	}

	private boolean isSteady() {
		return this.loop.nanoTime() - this.connectedAt >= STEADY.toNanos();
	}

	private Duration increased(Duration first, int doublings) {
		Duration longest = this.options.requestTimeout();
		Duration timeout = first.multipliedBy(1L << Math.min(Math.max(0, doublings), 10));
		return (timeout.compareTo(longest) < 0) ? timeout : longest;
	}

	/** Tries all members once, and again later if none works. */
	private void connect() {
		EtcdClientOptions connection;
		MemberAddress last;
		Duration answerTimeout;
		boolean firstTry;
		synchronized (this) {
			if (this.state != State.CONNECTING) {
				return;
			}
			connection = this.options;
			last = (this.current != null) ? this.current.member() : null;
			answerTimeout = (last != null) ? increased(RECONNECT_TIMEOUT, this.failedRounds)
					: increased(ANSWER_TIMEOUT, this.failures - 1);
			firstTry = this.failures == 0;
		}
		MemberConnection unwanted = null;
		try {
			unwanted = connected(this.connector.connect(connection, last, answerTimeout, firstTry), connection);
		}
		catch (EtcdException ex) {
			notConnected(ex);
		}
		catch (Throwable ex) {
			notConnected(unexpected(ex));
		}
		if (unwanted != null) {
			unwanted.close();
		}
	}

	/** Takes a connection into use, or not, and returns the one to close. */
	private synchronized @Nullable MemberConnection connected(MemberConnection fresh, EtcdClientOptions madeWith) {
		if (this.state != State.CONNECTING || madeWith != this.options) {
			if (this.state == State.CONNECTING) {
				this.loop.execute(this::connect);
			}
			return fresh;
		}
		if (this.current == null && !this.absenceLogged) {
			logger.debug("Connected to etcd at {}", fresh.member());
		}
		else {
			Duration lost = Duration.ofNanos(this.loop.nanoTime() - this.lostAt);
			logger.info("Connected to etcd at {} after {} ms without a connection", fresh.member(), lost.toMillis());
		}
		if (this.current != null) {
			this.loop.execute(this.listener::restored);
		}
		return use(fresh);
	}

	private @Nullable MemberConnection use(MemberConnection fresh) {
		MemberConnection old = this.current;
		this.current = fresh;
		this.state = State.HEALTHY;
		this.lastFailure = null;
		this.failedRounds = 0;
		this.connectedAt = this.loop.nanoTime();
		release();
		moveLater(fresh);
		return old;
	}

	private void notConnected(EtcdException failure) {
		List<CompletableFuture<MemberConnection>> hopeless = List.of();
		synchronized (this) {
			if (this.state != State.CONNECTING) {
				return;
			}
			this.lastFailure = failure;
			this.failures++;
			this.failedRounds++;
			if (failure.reason() != Reason.UNAVAILABLE) {
				hopeless = List.copyOf(this.parked);
			}
			else if (this.current == null && !this.absenceLogged
					&& this.loop.nanoTime() - this.lostAt >= SLOW_START.toNanos()) {
				this.absenceLogged = true;
				logger.warn("No connection to etcd at {}: {}", this.options.describeEndpoints(), failure.getMessage());
			}
			this.loop.schedule(this::connect, RETRY_INTERVAL);
		}
		hopeless.forEach((call) -> call.completeExceptionally(failure));
	}

	private static EtcdException unexpected(Throwable error) {
		logger.error("Unexpected error while connecting to etcd", error);
		return new EtcdException(Reason.UNAVAILABLE, "Unexpected error: " + error, error);
	}

	/** Otherwise the members that were restarted last would get no clients. */
	private void moveLater(MemberConnection connection) {
		double chance = 0.5 + ThreadLocalRandom.current().nextDouble();
		this.loop.schedule(() -> move(connection), Duration.ofNanos((long) (this.stay.toNanos() * chance)));
	}

	private void move(MemberConnection used) {
		EtcdClientOptions connection;
		synchronized (this) {
			if (used != this.current || this.state == State.CLOSED) {
				return;
			}
			connection = this.options;
		}
		MemberConnection fresh = null;
		try {
			fresh = this.connector.move(connection, used.member(), ANSWER_TIMEOUT);
		}
		catch (Throwable ex) {
			logger.debug("Staying with etcd at {}", used.member(), ex);
		}
		MemberConnection unwanted = fresh;
		synchronized (this) {
			if (used == this.current && this.state == State.HEALTHY && fresh != null && fresh.refusal() == null
					&& connection == this.options) {
				logger.debug("Moving from etcd at {} to {}", used.member(), fresh.member());
				unwanted = use(fresh);
			}
			else if (used == this.current) {
				moveLater(used);
			}
		}
		if (unwanted == used) {
			synchronized (this) {
				this.leaving.add(used);
			}
			this.listener.moved(used.client());
			// Calls under way end before it. A watch may just have been opened there.
			this.loop.schedule(() -> {
				this.listener.moved(used.client());
				leave(used);
			}, used.longestCall());
		}
		else if (unwanted != null) {
			unwanted.close();
		}
	}

	private void leave(MemberConnection used) {
		used.close();
		synchronized (this) {
			this.leaving.remove(used);
		}
	}

	/** Parked calls run on, but not while this thread holds the lock. */
	private void release() {
		MemberConnection working = this.current;
		List<CompletableFuture<MemberConnection>> waiting = List.copyOf(this.parked);
		if (working != null && !waiting.isEmpty()) {
			this.loop.execute(() -> waiting.forEach((call) -> call.complete(working)));
		}
	}

	@Override
	public void close() {
		MemberConnection last;
		List<MemberConnection> left;
		List<CompletableFuture<MemberConnection>> waiting;
		synchronized (this) {
			last = this.current;
			this.current = null;
			left = List.copyOf(this.leaving);
			waiting = List.copyOf(this.parked);
			this.state = State.CLOSED;
		}
		waiting.forEach((call) -> call.completeExceptionally(closedException()));
		if (last != null) {
			last.close();
		}
		left.forEach(MemberConnection::close);
	}

	private EtcdException closedException() {
		return new EtcdException(Reason.FATAL,
				"The client for etcd at " + this.options.describeEndpoints() + " is closed", null);
	}

	private enum State {

		/** No connection was needed yet. */
		NEW,

		/** There is no connection; members are being tried. */
		CONNECTING,

		/** Calls are answered, as far as is known. */
		HEALTHY,

		/** A call was not answered; the connection is being verified, and calls wait. */
		SUSPECT,

		/** Closed for good. */
		CLOSED

	}

	/**
	 * Hears what becomes of connections. Called on the loop.
	 */
	interface Listener {

		/** A connection is given up. */
		void lost(Client client, EtcdException cause);

		/** A connection that was lost or suspected works again. */
		void restored();

		/** Another member is used from now on; the client works a while longer. */
		void moved(Client client);

	}

}
