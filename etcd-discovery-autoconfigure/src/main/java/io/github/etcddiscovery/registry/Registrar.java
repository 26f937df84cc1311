package io.github.etcddiscovery.registry;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.support.EventLoop;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the records of this process in etcd: go-kit's {@code Registrar}, but for any
 * number of records, and they come back. All are written under one lease. Whatever
 * happens to them (lease lost, key deleted or overwritten, etcd wiped), they are put back
 * until {@link #deregister(String)} or {@link #close(boolean, Duration)}.
 * <p>
 * Safe to use from any thread; no method but those that close it blocks. Works on one
 * daemon thread, {@code etcd-registrar}, which starts with the first record.
 */
public final class Registrar implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(Registrar.class);

	/** How long leaving may take while etcd is away: shutting down must not hang. */
	public static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(3);

	private final EtcdClient client;

	private final TtlOption ttl;

	private final EventLoop loop;

	private final RandomGenerator random;

	private final LeaseKeeper lease;

	private final Map<String, RecordKeeper> records = new ConcurrentHashMap<>();

	private final AtomicBoolean closed = new AtomicBoolean();

	/**
	 * Creates a registrar with go-kit's heartbeat and time to live. Starts nothing.
	 * @param client how to reach etcd
	 */
	public Registrar(EtcdClient client) {
		this(client, TtlOption.DEFAULT);
	}

	/**
	 * Creates a registrar. Starts nothing.
	 * @param client how to reach etcd
	 * @param ttl how long a record outlives this process, and how often it is renewed
	 */
	public Registrar(EtcdClient client, TtlOption ttl) {
		this(client, ttl, EventLoop.onThread("etcd-registrar"), RandomGenerator.getDefault());
	}

	Registrar(EtcdClient client, TtlOption ttl, EventLoop loop, RandomGenerator random) {
		this.client = client;
		this.ttl = ttl;
		this.loop = loop;
		this.random = random;
		this.lease = new LeaseKeeper(client, ttl, loop, new LeaseListener(), random);
	}

	/**
	 * Wants a record in etcd, or another value under a key that is there already, which
	 * then changes in place.
	 * @param entry the record
	 * @return completes when the record is in etcd for the first time; fails with an
	 * {@link EtcdException} if etcd refuses it, in which case it is still tried again.
	 * While the key belongs to another live process it does not complete
	 */
	public CompletableFuture<Void> register(RegistryEntry entry) {
		CompletableFuture<Void> registered = new CompletableFuture<>();
		this.loop.execute(() -> {
			RecordKeeper keeper = this.records.get(entry.key());
			if (this.closed.get()) {
				registered.cancel(false);
			}
			else if (keeper != null && keeper.state() == RecordState.LEAVING) {
				// It comes back once it has gone: what is leaving is not to be written
				// again.
				keeper.gone().thenRun(() -> register(entry).whenComplete((done, error) -> relay(registered, error)));
			}
			else {
				wanted(entry, keeper).registered().whenComplete((done, error) -> relay(registered, error));
			}
		});
		return registered;
	}

	private static void relay(CompletableFuture<Void> target, @Nullable Throwable error) {
		if (error != null) {
			target.completeExceptionally(error);
		}
		else {
			target.complete(null);
		}
	}

	private RecordKeeper wanted(RegistryEntry entry, @Nullable RecordKeeper existing) {
		if (existing != null) {
			existing.want(entry);
			return existing;
		}
		RecordKeeper keeper = new RecordKeeper(this.client, this.lease, this.loop, this.ttl.heartbeat(), entry,
				this.random);
		this.records.put(entry.key(), keeper);
		// Completed on the loop, and before anybody else who waits for it is told.
		keeper.gone().thenRun(() -> this.records.remove(entry.key(), keeper));
		this.lease.require();
		keeper.sync();
		return keeper;
	}

	/**
	 * Takes a record out of etcd: marks it as leaving, then deletes it. From now on
	 * nothing of it is written any more.
	 * @param key the record's key
	 * @return completes when it is out; at once if there is none
	 */
	public CompletableFuture<Void> deregister(String key) {
		CompletableFuture<Void> gone = new CompletableFuture<>();
		this.loop.execute(() -> {
			RecordKeeper keeper = this.records.get(key);
			if (keeper == null) {
				gone.complete(null);
				return;
			}
			keeper.gone().whenComplete((done, error) -> relay(gone, error));
			keeper.leave();
		});
		return gone;
	}

	/**
	 * Says how far a record is.
	 * @param key the record's key
	 * @return its state, {@link RecordState#GONE} if there is none
	 */
	public RecordState state(String key) {
		RecordKeeper keeper = this.records.get(key);
		return (keeper != null) ? keeper.state() : RecordState.GONE;
	}

	/**
	 * Returns the lease under which the records are written: go-kit's
	 * {@code Client.LeaseID}. It changes when the lease is lost and another one granted.
	 * @return the lease's id, 0 as long as there is none
	 */
	public long leaseId() {
		return this.lease.id();
	}

	/**
	 * Takes all records out of etcd, revokes the lease and ends this registrar for good.
	 * Waits for etcd at most {@link #CLOSE_TIMEOUT}. May be called more than once.
	 */
	@Override
	public void close() {
		close(true, CLOSE_TIMEOUT);
	}

	/**
	 * Ends this registrar for good. May be called more than once.
	 * @param deregister whether to take the records out of etcd and revoke the lease;
	 * otherwise nothing more is written, and they stay until the lease runs out
	 * @param timeout how long to wait for etcd; after that the records are left to their
	 * lease
	 * @return whether all went as asked, or had before
	 */
	public boolean close(boolean deregister, Duration timeout) {
		if (!this.closed.compareAndSet(false, true)) {
			return true;
		}
		CompletableFuture<Void> done = new CompletableFuture<>();
		this.loop.execute(() -> {
			List<RecordKeeper> leaving = List.copyOf(this.records.values());
			leaving.forEach(deregister ? RecordKeeper::leave : RecordKeeper::abandon);
			CompletableFuture.allOf(leaving.stream().map(RecordKeeper::gone).toArray(CompletableFuture[]::new))
				.thenRun(() -> this.loop.execute(() -> release(deregister, done)));
		});
		try {
			done.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
			return true;
		}
		catch (TimeoutException ex) {
			logger.warn("etcd did not answer within {} ms: {} will go when their lease runs out", timeout.toMillis(),
					this.records.keySet());
		}
		catch (ExecutionException ex) {
			// The records are out: that the lease is left to run out harms nobody.
			logger.debug("The lease could not be revoked", ex);
			return true;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		finally {
			this.loop.close();
		}
		return false;
	}

	private void release(boolean revoke, CompletableFuture<Void> done) {
		if (revoke) {
			this.lease.release().whenComplete((revoked, error) -> relay(done, error));
		}
		else {
			this.lease.abandon();
			done.complete(null);
		}
	}

	/**
	 * Passes on to the records what becomes of the lease.
	 */
	private final class LeaseListener implements LeaseKeeper.Listener {

		@Override
		public void leaseHeld() {
			Registrar.this.records.values().forEach(RecordKeeper::sync);
		}

		@Override
		public void leaseRenewed() {
			Registrar.this.records.values().forEach(RecordKeeper::leaseRenewed);
		}

		@Override
		public void leaseFailed(EtcdException cause) {
			if (cause.reason().isRefusal()) {
				Registrar.this.records.values().forEach((keeper) -> keeper.refused(cause));
			}
		}

		@Override
		public void leaseLost() {
			Registrar.this.records.values().forEach(RecordKeeper::leaseLost);
		}

	}

}
