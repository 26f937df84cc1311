package io.github.etcddiscovery.registry;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

import io.github.etcddiscovery.client.EtcdBackoff;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.WriteResult;
import io.github.etcddiscovery.support.EventLoop;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes etcd agree with one wanted record. Every write is guarded by the revision at
 * which the key was last seen, one write at a time, and a watch on the key reports what
 * others do to it. Belongs to the registrar's loop.
 */
final class RecordKeeper implements KeyWatch.Listener {

	private static final Logger logger = LoggerFactory.getLogger(RecordKeeper.class);

	private final EtcdClient client;

	private final LeaseKeeper lease;

	private final EventLoop loop;

	private final Duration heartbeat;

	private final String key;

	private final EtcdBackoff backoff;

	private CompletableFuture<Void> registered = new CompletableFuture<>();

	private final CompletableFuture<Void> gone = new CompletableFuture<>();

	private volatile RecordState state = RecordState.WANTED;

	private RegistryEntry wanted;

	/** The value known to be in etcd, {@code null} if none is. */
	private byte @Nullable [] written;

	/** The revision at which the key was last seen, 0 if it was not there. */
	private long modRevision;

	/** Whether what was last seen under the key was written by this process. */
	private boolean ours;

	private boolean everRegistered;

	/** A write whose outcome is open, so that the key may be there unseen. */
	private boolean unsettled;

	private boolean busy;

	private boolean marked;

	private boolean refusalLogged;

	private final KeyWatch watch;

	/** The newest change seen while a write was under way. */
	private @Nullable Runnable deferred;

	RecordKeeper(EtcdClient client, LeaseKeeper lease, EventLoop loop, Duration heartbeat, RegistryEntry wanted,
			RandomGenerator random) {
		this.client = client;
		this.lease = lease;
		this.loop = loop;
		this.heartbeat = heartbeat;
		this.key = wanted.key();
		this.wanted = wanted;
		this.backoff = new EtcdBackoff(random);
		this.watch = new KeyWatch(client, loop, wanted.key(), this, random);
	}

	RecordState state() {
		return this.state;
	}

	/** Completes when the record is in etcd for the first time, or is refused. */
	CompletableFuture<Void> registered() {
		return this.registered;
	}

	/** Completes when the record has left etcd. */
	CompletableFuture<Void> gone() {
		return this.gone;
	}

	/** Wants another value under the same key; it replaces the old one in place. */
	void want(RegistryEntry entry) {
		this.wanted = entry;
		sync();
	}

	/** The lease was lost, and the key with it. */
	void leaseLost() {
		if (this.state == RecordState.REGISTERED) {
			this.written = null;
			this.modRevision = 0;
			this.state = this.state.to(RecordState.WANTED);
		}
	}

	void leaseRenewed() {
		if (this.state == RecordState.REGISTERED) {
			this.backoff.reset();
		}
	}

	/** Does what is missing, if anything is and if nothing is under way. */
	void sync() {
		if (this.busy || this.state == RecordState.GONE) {
			return;
		}
		if (this.state == RecordState.LEAVING) {
			continueLeaving();
			return;
		}
		boolean inSync = !this.unsettled && Arrays.equals(this.written, this.wanted.value());
		if (this.lease.id() != 0 && !inSync && this.state != RecordState.CONFLICT) {
			write(this.wanted.value());
		}
	}

	private void write(byte[] value) {
		long leaseId = this.lease.id();
		boolean unsettledBefore = this.unsettled;
		this.busy = true;
		this.unsettled = true;
		this.client.put(this.key, value, leaseId, this.modRevision)
			.whenComplete((result, error) -> this.loop.execute(() -> {
				this.busy = false;
				if (this.state == RecordState.GONE) {
					return;
				}
				if (error != null) {
					writeFailed(EtcdException.from(error), leaseId, unsettledBefore);
				}
				else {
					this.unsettled = false;
					settled(result, value);
				}
				seeDeferred();
			}));
	}

	private void settled(WriteResult result, byte[] value) {
		if (!result.applied()) {
			found(result.current(), result.revision());
			return;
		}
		this.modRevision = result.revision();
		confirm(value);
		sync();
	}

	/** etcd holds this value, under our lease. */
	private void confirm(byte[] value) {
		this.written = value;
		this.ours = true;
		this.refusalLogged = false;
		if (this.state == RecordState.LEAVING) {
			return;
		}
		if (this.state != RecordState.REGISTERED) {
			logger.info("Registered {} under lease {}", this.key, Long.toHexString(this.lease.id()));
		}
		this.state = this.state.to(RecordState.REGISTERED);
		this.everRegistered = true;
		if (!this.registered.complete(null)) {
			// It may have been refused before.
			this.registered = CompletableFuture.completedFuture(null);
		}
		this.watch.openFrom(this.modRevision + 1);
	}

	/** The key is not as it was thought to be: this is what is there. */
	private void found(@Nullable KeyValue current, long revision) {
		this.modRevision = (current != null) ? current.modRevision() : 0;
		this.written = null;
		this.ours = current != null && this.lease.isOurs(current.leaseId());
		if (this.state == RecordState.LEAVING) {
			continueLeaving();
			return;
		}
		if (current == null) {
			again();
		}
		else if (current.leaseId() == this.lease.id() && this.lease.id() != 0) {
			// A write of ours took effect although no answer came.
			confirm(current.value());
			sync();
		}
		else if (current.leaseId() == 0) {
			logger.warn("Replacing {}: somebody wrote it without a lease", this.key);
			again();
		}
		else if (this.ours) {
			again();
		}
		else if (!this.everRegistered && this.state == RecordState.WANTED && isPredecessor(current.value())) {
			takeOver(current.leaseId());
		}
		else {
			conflict(current.leaseId(), revision);
		}
	}

	private boolean isPredecessor(byte[] value) {
		try {
			return this.wanted.predecessor().test(value);
		}
		catch (RuntimeException ex) {
			logger.debug("What stands under {} cannot be read", this.key, ex);
			return false;
		}
	}

	private void takeOver(long predecessorLease) {
		logger.info("Taking over {} from an earlier run of this instance, whose lease {} has not run out yet", this.key,
				Long.toHexString(predecessorLease));
		again();
		Duration wait = this.heartbeat.plusSeconds(1);
		this.client.timeToLive(predecessorLease)
			.thenAccept((before) -> this.loop.schedule(() -> lookAtPredecessor(predecessorLease, before.minus(wait)),
					wait));
	}

	/**
	 * The leases of the dead only run out: one that has more time than expected is alive.
	 */
	private void lookAtPredecessor(long predecessorLease, Duration expected) {
		this.client.timeToLive(predecessorLease).thenAccept((left) -> {
			// etcd tells whole seconds, so up to one of them may seem to be left over.
			if (!left.isNegative() && left.compareTo(expected.plusSeconds(1)) > 0) {
				logger.error(
						"Two live processes claim {}: the one before goes on renewing its lease {}."
								+ " Give each its own spring.cloud.etcd.discovery.instance-id or address",
						this.key, Long.toHexString(predecessorLease));
			}
		});
	}

	private void conflict(long otherLease, long revision) {
		if (this.state != RecordState.CONFLICT) {
			logger.error(
					"{} belongs to another live process, which holds lease {}: not registered until it goes."
							+ " Give each process its own spring.cloud.etcd.discovery.instance-id or address",
					this.key, Long.toHexString(otherLease));
			this.state = this.state.to(RecordState.CONFLICT);
		}
		this.watch.openFrom(revision + 1);
	}

	private void again() {
		this.state = this.state.to(RecordState.WANTED);
		this.loop.schedule(this::sync, this.backoff.next());
	}

	private void writeFailed(EtcdException cause, long leaseId, boolean unsettledBefore) {
		if (cause.reason() == Reason.LEASE_NOT_FOUND) {
			// Nothing written under that lease can be there any more.
			this.unsettled = false;
			this.lease.lost(leaseId);
			sync();
			return;
		}
		if (cause.reason().isRefusal()) {
			this.unsettled = unsettledBefore;
			refused(cause);
		}
		logger.debug("Trying again", cause);
		this.loop.schedule(this::sync, this.backoff.next(cause));
	}

	/** The record cannot be registered as things are; it is tried again now and then. */
	void refused(EtcdException cause) {
		if (!this.refusalLogged) {
			logger.error("{} is not registered: {}", this.key, cause.getMessage());
		}
		this.refusalLogged = true;
		this.registered.completeExceptionally(cause);
	}

	// Leaving: mark, delete; the registrar revokes the lease after the last record.

	/** Takes the record out of etcd. */
	void leave() {
		if (this.state != RecordState.LEAVING && this.state != RecordState.GONE) {
			this.state = this.state.to(RecordState.LEAVING);
			this.registered.cancel(false);
			this.watch.close();
			sync();
		}
	}

	/** Forgets the record, and leaves it to its lease. */
	void abandon() {
		this.watch.close();
		if (this.state != RecordState.GONE) {
			this.state = (this.state == RecordState.LEAVING) ? this.state : this.state.to(RecordState.LEAVING);
			left();
		}
	}

	private void continueLeaving() {
		byte[] farewell = this.wanted.farewell();
		if (this.unsettled) {
			this.busy = true;
			this.client.get(this.key, 0).whenComplete((result, error) -> this.loop.execute(() -> {
				this.busy = false;
				if (error != null) {
					this.loop.schedule(this::sync, this.backoff.next());
					return;
				}
				this.unsettled = false;
				found(result.current(), result.revision());
			}));
		}
		else if (!this.ours) {
			left();
		}
		else if (farewell != null && !Arrays.equals(this.written, farewell) && !this.marked && this.lease.id() != 0) {
			// Once only: deleting must not wait for ever on somebody who overwrites it.
			this.marked = true;
			write(farewell);
		}
		else {
			delete();
		}
	}

	private void delete() {
		this.busy = true;
		this.client.delete(this.key, this.modRevision).whenComplete((result, error) -> this.loop.execute(() -> {
			this.busy = false;
			if (error != null) {
				logger.debug("Trying again", error);
				this.loop.schedule(this::sync, this.backoff.next());
			}
			else if (result.applied()) {
				left();
			}
			else {
				found(result.current(), result.revision());
			}
		}));
	}

	private void left() {
		this.state = this.state.to(RecordState.GONE);
		this.gone.complete(null);
	}

	// What others do to the key

	@Override
	public void changed(@Nullable KeyValue current, long revision) {
		if (this.busy) {
			// The answer to the write tells whether this is its own echo.
			this.deferred = () -> changed(current, revision);
		}
		else if (revision > this.modRevision) {
			differs(current, revision);
		}
	}

	@Override
	public void read(@Nullable KeyValue current, long revision) {
		// A wiped etcd counts from the beginning, so this may well be a lower revision.
		long found = (current != null) ? current.modRevision() : 0;
		if (!this.busy && found != this.modRevision) {
			differs(current, revision);
		}
	}

	private void differs(@Nullable KeyValue current, long revision) {
		if (this.state == RecordState.REGISTERED && current == null) {
			logger.warn("{} was deleted by somebody else: putting it back", this.key);
		}
		else if (this.state == RecordState.CONFLICT && current == null) {
			logger.info("{} is free now: registering", this.key);
		}
		found(current, revision);
	}

	private void seeDeferred() {
		Runnable event = this.deferred;
		this.deferred = null;
		if (event != null && this.state != RecordState.LEAVING && this.state != RecordState.GONE) {
			event.run();
		}
	}

}
