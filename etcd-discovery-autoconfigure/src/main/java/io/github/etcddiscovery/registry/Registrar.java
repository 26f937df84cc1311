package io.github.etcddiscovery.registry;

import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.support.EventLoop;
import io.github.etcddiscovery.support.GuardedTelemetry;
import io.github.etcddiscovery.support.Telemetry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the records of this process in etcd: go-kit's {@code Registrar}, but for any
 * number of records, and they come back. Each is written under a lease of its own.
 * Whatever happens to them (lease lost, key deleted or overwritten, etcd wiped), they are
 * put back until {@link #deregister(String)} or {@link #close(boolean, Duration)}.
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

	private final String where;

	private final EventLoop loop;

	private final RandomGenerator random;

	private final Listener listener;

	private final Telemetry telemetry;

	private final PendingFutures outcomes = new PendingFutures();

	private final LongAdder reregistrations = new LongAdder();

	private final AtomicBoolean closed = new AtomicBoolean();

	private final RecordKeepers keepers = new RecordKeepers(this::keeper, this.closed::get);

	private final RecordGroups groups = new RecordGroups(this.keepers);

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
		this(client, ttl, Listener.NONE, Telemetry.NONE);
	}

	/**
	 * Creates a registrar. Starts nothing.
	 * @param client how to reach etcd
	 * @param ttl how long a record outlives this process, and how often it is renewed
	 * @param listener hears how the records fare
	 * @param telemetry hears of what is done
	 */
	public Registrar(EtcdClient client, TtlOption ttl, Listener listener, Telemetry telemetry) {
		this(client, ttl, listener, telemetry, EventLoop.onThread("etcd-registrar"), new SplittableRandom());
	}

	/**
	 * Creates a registrar as the constructor above does, for a remote cluster.
	 * @param cluster the name of the cluster, for log lines and the thread
	 */
	@Internal
	public Registrar(EtcdClient client, TtlOption ttl, Listener listener, Telemetry telemetry, String cluster) {
		this(client, ttl, listener, telemetry, EventLoop.onThread("etcd-" + cluster + "-registrar"),
				new SplittableRandom(), " in cluster " + cluster);
	}

	Registrar(EtcdClient client, TtlOption ttl, Listener listener, Telemetry telemetry, EventLoop loop,
			RandomGenerator random) {
		this(client, ttl, listener, telemetry, loop, random, "");
	}

	/** The last parameter follows a key in log lines. */
	private Registrar(EtcdClient client, TtlOption ttl, Listener listener, Telemetry telemetry, EventLoop loop,
			RandomGenerator random, String where) {
		this.where = where;
		this.client = client;
		this.ttl = ttl;
		this.listener = listener;
		this.telemetry = new GuardedTelemetry(telemetry);
		this.loop = loop;
		this.random = random;
	}

	/**
	 * Wants a record in etcd, or another value under a key that is there already, which
	 * then changes in place. Of several calls and those of {@link #deregister(String)}
	 * the last one counts.
	 * @param entry the record
	 * @return completes when etcd holds the record, or what was wanted in its place
	 * since; fails with an {@link EtcdException} if etcd refuses it, in which case it is
	 * still tried again; is cancelled when the record is not wanted any more, or this
	 * registrar is closed. While the key belongs to another live process it does not
	 * complete
	 */
	public CompletableFuture<Void> register(RegistryEntry entry) {
		return place(entry.key(), List.of(new WantedRecord(entry, "", true)));
	}

	/**
	 * Registers exactly these records for an owner, and deregisters its others. Of
	 * several calls and those of {@link #remove(Collection)} the last one counts.
	 * @param owner any object, with the identity by which it is found again
	 * @param records the records
	 * @return completes when all shown records are in etcd and all hidden ones are not;
	 * fails and is cancelled as that of {@link #register(RegistryEntry)}
	 */
	@Internal
	public CompletableFuture<Void> place(Object owner, List<WantedRecord> records) {
		return onLoop(() -> this.groups.place(owner, records));
	}

	private CompletableFuture<Void> onLoop(Supplier<CompletableFuture<Void>> action) {
		CompletableFuture<Void> outcome = this.outcomes.add();
		this.loop.execute(() -> PendingFutures.follow(action.get(), outcome));
		return outcome;
	}

	private RecordKeeper keeper(RegistryEntry entry) {
		return new RecordKeeper(this.client, this.loop, this.ttl, entry, this.where, new RecordListener(),
				this.telemetry, this.random);
	}

	/**
	 * Takes a record out of etcd: marks it as leaving, deletes it and revokes its lease.
	 * From now on nothing of it is written any more.
	 * @param key the record's key
	 * @return completes when it is out, and etcd can write nothing of it any more; at
	 * once if there is none; is cancelled if this registrar is closed before. Where etcd
	 * refuses to revoke the lease, since another user has attached a key to it, the lease
	 * runs out by itself
	 */
	public CompletableFuture<Void> deregister(String key) {
		return onLoop(() -> this.groups.removeKey(key));
	}

	/**
	 * Takes the records of these owners out of etcd, as {@link #deregister(String)} does.
	 * @param owners the owners; one without records is left out
	 * @return completes when they are out
	 */
	@Internal
	public CompletableFuture<Void> remove(Collection<?> owners) {
		return onLoop(() -> this.groups.remove(owners));
	}

	/**
	 * Calls back once all records of an owner are in etcd. If the owner is removed before
	 * that, the callback is never called.
	 * @param owner the owner
	 * @param callback called on the registrar's thread, which it must not block
	 */
	@Internal
	public void whenPlaced(Object owner, Runnable callback) {
		this.loop.execute(() -> this.groups.whenPlaced(owner, callback));
	}

	/**
	 * Says how far a record is.
	 * @param key the record's key
	 * @return its state, {@link RecordState#GONE} if there is none
	 */
	public RecordState state(String key) {
		return this.keepers.state(key);
	}

	/**
	 * Says why etcd refuses a record, or a change of it. It is tried again now and then.
	 * @param key the record's key
	 * @return the reason, {@code null} if it is not refused, or there is none
	 */
	public @Nullable EtcdException refusal(String key) {
		RecordKeeper keeper = this.keepers.find(key);
		return (keeper != null) ? keeper.outcome().refusal() : null;
	}

	/**
	 * Counts how often a record had to be put back into etcd after it had been there.
	 * @return how often so far
	 */
	public long reregistrations() {
		return this.reregistrations.sum();
	}

	/**
	 * Returns the lease under which a record is written: go-kit's {@code Client.LeaseID}.
	 * It changes when the lease is lost and another one granted.
	 * @param key the record's key
	 * @return the lease's id, 0 as long as there is none
	 */
	public long leaseId(String key) {
		RecordKeeper keeper = this.keepers.find(key);
		return (keeper != null) ? keeper.lease().id() : 0;
	}

	/**
	 * Returns for how long a record stays in etcd if its lease is not renewed any more.
	 * Counted from when the last renewal was sent, so that etcd keeps it rather longer.
	 * @param key the record's key
	 * @return the time left, zero if there is no lease or it should have run out
	 */
	public Duration leaseRemaining(String key) {
		RecordKeeper keeper = this.keepers.find(key);
		return (keeper != null) ? keeper.lease().remaining() : Duration.ZERO;
	}

	/**
	 * Returns for how long all records stay in etcd if their leases are not renewed any
	 * more.
	 * @return the least of the times left, zero if there is no record
	 */
	public Duration leaseRemaining() {
		return this.keepers.all()
			.stream()
			.map((keeper) -> keeper.lease().remaining())
			.min(Comparator.naturalOrder())
			.orElse(Duration.ZERO);
	}

	/**
	 * Takes all records out of etcd, revokes their leases and ends this registrar for
	 * good. Waits for etcd at most {@link #CLOSE_TIMEOUT}. May be called more than once.
	 */
	@Override
	public void close() {
		close(true, CLOSE_TIMEOUT);
	}

	/**
	 * Ends this registrar for good. May be called more than once.
	 * @param deregister whether to take the records out of etcd and revoke their leases;
	 * otherwise nothing more is written, and they stay until their leases run out
	 * @param timeout how long to wait for etcd; after that the records are left to their
	 * leases
	 * @return whether all went as asked, or had before
	 */
	public boolean close(boolean deregister, Duration timeout) {
		if (!this.closed.compareAndSet(false, true)) {
			return true;
		}
		CompletableFuture<Void> done = new CompletableFuture<>();
		this.loop.execute(() -> PendingFutures.follow(this.keepers.close(deregister), done));
		try {
			done.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
			return true;
		}
		catch (TimeoutException ex) {
			logger.warn("etcd did not answer within {} ms: {} will go when their leases run out", timeout.toMillis(),
					this.keepers.all().stream().map(RecordKeeper::name).toList());
		}
		catch (ExecutionException ex) {
			throw new IllegalStateException(ex.getCause());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		finally {
			this.loop.close();
			this.outcomes.end();
			this.keepers.all().forEach((keeper) -> keeper.outcome().givenUp());
		}
		return false;
	}

	/**
	 * Hears how the records fare. Called on the registrar's thread, which it must not
	 * block.
	 */
	public interface Listener {

		/** Does nothing. */
		Listener NONE = (key) -> {
		};

		/**
		 * A record has come to be in etcd, for the first time or again.
		 * @param key its key
		 */
		void registered(String key);

		/**
		 * A record is not known to be in etcd and cannot be for now, since etcd refuses
		 * it or its key belongs to another live process. It is tried again, and comes as
		 * soon as it can; may be called several times until then.
		 * @param key its key
		 */
		default void blocked(String key) {
		}

	}

	/**
	 * Counts, and passes on.
	 */
	private final class RecordListener implements RecordKeeper.Listener {

		@Override
		public void registered(String key, boolean again) {
			if (again) {
				Registrar.this.reregistrations.increment();
			}
			Registrar.this.groups.registered(key, again);
			Registrar.this.listener.registered(key);
		}

		@Override
		public void blocked(String key) {
			Registrar.this.groups.blocked(key);
			Registrar.this.listener.blocked(key);
		}

	}

}
