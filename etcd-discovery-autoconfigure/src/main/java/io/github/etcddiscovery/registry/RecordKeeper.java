package io.github.etcddiscovery.registry;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

import io.github.etcddiscovery.client.EtcdBackoff;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.KeyValue;
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

	private final PredecessorCheck predecessors;

	private final Consumer<String> onRegistered;

	private final String key;

	private final EtcdBackoff backoff;

	private CompletableFuture<Void> registered = new CompletableFuture<>();

	private final CompletableFuture<Void> gone = new CompletableFuture<>();

	private volatile RecordState state = RecordState.WANTED;

	private RegistryEntry wanted;

	private final KnownKey known = new KnownKey();

	private boolean everRegistered;

	private boolean busy;

	private boolean marked;

	private boolean refusalLogged;

	private final KeyWatch watch;

	/** The newest change seen while a write was under way. */
	private @Nullable Runnable deferred;

	RecordKeeper(EtcdClient client, LeaseKeeper lease, EventLoop loop, Duration heartbeat, RegistryEntry wanted,
			Consumer<String> onRegistered, RandomGenerator random) {
		this.onRegistered = onRegistered;
		this.client = client;
		this.lease = lease;
		this.loop = loop;
		this.predecessors = new PredecessorCheck(client, loop, heartbeat, wanted.key());
		this.key = wanted.key();
		this.wanted = wanted;
		this.backoff = new EtcdBackoff(random);
		this.watch = new KeyWatch(client, loop, wanted.key(), this, random);
	}

	RecordState state() {
		return this.state;
	}

	/** Completes when the record is in etcd, or is refused the next time. */
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
			this.known.vanished();
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
		boolean inSync = this.known.holds(this.wanted.value());
		if (this.lease.id() != 0 && !inSync && this.state != RecordState.CONFLICT) {
			write(this.wanted.value());
		}
	}

	private void write(byte[] value) {
		long leaseId = this.lease.id();
		boolean unsettledBefore = this.known.isUnsettled();
		this.busy = true;
		this.known.setUnsettled(true);
		this.client.put(this.key, value, leaseId, this.known.modRevision())
			.whenComplete((result, error) -> this.loop.execute(() -> {
				this.busy = false;
				if (this.state == RecordState.GONE) {
					return;
				}
				if (error != null) {
					writeFailed(EtcdException.from(error), leaseId, unsettledBefore);
				}
				else {
					this.known.setUnsettled(false);
					if (result.applied()) {
						confirm(value, result.revision());
					}
					else {
						found(result.current(), result.revision());
					}
				}
				seeDeferred();
			}));
	}

	/** etcd holds this value, under our lease; it may not be the one wanted by now. */
	private void confirm(byte[] value, long revision) {
		this.known.wrote(value, revision);
		this.refusalLogged = false;
		if (this.state == RecordState.LEAVING) {
			continueLeaving();
			return;
		}
		boolean before = this.state == RecordState.REGISTERED;
		this.state = this.state.to(RecordState.REGISTERED);
		this.everRegistered = true;
		this.registered.complete(null);
		if (!before) {
			logger.info("Registered {} under lease {}", this.key, Long.toHexString(this.lease.id()));
		}
		this.watch.openFrom(revision + 1);
		sync();
		if (!before) {
			this.onRegistered.accept(this.key);
		}
	}

	/** The key is not as it was thought to be: this is what is there. */
	private void found(@Nullable KeyValue current, long revision) {
		this.known.saw(current, current != null && this.lease.isOurs(current.leaseId()));
		if (this.state == RecordState.LEAVING) {
			continueLeaving();
			return;
		}
		if (current == null) {
			again();
		}
		else if (current.leaseId() == this.lease.id() && this.lease.id() != 0) {
			// A write of ours took effect although no answer came.
			confirm(current.value(), current.modRevision());
		}
		else if (current.leaseId() == 0 || this.known.isOurs()) {
			logger.warn("Replacing {}: somebody wrote it without a lease, or it is left of a lost one", this.key);
			again();
		}
		else if (!this.everRegistered && this.state == RecordState.WANTED && this.wanted.replaces(current.value())) {
			logger.info("Taking over {} from an earlier run of this instance, whose lease {} has not run out yet",
					this.key, Long.toHexString(current.leaseId()));
			again();
			this.predecessors.lookAt(current.leaseId());
		}
		else {
			conflict(current.leaseId(), revision);
		}
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
		if (cause.reason() == EtcdException.Reason.LEASE_NOT_FOUND) {
			// Nothing written under that lease can be there any more.
			this.known.setUnsettled(false);
			this.lease.lost(leaseId);
			sync();
			return;
		}
		if (cause.reason().isRefusal()) {
			this.known.setUnsettled(unsettledBefore);
			refused(cause);
		}
		this.loop.schedule(this::sync, this.backoff.next(cause));
	}

	/** The record cannot be registered as things are; it is tried again now and then. */
	void refused(EtcdException cause) {
		if (!this.refusalLogged) {
			logger.error("{} is not registered: {}", this.key, cause.getMessage());
		}
		this.refusalLogged = true;
		CompletableFuture<Void> refused = this.registered;
		this.registered = new CompletableFuture<>();
		refused.completeExceptionally(cause);
	}

	/** Takes the record out of etcd: marks it, then deletes it. */
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
		if (this.known.isUnsettled()) {
			this.busy = true;
			this.client.get(this.key, 0).whenComplete((result, error) -> this.loop.execute(() -> {
				this.busy = false;
				if (error != null) {
					this.loop.schedule(this::sync, this.backoff.next());
					return;
				}
				this.known.setUnsettled(false);
				found(result.current(), result.revision());
			}));
		}
		else if (!this.known.isOurs()) {
			left();
		}
		else if (farewell != null && !this.known.holds(farewell) && !this.marked && this.lease.id() != 0) {
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
		this.client.delete(this.key, this.known.modRevision()).whenComplete((result, error) -> this.loop.execute(() -> {
			this.busy = false;
			if (error != null) {
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

	@Override
	public void changed(@Nullable KeyValue current, long revision) {
		if (this.busy) {
			// The answer to the write tells whether this is its own echo.
			this.deferred = () -> changed(current, revision);
		}
		else if (revision > this.known.modRevision()) {
			differs(current, revision);
		}
	}

	@Override
	public void read(@Nullable KeyValue current, long revision) {
		// A wiped etcd counts from the beginning, so this may well be a lower revision.
		long found = (current != null) ? current.modRevision() : 0;
		if (!this.busy && found != this.known.modRevision()) {
			differs(current, revision);
		}
	}

	private void differs(@Nullable KeyValue current, long revision) {
		if (this.state == RecordState.REGISTERED && current == null) {
			logger.warn("{} was deleted by somebody else, or its lease ran out: putting it back", this.key);
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
