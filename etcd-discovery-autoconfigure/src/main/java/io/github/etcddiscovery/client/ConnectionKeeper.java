package io.github.etcddiscovery.client;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
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

	/** An endpoint that drops packets must not keep the others from being tried. */
	private static final Duration PROBE_CONNECT_TIMEOUT = Duration.ofMillis(500);

	/** Any key will do: being denied is an answer too. */
	private static final ByteSequence PING_KEY = JetcdClientFactory.bytes("/");

	private final JetcdClientFactory factory;

	private final EtcdClientOptions options;

	private final EventLoop loop;

	private State state = State.NEW;

	private CompletableFuture<Client> usable = new CompletableFuture<>();

	private @Nullable Client current;

	private @Nullable EtcdException lastFailure;

	private long lostSince;

	private int probes;

	ConnectionKeeper(JetcdClientFactory factory, EtcdClientOptions options, EventLoop loop) {
		this.factory = factory;
		this.options = options;
		this.loop = loop;
	}

	/**
	 * Returns a working client, as far as is known. Does not block, but for creating the
	 * first one, which loads some thousand classes.
	 * @return completes when there is one; fails when this keeper is closed
	 */
	synchronized CompletableFuture<Client> client() {
		if (this.state == State.NEW) {
			this.current = this.factory.create();
			this.usable.complete(this.current);
			this.state = State.HEALTHY;
		}
		return this.usable;
	}

	/**
	 * Hears of a call that found no answer, and checks the connection.
	 * @param failure how the call failed
	 */
	synchronized void failed(EtcdException failure) {
		if (this.state == State.HEALTHY && failure.reason() == Reason.UNAVAILABLE) {
			this.lastFailure = failure;
			this.state = State.SUSPECT;
			this.loop.execute(this::verify);
		}
	}

	/**
	 * Says why a parked call was given up.
	 * @param action what the call was to do
	 * @return the error
	 */
	synchronized EtcdException parkedTooLong(String action) {
		String cause = (this.lastFailure != null) ? ": " + this.lastFailure.getMessage() : "";
		return new EtcdException(Reason.UNAVAILABLE,
				"%s failed: no answer from %s%s".formatted(action, this.options.describeEndpoints(), cause),
				this.lastFailure);
	}

	private void verify() {
		Client suspect = this.current;
		EtcdException failure = (suspect != null) ? ping(suspect, VERIFY_TIMEOUT) : null;
		synchronized (this) {
			if (this.state != State.SUSPECT) {
				return;
			}
			if (failure == null) {
				this.state = State.HEALTHY;
				return;
			}
			this.state = State.LOST;
			this.usable = new CompletableFuture<>();
			this.lostSince = System.nanoTime();
			logger.warn("Lost the connection to etcd at {}: {}", this.options.describeEndpoints(),
					(this.lastFailure != null) ? this.lastFailure.getMessage() : failure.getMessage());
			this.loop.execute(this::probe);
		}
	}

	private void probe() {
		EtcdEndpoint endpoint = this.options.endpoints().get(this.probes++ % this.options.endpoints().size());
		EtcdException failure = connect(endpoint);
		Client fresh = null;
		if (failure == null) {
			fresh = this.factory.create();
			failure = ping(fresh, this.options.requestTimeout());
		}
		Client unwanted = settle(fresh, failure);
		if (unwanted != null) {
			unwanted.close();
		}
	}

	/** Takes the fresh client into use, or not, and returns the one to close. */
	private synchronized @Nullable Client settle(@Nullable Client fresh, @Nullable EtcdException failure) {
		if (this.state != State.LOST) {
			return fresh;
		}
		if (fresh == null || failure != null) {
			this.lastFailure = failure;
			this.loop.schedule(this::probe, PROBE_INTERVAL);
			return fresh;
		}
		Client old = this.current;
		this.current = fresh;
		this.state = State.HEALTHY;
		this.lastFailure = null;
		Duration lost = Duration.ofNanos(System.nanoTime() - this.lostSince);
		logger.info("Connected to etcd at {} again after {} ms", this.options.describeEndpoints(), lost.toMillis());
		// Parked calls run on, but not on this thread, which holds the lock.
		CompletableFuture<Client> parked = this.usable;
		this.loop.execute(() -> parked.complete(fresh));
		return old;
	}

	private static @Nullable EtcdException connect(EtcdEndpoint endpoint) {
		String host = endpoint.host().startsWith("[") ? endpoint.host().substring(1, endpoint.host().length() - 1)
				: endpoint.host();
		try (Socket socket = new Socket()) {
			socket.connect(new InetSocketAddress(host, endpoint.port()), (int) PROBE_CONNECT_TIMEOUT.toMillis());
			return null;
		}
		catch (IOException ex) {
			return new EtcdException(Reason.UNAVAILABLE, endpoint + ": " + ex, ex);
		}
	}

	/** Asks the member itself, not the leader: this is about the connection only. */
	private static @Nullable EtcdException ping(Client client, Duration timeout) {
		try {
			client.getKVClient()
				.get(PING_KEY, GetOption.builder().withSerializable(true).withCountOnly(true).build())
				.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
			return null;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return EtcdErrors.sort("Ping", new TimeoutException());
		}
		catch (Exception ex) {
			EtcdException failure = EtcdErrors.sort("Ping", ex);
			return (failure.reason() == Reason.UNAVAILABLE) ? failure : null;
		}
	}

	@Override
	public void close() {
		Client last;
		CompletableFuture<Client> parked;
		synchronized (this) {
			last = this.current;
			this.current = null;
			parked = this.usable;
			this.usable = CompletableFuture.failedFuture(closedException());
			this.state = State.CLOSED;
		}
		parked.completeExceptionally(closedException());
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

		/** A call was not answered; the connection is being verified. */
		SUSPECT,

		/** There is no connection; endpoints are being tried. */
		LOST,

		/** Closed for good. */
		CLOSED

	}

}
