package io.github.etcddiscovery.client;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.options.GetOption;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.support.EventLoop;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a jetcd client that works. After a long outage gRPC waits longer and longer
 * before it tries to connect again, tens of seconds in the end, and jetcd offers no way
 * to hurry it. So when the connection is lost, this class looks for a listening endpoint
 * itself and then replaces the client. Calls made meanwhile are parked until there is
 * one. Unlike the other loops, the one here does block, for it has nothing else to do.
 */
final class ConnectionKeeper implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(ConnectionKeeper.class);

	/**
	 * How long a suspect connection has to prove itself; an answer takes milliseconds.
	 */
	private static final Duration VERIFY_TIMEOUT = Duration.ofMillis(500);

	/** How often endpoints are tried while there is no connection. */
	private static final Duration PROBE_INTERVAL = Duration.ofMillis(200);

	/** As {@link EtcdErrors} says it. */
	private static final String NO_CONNECTION = "no connection (";

	/** Any key will do: being denied is an answer too. */
	private static final ByteSequence PING_KEY = JetcdClientFactory.bytes("/");

	private final EventLoop loop;

	/** Is told of a client when its connection is given up. */
	private final BiConsumer<Client, EtcdException> onLost;

	private final Runnable onRestored;

	private JetcdClientFactory factory;

	private EtcdClientOptions options;

	private State state = State.NEW;

	private @Nullable Client current;

	/** Calls that wait for a connection. */
	private final Set<CompletableFuture<Client>> parked = new HashSet<>();

	private @Nullable EtcdException lastFailure;

	private long lostSince;

	ConnectionKeeper(JetcdClientFactory factory, EtcdClientOptions options, EventLoop loop,
			BiConsumer<Client, EtcdException> onLost, Runnable onRestored) {
		this.factory = factory;
		this.options = options;
		this.loop = loop;
		this.onLost = onLost;
		this.onRestored = onRestored;
	}

	/**
	 * Returns a working client, as far as is known. Does not block, but for creating the
	 * first one, which loads some thousand classes.
	 * @param action what it is needed for, for messages
	 * @return completes when there is one; fails with an {@link EtcdException} after the
	 * request timeout, or when this keeper is closed
	 */
	synchronized CompletableFuture<Client> client(String action) {
		if (this.state == State.CLOSED) {
			return CompletableFuture.failedFuture(closedException());
		}
		if (this.state == State.LOST || this.state == State.SUSPECT) {
			return park(action);
		}
		if (this.current == null) {
			try {
				this.current = this.factory.create();
				this.state = State.HEALTHY;
			}
			catch (RuntimeException ex) {
				return CompletableFuture.failedFuture(notBuilt(ex));
			}
		}
		return CompletableFuture.completedFuture(this.current);
	}

	private CompletableFuture<Client> park(String action) {
		CompletableFuture<Client> call = new CompletableFuture<>();
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
	 * Hears of a call that found no answer, and checks the connection; but not for one
	 * that has been replaced meanwhile.
	 * @param client on which the call was made
	 * @param failure how the call failed
	 */
	synchronized void failed(Client client, EtcdException failure) {
		if (client == this.current && this.state == State.HEALTHY && failure.reason() == Reason.UNAVAILABLE) {
			this.lastFailure = failure;
			this.state = State.SUSPECT;
			this.loop.execute(this::verify);
		}
	}

	private synchronized EtcdException parkedTooLong(String action) {
		String cause = (this.lastFailure != null) ? String.valueOf(this.lastFailure.getMessage())
				: this.options.describeEndpoints();
		// Another call may have found out why before: its words are not to be wrapped.
		int known = cause.indexOf(NO_CONNECTION);
		return new EtcdException(Reason.UNAVAILABLE,
				"%s failed: %s".formatted(action, (known >= 0) ? cause.substring(known) : NO_CONNECTION + cause + ")"),
				this.lastFailure);
	}

	/**
	 * Connects otherwise from now on. Blocks until the new connection has proven itself;
	 * only then the old one is given up, and with it all watches end.
	 * @param changedFactory builds clients
	 * @param changedOptions how to connect
	 * @throws EtcdException if the new connection cannot be used; the old one stays
	 */
	void reconnect(JetcdClientFactory changedFactory, EtcdClientOptions changedOptions) {
		EtcdException failure = EndpointProbe.findListening(changedOptions.endpoints());
		Client fresh = null;
		if (failure == null) {
			try {
				fresh = changedFactory.create();
				// At its deadline the call says why there was no answer.
				failure = ask(fresh, changedOptions.requestTimeout().plus(JetcdEtcdClient.DEADLINE_MARGIN));
			}
			catch (RuntimeException ex) {
				failure = notBuilt(ex);
			}
		}
		boolean works = failure == null || failure.reason() == Reason.PERMISSION_DENIED;
		Client unwanted = works ? use(fresh, changedFactory, changedOptions) : fresh;
		if (unwanted != null) {
			unwanted.close();
		}
		if (failure != null && !works) {
			throw failure;
		}
	}

	/** Takes a client that works into use, and returns the one to close. */
	private synchronized @Nullable Client use(@Nullable Client fresh, JetcdClientFactory changedFactory,
			EtcdClientOptions changedOptions) {
		if (fresh == null || this.state == State.CLOSED) {
			return fresh;
		}
		this.factory = changedFactory;
		this.options = changedOptions;
		if (this.state == State.LOST) {
			return settle(changedFactory, fresh, null);
		}
		Client old = this.current;
		this.current = fresh;
		this.state = State.HEALTHY;
		release();
		logger.info("Connected to etcd at {} from now on", changedOptions.describeEndpoints());
		return old;
	}

	private static EtcdException notBuilt(RuntimeException cause) {
		return (cause instanceof EtcdException failure) ? failure
				: new EtcdException(Reason.FATAL, "The client cannot be built: " + cause, cause);
	}

	private void verify() {
		Client suspect;
		synchronized (this) {
			suspect = this.current;
		}
		EtcdException failure = (suspect != null) ? ping(suspect, VERIFY_TIMEOUT) : null;
		EtcdException cause;
		synchronized (this) {
			if (this.state != State.SUSPECT) {
				return;
			}
			if (suspect == null || failure == null || suspect != this.current) {
				this.state = State.HEALTHY;
				release();
				return;
			}
			this.state = State.LOST;
			this.lostSince = System.nanoTime();
			cause = (this.lastFailure != null) ? this.lastFailure : failure;
			logger.warn("No connection to etcd at {}: {}", this.options.describeEndpoints(), cause.getMessage());
			this.loop.execute(this::probe);
		}
		this.onLost.accept(suspect, cause);
	}

	private void probe() {
		JetcdClientFactory builder;
		EtcdClientOptions connection;
		synchronized (this) {
			builder = this.factory;
			connection = this.options;
		}
		EtcdException failure = EndpointProbe.findListening(connection.endpoints());
		Client fresh = null;
		if (failure == null) {
			try {
				fresh = builder.create();
				failure = ping(fresh, connection.requestTimeout());
			}
			catch (RuntimeException ex) {
				failure = notBuilt(ex);
			}
		}
		Client unwanted = settle(builder, fresh, failure);
		if (unwanted != null) {
			unwanted.close();
		}
	}

	/** Takes the fresh client into use, or not, and returns the one to close. */
	private synchronized @Nullable Client settle(JetcdClientFactory builder, @Nullable Client fresh,
			@Nullable EtcdException failure) {
		if (this.state != State.LOST) {
			return fresh;
		}
		if (fresh == null || failure != null || builder != this.factory) {
			this.lastFailure = (failure != null) ? failure : this.lastFailure;
			this.loop.schedule(this::probe, PROBE_INTERVAL);
			return fresh;
		}
		Client old = this.current;
		this.current = fresh;
		this.state = State.HEALTHY;
		this.lastFailure = null;
		Duration lost = Duration.ofNanos(System.nanoTime() - this.lostSince);
		logger.info("Connected to etcd at {} after {} ms without a connection", this.options.describeEndpoints(),
				lost.toMillis());
		release();
		this.loop.execute(this.onRestored);
		return old;
	}

	/** Parked calls run on, but not while this thread holds the lock. */
	private void release() {
		Client working = this.current;
		List<CompletableFuture<Client>> waiting = List.copyOf(this.parked);
		if (working != null && !waiting.isEmpty()) {
			this.loop.execute(() -> waiting.forEach((call) -> call.complete(working)));
		}
	}

	/** Whether there is a connection, whatever is answered over it. */
	private static @Nullable EtcdException ping(Client client, Duration timeout) {
		EtcdException failure = ask(client, timeout);
		return (failure != null && failure.reason() == Reason.UNAVAILABLE) ? failure : null;
	}

	/** Asks the member itself, not the leader: what it answers does not matter. */
	static CompletableFuture<GetResponse> askMember(Client client) {
		return client.getKVClient()
			.get(PING_KEY, GetOption.builder().withSerializable(true).withCountOnly(true).build());
	}

	private static @Nullable EtcdException ask(Client client, Duration timeout) {
		try {
			askMember(client).get(timeout.toMillis(), TimeUnit.MILLISECONDS);
			return null;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return EtcdErrors.sort("Ping", new TimeoutException());
		}
		catch (Exception ex) {
			return EtcdErrors.sort("Ping", ex);
		}
	}

	@Override
	public void close() {
		Client last;
		List<CompletableFuture<Client>> waiting;
		synchronized (this) {
			last = this.current;
			this.current = null;
			waiting = List.copyOf(this.parked);
			this.state = State.CLOSED;
		}
		waiting.forEach((call) -> call.completeExceptionally(closedException()));
		if (last != null) {
			last.close();
		}
	}

	private EtcdException closedException() {
		return new EtcdException(Reason.FATAL,
				"The client for etcd at " + this.options.describeEndpoints() + " is closed", null);
	}

	private enum State {

		/** No client was needed yet. */
		NEW,

		/** Calls are answered, as far as is known. */
		HEALTHY,

		/** A call was not answered; the connection is being verified, and calls wait. */
		SUSPECT,

		/** There is no connection; endpoints are being tried. */
		LOST,

		/** Closed for good. */
		CLOSED

	}

}
