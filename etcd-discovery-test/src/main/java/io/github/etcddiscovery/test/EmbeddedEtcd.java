package io.github.etcddiscovery.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import io.etcd.jetcd.api.ClusterGrpc;
import io.etcd.jetcd.api.MemberListRequest;
import io.github.etcddiscovery.test.LeaseTable.Lease;
import io.github.etcddiscovery.test.MaintenanceService.ClusterService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * A single etcd v3 server in memory, for tests and first runs, and never for production:
 * what it holds is gone with its process, and nobody takes over. Production runs on etcd.
 * <p>
 * It speaks etcd's gRPC API on a loopback port, without TLS: keys and transactions,
 * watches, leases, and what {@code etcdctl} asks about the member. Authentication and
 * server-side locks and elections it does not have. Its answers are compared with those
 * of real etcd, operation by operation, in this project's tests.
 * <p>
 * Further methods make trouble on purpose, so that you can test how your application
 * takes it. Safe to use from any thread. Works on two daemon threads whose names begin
 * with {@code embedded-etcd}.
 */
public final class EmbeddedEtcd implements AutoCloseable {

	/** etcd itself looks for leases that have run out every half a second. */
	private static final Duration EXPIRY_INTERVAL = Duration.ofMillis(100);

	private static final int MOST_REQUEST_BYTES = 64 * 1024 * 1024;

	private final MvccStore store = new MvccStore();

	private final WatchTable watches = new WatchTable(this.store);

	private final LeaseTable leases;

	private final KvOperations operations;

	private final ScheduledThreadPoolExecutor thread;

	private final Gate gate;

	private int port;

	private @Nullable Listener listener;

	/**
	 * Bound to the port while nothing listens. Otherwise an outgoing connection of any
	 * process could be given this port, and the server could not listen again.
	 */
	private @Nullable Socket reservation;

	private EmbeddedEtcd(int port, LongSupplier nanoTime) {
		this.port = port;
		this.leases = new LeaseTable(nanoTime);
		this.operations = new KvOperations(this.store, this.leases, (events) -> this.watches.serveAll());
		this.thread = new ScheduledThreadPoolExecutor(1, (task) -> {
			Thread created = new Thread(task, "embedded-etcd");
			created.setDaemon(true);
			return created;
		});
		this.thread.setRemoveOnCancelPolicy(true);
		this.gate = new Gate(this.thread);
		this.thread.scheduleWithFixedDelay(this::expireLeases, EXPIRY_INTERVAL.toMillis(), EXPIRY_INTERVAL.toMillis(),
				TimeUnit.MILLISECONDS);
	}

	/**
	 * Starts a server on a free port.
	 * @return the server, to be closed by the caller
	 */
	public static EmbeddedEtcd start() {
		return start(0);
	}

	/**
	 * Starts a server.
	 * @param port the loopback port to listen on, 0 for any that is free
	 * @return the server, to be closed by the caller
	 * @throws UncheckedIOException if something else listens on that port
	 */
	public static EmbeddedEtcd start(int port) {
		return start(port, System::nanoTime);
	}

	/**
	 * Starts a server whose leases run out by a clock of the caller's.
	 * @param port the loopback port to listen on, 0 for any that is free
	 * @param nanoTime the clock, in nanoseconds, which only goes forward; called on the
	 * server's thread
	 * @return the server, to be closed by the caller
	 * @throws UncheckedIOException if something else listens on that port
	 */
	public static EmbeddedEtcd start(int port, LongSupplier nanoTime) {
		EmbeddedEtcd etcd = new EmbeddedEtcd(port, nanoTime);
		try {
			etcd.startAgain();
		}
		catch (UncheckedIOException ex) {
			etcd.close();
			throw ex;
		}
		return etcd;
	}

	/**
	 * Asks what listens on a loopback port whether it is an embedded etcd, of whatever
	 * process. Waits for the answer.
	 * @param port the port
	 * @param timeout how long to wait
	 * @return whether it is one; empty if nothing has answered in that time
	 */
	public static Optional<Boolean> listensOn(int port, Duration timeout) {
		ManagedChannel channel = NettyChannelBuilder
			.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
			.usePlaintext()
			.build();
		try {
			return Optional.of(ClusterGrpc.newBlockingStub(channel)
				.withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS)
				.memberList(MemberListRequest.getDefaultInstance())
				.getMembersList()
				.stream()
				.anyMatch((member) -> member.getID() == Gate.MEMBER_ID
						&& member.getName().equals(ClusterService.MEMBER_NAME)));
		}
		catch (StatusRuntimeException ex) {
			boolean answered = ex.getStatus().getCode() != Status.Code.DEADLINE_EXCEEDED
					&& ex.getStatus().getCode() != Status.Code.UNAVAILABLE;
			return answered ? Optional.of(false) : Optional.empty();
		}
		finally {
			channel.shutdownNow();
		}
	}

	/**
	 * Returns where it listens, for {@code spring.cloud.etcd.endpoints} and the like.
	 * @return for example {@code http://127.0.0.1:2379}
	 */
	public String endpoint() {
		return "http://127.0.0.1:" + this.port;
	}

	/**
	 * Returns the port it listens on.
	 * @return the port
	 */
	public int port() {
		return this.port;
	}

	/**
	 * Stops listening and ends all connections, as an outage does. What is held stays;
	 * leases go on to run out. The port stays reserved until {@link #startAgain()} or
	 * {@link #close()}.
	 */
	public synchronized void stop() {
		if (this.listener == null) {
			return;
		}
		this.listener.close();
		this.listener = null;
		this.reservation = reserve();
	}

	private @Nullable Socket reserve() {
		Socket socket = new Socket();
		try {
			// Connections of the clients are still closing on this port.
			socket.setReuseAddress(true);
			socket.bind(address());
			return socket;
		}
		catch (IOException ex) {
			// Another process was faster. startAgain reports it.
			return null;
		}
	}

	private void release() {
		if (this.reservation == null) {
			return;
		}
		try {
			this.reservation.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.reservation = null;
	}

	private InetSocketAddress address() {
		return new InetSocketAddress(InetAddress.getLoopbackAddress(), this.port);
	}

	/**
	 * Listens again on the same port after {@link #stop()}. Does nothing if it does
	 * already.
	 * @throws UncheckedIOException if something else listens on that port
	 */
	public synchronized void startAgain() {
		if (this.listener != null) {
			return;
		}
		release();
		EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("embedded-etcd-io", true),
				NioIoHandler.newFactory());
		NettyServerBuilder builder = NettyServerBuilder.forAddress(address())
			.bossEventLoopGroup(group)
			.workerEventLoopGroup(group)
			.channelType(NioServerSocketChannel.class)
			.executor(this.thread)
			.maxInboundMessageSize(MOST_REQUEST_BYTES)
			// Clients ping as often as etcd lets them.
			.permitKeepAliveTime(5, TimeUnit.SECONDS)
			.permitKeepAliveWithoutCalls(true)
			.addService(new KvService(this.operations, this.gate))
			.addService(new WatchService(this.store, this.watches, this.gate))
			.addService(new LeaseService(this.store, this.leases, this.operations, this.gate).bindServiceWithListing())
			.addService(new MaintenanceService(this.store, this.gate))
			.addService(new ClusterService(this.store, this.gate, this::endpoint))
			.fallbackHandlerRegistry(new MissingMethods());
		Listener created = new Listener(builder.build(), group);
		try {
			created.server.start();
		}
		catch (IOException ex) {
			created.close();
			throw new UncheckedIOException(
					"The embedded etcd cannot listen on port " + this.port + ": expected a free port, or 0 for any",
					ex);
		}
		this.listener = created;
		this.port = created.server.getPort();
	}

	private void expireLeases() {
		this.leases.expired().forEach(this.operations::revoke);
	}

	/**
	 * Makes a lease run out now, and its keys go.
	 * @param leaseId the lease
	 * @throws IllegalArgumentException if there is no such lease
	 */
	public void expireLease(long leaseId) {
		run(() -> {
			Lease lease = this.leases.find(leaseId);
			if (lease == null) {
				throw new IllegalArgumentException("No lease %x: expected one of %s".formatted(leaseId,
						this.leases.all().stream().map((one) -> Long.toHexString(one.id())).toList()));
			}
			this.operations.revoke(lease);
			return null;
		});
	}

	/**
	 * Makes all leases run out now, as an outage does that outlives them.
	 */
	public void expireAllLeases() {
		run(() -> {
			this.leases.all().forEach(this.operations::revoke);
			return null;
		});
	}

	/**
	 * Ends all watches and streams of keep-alives, as a connection that breaks does.
	 * Clients may come back at once.
	 */
	public void cutStreams() {
		run(() -> {
			this.gate.cutStreams();
			return null;
		});
	}

	/**
	 * Forgets the past up to now, so that a watch which is interrupted cannot go on where
	 * it was.
	 * @return the revision up to which the past is forgotten
	 */
	public long compact() {
		return run(() -> {
			if (this.store.revision() > this.store.compactedRevision()) {
				this.store.compact(this.store.revision());
			}
			return this.store.revision();
		});
	}

	/**
	 * Forgets everything, leases and revisions too, and ends all streams: as a restart
	 * with an empty data directory does.
	 */
	public void wipe() {
		run(() -> {
			this.store.wipe();
			this.leases.wipe();
			this.gate.cutStreams();
			return null;
		});
	}

	/**
	 * Refuses all calls with {@code UNAVAILABLE} and ends all streams, as a member does
	 * that has lost its cluster; or no longer.
	 * @param refusing whether to refuse them
	 */
	public void setRefusing(boolean refusing) {
		run(() -> {
			this.gate.setRefusing(refusing);
			return null;
		});
	}

	/**
	 * Delays the answer to every call from now on.
	 * @param delay for how long, zero for no delay
	 */
	public void setDelay(Duration delay) {
		run(() -> {
			this.gate.setDelay(delay);
			return null;
		});
	}

	private <T> T run(Callable<T> action) {
		CompletableFuture<T> result = new CompletableFuture<>();
		this.thread.execute(() -> {
			try {
				result.complete(action.call());
			}
			catch (Exception ex) {
				result.completeExceptionally(ex);
			}
		});
		try {
			return result.orTimeout(10, TimeUnit.SECONDS).join();
		}
		catch (CompletionException ex) {
			throw (ex.getCause() instanceof RuntimeException cause) ? cause : ex;
		}
	}

	/**
	 * Stops for good, and forgets what it held. May be called more than once.
	 */
	@Override
	public synchronized void close() {
		stop();
		release();
		this.thread.shutdownNow();
	}

	/** A gRPC server and the threads of its sockets. */
	private record Listener(Server server, EventLoopGroup group) {

		/**
		 * Returns once the port is free. The server terminates earlier: the operating
		 * system closes a listening socket only after its event loop has gone round once
		 * more.
		 */
		void close() {
			this.server.shutdownNow();
			try {
				this.server.awaitTermination(5, TimeUnit.SECONDS);
				this.group.shutdownGracefully(0, 5, TimeUnit.SECONDS).await(5, TimeUnit.SECONDS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

	}

}
