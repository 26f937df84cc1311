package io.github.etcddiscovery.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.lease.LeaseKeepAliveResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.LeaseOption;
import io.etcd.jetcd.options.OptionsUtil;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.instance.KeyText;
import io.github.etcddiscovery.support.DnsClient;
import io.github.etcddiscovery.support.EventLoop;
import org.jspecify.annotations.Nullable;

import static io.github.etcddiscovery.client.JetcdClientFactory.bytes;

/**
 * {@link EtcdClient} on jetcd. Opens its connection at the first call. Its threads are
 * daemons whose names start with {@code etcd-client} unless the caller names them.
 */
@Internal
public final class JetcdEtcdClient implements EtcdClient {

	/** jetcd runs short steps on these threads, nothing that waits. */
	private static final int THREADS = 2;

	/** Mean time until a client moves to a member chosen at random. */
	private static final Duration STAY = Duration.ofMinutes(15);

	/**
	 * The longest ttl to accept: a server in etcd's place must not make a lease last for
	 * ever.
	 */
	private static final Duration LONGEST_LEASE = Duration.ofDays(366);

	private final ThreadPoolExecutor executor;

	private final JetcdClientFactory factory;

	private final EventLoop loop;

	private final OpenWatches openWatches;

	private final ConnectionKeeper keeper;

	private final List<Runnable> connectedAgain = new CopyOnWriteArrayList<>();

	private volatile EtcdClientOptions options;

	/**
	 * Creates a client that connects when it is first used.
	 * @param options where and how to connect
	 * @param customizers change jetcd's builder, in this order
	 */
	public JetcdEtcdClient(EtcdClientOptions options, List<EtcdClientBuilderCustomizer> customizers) {
		this(options, customizers, "etcd-client");
	}

	/**
	 * Creates a client that connects when it is first used.
	 * @param options where and how to connect
	 * @param customizers change jetcd's builder, in this order
	 * @param threads what the names of its threads start with
	 */
	public JetcdEtcdClient(EtcdClientOptions options, List<EtcdClientBuilderCustomizer> customizers, String threads) {
		this(options, customizers, threads, new DnsClient("dns:"), STAY);
	}

	/**
	 * Creates a client that connects when it is first used.
	 * @param options where and how to connect
	 * @param customizers change jetcd's builder, in this order
	 * @param threads what the names of its threads start with
	 * @param dns looks up names past the JVM's cache
	 * @param stay after which time, give or take half, to move to a member chosen at
	 * random
	 */
	JetcdEtcdClient(EtcdClientOptions options, List<EtcdClientBuilderCustomizer> customizers, String threads,
			DnsClient dns, Duration stay) {
		this.options = options;
		this.loop = EventLoop.onThread(threads + "-connection");
		this.openWatches = new OpenWatches(this.loop);
		AtomicInteger number = new AtomicInteger();
		this.executor = new ThreadPoolExecutor(THREADS, THREADS, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
				(task) -> {
					Thread thread = new Thread(task, threads + "-" + number.incrementAndGet());
					thread.setDaemon(true);
					return thread;
				}, JetcdEtcdClient::runHere);
		this.executor.allowCoreThreadTimeOut(true);
		this.factory = new JetcdClientFactory(customizers, this.executor, threads);
		MemberConnector connector = new MemberConnector(this.factory, new MemberResolver(dns, System::nanoTime),
				new Random());
		this.keeper = new ConnectionKeeper(connector, options, this.loop, stay, new ConnectionListener());
	}

	/** A call may end after the client. gRPC logs a refused task as an error. */
	private static void runHere(Runnable task, ThreadPoolExecutor closed) {
		task.run();
	}

	/**
	 * Connects otherwise from now on. Waits until the new connection has proven itself,
	 * for each member at most the request timeout and a second. All watches end and are
	 * opened anew by those who own them; leases live on, for they are etcd's.
	 * @param changed where and how to connect
	 * @throws EtcdException if the new connection cannot be used; all stays as it is
	 */
	public void reconnect(EtcdClientOptions changed) {
		this.keeper.reconnect(changed);
		this.options = changed;
	}

	/**
	 * Calls back each time a lost connection has come back.
	 * @param callback runs on the thread that looks for connections, and may block it for
	 * some hundred milliseconds
	 */
	public void onConnectedAgain(Runnable callback) {
		this.connectedAgain.add(callback);
	}

	@Override
	public CompletableFuture<Long> list(String prefix, Consumer<List<KeyValue>> pages) {
		return read(prefix, 0, false, pages);
	}

	@Override
	public CompletableFuture<Long> listKeys(String prefix, long revision, Consumer<List<KeyValue>> pages) {
		return read(prefix, revision, true, pages);
	}

	private CompletableFuture<Long> read(String prefix, long revision, boolean keysOnly,
			Consumer<List<KeyValue>> pages) {
		return new PagedListing(prefix, revision, keysOnly, this.keeper::call, System::nanoTime, pages).read();
	}

	@Override
	public CompletableFuture<PastState> readPast(long revision, String prefix, Set<String> keys) {
		List<Op> reads = new ArrayList<>();
		reads.add(Op.get(bytes(prefix),
				GetOption.builder().withRange(endOf(prefix)).withRevision(revision).withCountOnly(true).build()));
		GetOption then = GetOption.builder().withRevision(revision).build();
		keys.forEach((key) -> reads.add(Op.get(bytes(key), then)));
		return call("Reading what was under " + prefix,
				(client) -> client.getKVClient().txn().Then(reads.toArray(Op[]::new)).commit())
			.thenApply((response) -> new PastState(response.getGetResponses().get(0).getCount(),
					response.getGetResponses()
						.stream()
						.flatMap((read) -> keyValues(read).stream())
						.collect(Collectors.toMap(KeyValue::key, Function.identity()))));
	}

	@Override
	public CompletableFuture<ReadResult> get(String key, long revision) {
		GetOption option = GetOption.builder().withRevision(revision).build();
		return call("Reading " + key, (client) -> client.getKVClient().get(bytes(key), option))
			.thenApply((response) -> new ReadResult(response.getHeader().getRevision(),
					keyValues(response).stream().findFirst().orElse(null)));
	}

	@Override
	public Watch watch(String target, boolean prefix, long startRevision, WatchListener listener) {
		String action = "Watching " + target;
		WatchOption.Builder option = WatchOption.builder()
			.withRevision(startRevision)
			.withCreateNotify(true)
			// Without this a member that is cut off from the others just falls silent.
			.withRequireLeader(true);
		if (prefix) {
			option.withRange(endOf(target));
		}
		JetcdWatch watch = new JetcdWatch(action, listener, this.keeper::failed, this.openWatches);
		CompletableFuture<?> token = hasCredentials() ? renewToken(action) : CompletableFuture.completedFuture(null);
		token.thenCompose((renewed) -> this.keeper.connection(action)).whenComplete((connection, error) -> {
			if (connection != null) {
				watch.open(connection.client(), bytes(target), option.build(), this.options.requestTimeout());
			}
			else {
				watch.onError(error);
			}
		});
		return watch;
	}

	@Override
	public CompletableFuture<Lease> grant(Duration ttl) {
		long seconds = ttl.plusSeconds(1).minusNanos(1).toSeconds();
		return call("Granting a lease", (client) -> client.getLeaseClient().grant(seconds))
			.thenApply((response) -> lease(response.getID(), response.getTTL()));
	}

	static Lease lease(long id, long seconds) {
		if (id <= 0 || seconds <= 0 || seconds > LONGEST_LEASE.toSeconds()) {
			throw new EtcdException(Reason.UNAVAILABLE,
					"Granting a lease failed: the answer has an invalid lease (id %d, ttl %d s). Check that the endpoint is etcd"
						.formatted(id, seconds),
					null);
		}
		return new Lease(id, Duration.ofSeconds(seconds));
	}

	@Override
	public CompletableFuture<Duration> keepAlive(long leaseId) {
		String action = "Renewing lease " + Long.toHexString(leaseId);
		Supplier<CompletableFuture<LeaseKeepAliveResponse>> renewal = () -> call(action,
				(client) -> client.getLeaseClient().keepAliveOnce(leaseId));
		return renewal.get()
			.exceptionallyCompose(
					(error) -> (EtcdException.from(error).reason() == Reason.TOKEN_EXPIRED && hasCredentials())
							? renewToken(action).thenCompose((renewed) -> renewal.get())
							: CompletableFuture.failedFuture(error))
			.thenApply((response) -> Duration.ofSeconds(Math.min(response.getTTL(), LONGEST_LEASE.toSeconds())));
	}

	private boolean hasCredentials() {
		return this.options.credentials() != null;
	}

	/**
	 * Sees to it that the token is good. jetcd renews one that has expired in unary calls
	 * only, not where it opens a stream.
	 */
	private CompletableFuture<?> renewToken(String action) {
		return call(action, MemberConnection::ping)
			.exceptionallyCompose((error) -> (EtcdException.from(error).reason() == Reason.PERMISSION_DENIED)
					? CompletableFuture.completedFuture(null) : CompletableFuture.failedFuture(error));
	}

	@Override
	public CompletableFuture<Duration> timeToLive(long leaseId) {
		String action = "Looking at lease " + Long.toHexString(leaseId);
		return call(action, (client) -> client.getLeaseClient().timeToLive(leaseId, LeaseOption.DEFAULT))
			.thenApply((response) -> Duration.ofSeconds(response.getTTL()));
	}

	@Override
	public CompletableFuture<Void> revoke(long leaseId) {
		String action = "Revoking lease " + Long.toHexString(leaseId);
		return call(action, (client) -> client.getLeaseClient().revoke(leaseId)).handle((response, error) -> {
			if (error != null && EtcdErrors.sort(action, error).reason() != Reason.LEASE_NOT_FOUND) {
				throw EtcdErrors.sort(action, error);
			}
			return null;
		});
	}

	@Override
	public CompletableFuture<WriteResult> put(String key, byte[] value, long leaseId, long expectedModRevision) {
		if (leaseId == 0) {
			throw new IllegalArgumentException("Refusing to put " + key + " without a lease: it would never go away");
		}
		PutOption option = PutOption.builder().withLeaseId(leaseId).build();
		return write("Writing " + key, key, expectedModRevision, Op.put(bytes(key), ByteSequence.from(value), option));
	}

	@Override
	public CompletableFuture<WriteResult> delete(String key, long expectedModRevision) {
		return write("Deleting " + key, key, expectedModRevision, Op.delete(bytes(key), DeleteOption.DEFAULT));
	}

	private CompletableFuture<WriteResult> write(String action, String key, long expectedModRevision, Op operation) {
		return call(action,
				(client) -> client.getKVClient()
					.txn()
					.If(new Cmp(bytes(key), Cmp.Op.EQUAL, CmpTarget.modRevision(expectedModRevision)))
					.Then(operation)
					.Else(Op.get(bytes(key), GetOption.DEFAULT))
					.commit())
			.thenApply((response) -> new WriteResult(response.isSucceeded(), response.getHeader().getRevision(),
					found(response)));
	}

	private static @Nullable KeyValue found(TxnResponse response) {
		return response.getGetResponses()
			.stream()
			.flatMap((found) -> keyValues(found).stream())
			.findFirst()
			.orElse(null);
	}

	@Override
	public String describe() {
		return this.options.describeEndpoints();
	}

	@Override
	public String member() {
		MemberAddress member = this.keeper.member();
		return (member != null) ? member.toString() : describe();
	}

	@Override
	public boolean isConnected() {
		return this.keeper.isConnected();
	}

	@Override
	public void close() {
		this.keeper.close();
		this.loop.close();
		this.factory.close();
		this.executor.shutdown();
	}

	private <T> CompletableFuture<T> call(String action, Function<Client, CompletableFuture<T>> operation) {
		return this.keeper.call(action, false, operation);
	}

	/**
	 * Passes on what becomes of connections.
	 */
	private final class ConnectionListener implements ConnectionKeeper.Listener {

		@Override
		public void lost(Client client, EtcdException cause) {
			JetcdEtcdClient.this.openWatches.connectionLost(client, cause);
		}

		@Override
		public void restored() {
			JetcdEtcdClient.this.connectedAgain.forEach(Runnable::run);
		}

		@Override
		public void moved(Client client) {
			JetcdEtcdClient.this.openWatches.moved(client);
		}

	}

	private static ByteSequence endOf(String prefix) {
		return OptionsUtil.prefixEndOf(bytes(prefix));
	}

	static List<KeyValue> keyValues(GetResponse response) {
		return response.getKvs().stream().map(JetcdEtcdClient::keyValue).toList();
	}

	static KeyValue keyValue(io.etcd.jetcd.KeyValue found) {
		return new KeyValue(KeyText.decode(found.getKey().getBytes()), found.getValue().getBytes(),
				found.getModRevision(), found.getLease());
	}

}
