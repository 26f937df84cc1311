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
import io.github.etcddiscovery.support.EventLoop;
import io.github.etcddiscovery.support.GuardedLoop;
import io.github.etcddiscovery.support.Telemetry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes etcd agree with one wanted record: decides what is to be written, and what it
 * means that something else is there. The record has a lease of its own; a watch on the
 * key reports what others do to it. Belongs to the registrar's loop.
 */
final class RecordKeeper implements KeyWriter.Listener, LeaseKeeper.Listener {

	private static final Logger logger = LoggerFactory.getLogger(RecordKeeper.class);

	/** A value that is too large, say, stays so, and each attempt sends it. */
	private static final Duration WRONG = Duration.ofSeconds(5);

	private final LeaseKeeper lease;

	private final EventLoop loop;

	private final PredecessorCheck predecessors;

	private final Listener listener;

	private final String key;

	/** The key and the cluster, for log lines. */
	private final String name;

	private final EtcdBackoff backoff;

	private final RecordProgress outcome;

	private final CompletableFuture<Void> gone = new CompletableFuture<>();

	private volatile RecordState state = RecordState.WANTED;

	private RegistryEntry wanted;

	private byte[] attempted;

	private final KeyWriter writer;

	private boolean everRegistered;

	private boolean marked;

	/** The parameter {@code where} follows the key in log lines. */
	RecordKeeper(EtcdClient client, EventLoop loop, TtlOption ttl, RegistryEntry wanted, String where,
			Listener listener, Telemetry telemetry, RandomGenerator random) {
		this.name = wanted.key() + where;
		this.listener = listener;
		this.loop = new GuardedLoop(loop, this::stepFailed);
		this.lease = new LeaseKeeper(client, ttl, this.loop, this.name, this, random);
		this.predecessors = new PredecessorCheck(client, this.loop, ttl.heartbeat(), this.name);
		this.key = wanted.key();
		this.wanted = wanted;
		this.attempted = wanted.value();
		this.outcome = new RecordProgress(wanted.key(), this.name, telemetry);
		this.backoff = new EtcdBackoff(random);
		this.writer = new KeyWriter(client, this.lease, this.loop, wanted.key(), this, telemetry, random);
	}

	/** Has the record written as soon as there is a lease for it. */
	void start() {
		this.lease.require();
	}

	/** The key and the cluster, for log lines. */
	String name() {
		return this.name;
	}

	RecordState state() {
		return this.state;
	}

	/** The lease of the record. */
	LeaseKeeper lease() {
		return this.lease;
	}

	/** What has come of it so far. */
	RecordProgress outcome() {
		return this.outcome;
	}

	/** Completes when the record has left etcd. */
	CompletableFuture<Void> gone() {
		return this.gone;
	}

	/** Wants another value under the same key; it replaces the old one in place. */
	void want(RegistryEntry entry) {
		this.wanted = entry;
		this.outcome.awaited();
		sync();
	}

	/** Whatever was under way may be half done: the key is looked at again. */
	private void stepFailed(Throwable error) {
		this.loop.schedule(this::sync, this.backoff.next());
		this.writer.readNext();
		logger.error("Unexpected error while registering {}: looking at the key again", this.name, error);
	}

	@Override
	public void leaseHeld() {
		sync();
	}

	@Override
	public void leaseRenewed() {
		if (this.state == RecordState.REGISTERED) {
			this.backoff.reset();
		}
	}

	/** A record that is under a lease already need not mind that none is granted. */
	@Override
	public void leaseFailed(EtcdException cause) {
		if (cause.reason().isRefusal() && this.state != RecordState.REGISTERED) {
			refused(cause);
		}
	}

	@Override
	public void leaseLost(long leaseId) {
		boolean staying = this.state == RecordState.REGISTERED || this.state == RecordState.WANTED;
		if (staying && this.writer.leaseLost(leaseId)) {
			wantAgain();
		}
		else if (this.state == RecordState.LEAVING) {
			sync();
		}
	}

	/** Does what is missing, if anything is and if nothing is under way. */
	void sync() {
		if (this.writer.isBusy() || this.state == RecordState.GONE) {
			return;
		}
		if (this.state == RecordState.LEAVING) {
			continueLeaving();
			return;
		}
		this.attempted = this.wanted.value();
		if (this.writer.readIfDue()) {
			return;
		}
		long leaseId = this.lease.id();
		boolean inSync = this.writer.holds(this.wanted.value(), leaseId);
		if (inSync && this.state == RecordState.REGISTERED) {
			this.outcome.succeeded();
		}
		else if (leaseId != 0 && !inSync && this.state != RecordState.CONFLICT) {
			this.writer.put(this.wanted.value());
		}
	}

	@Override
	public void written(long revision, long leaseId) {
		if (this.state == RecordState.LEAVING) {
			continueLeaving();
			return;
		}
		boolean before = this.state == RecordState.REGISTERED;
		boolean again = this.everRegistered;
		this.state = this.state.to(RecordState.REGISTERED);
		this.everRegistered = true;
		this.outcome.written();
		if (this.writer.holds(this.wanted.value())) {
			this.outcome.succeeded();
		}
		if (!before) {
			logger.info("Registered {} under lease {}", this.name, Long.toHexString(leaseId));
		}
		this.writer.watchFrom(revision + 1);
		sync();
		if (!before) {
			this.listener.registered(this.key, again);
		}
	}

	@Override
	public void found(@Nullable KeyValue current, long revision) {
		if (this.state == RecordState.LEAVING) {
			continueLeaving();
			return;
		}
		if (current == null) {
			if (this.state == RecordState.REGISTERED) {
				logger.warn("{} was deleted by somebody else, or its lease ran out: putting it back", this.name);
			}
			else if (this.state == RecordState.CONFLICT) {
				logger.info("{} is free now: registering", this.name);
			}
			again();
		}
		else if (current.leaseId() == 0 || this.writer.isOurs()) {
			logger.warn("Replacing {}: somebody wrote it without a lease, or it is left of a lost one", this.name);
			again();
		}
		else if (!this.everRegistered && this.state == RecordState.WANTED && this.wanted.replaces(current.value())) {
			logger.info("Taking over {} from an earlier run of this instance, whose lease {} has not run out yet",
					this.name, Long.toHexString(current.leaseId()));
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
					this.name, Long.toHexString(otherLease));
			this.state = this.state.to(RecordState.CONFLICT);
			this.outcome.missing();
			this.listener.blocked(this.key);
		}
		this.writer.watchFrom(revision + 1);
	}

	private void again() {
		wantAgain();
		this.loop.schedule(this::sync, this.backoff.next());
	}

	private void wantAgain() {
		this.state = this.state.to(RecordState.WANTED);
		this.outcome.missing();
	}

	@Override
	public void leaseGone() {
		sync();
	}

	@Override
	public void failed(EtcdException cause) {
		// Of a value that is not wanted any more it says nothing.
		boolean wanted = this.state == RecordState.LEAVING || Arrays.equals(this.attempted, this.wanted.value());
		boolean wrong = wanted && cause.reason() == Reason.FATAL;
		this.loop.schedule(this::sync, this.backoff.next(cause).plus(wrong ? WRONG : Duration.ZERO));
		if (cause.reason().isRefusal() && wanted) {
			refused(cause);
		}
	}

	private void refused(EtcdException cause) {
		this.outcome.refused(this.state, cause);
		if (this.state == RecordState.WANTED || this.state == RecordState.CONFLICT) {
			this.listener.blocked(this.key);
		}
	}

	/**
	 * Marks the record, deletes it and revokes its lease, so that no write that is under
	 * way can bring it back.
	 */
	void leave() {
		if (this.state != RecordState.LEAVING && this.state != RecordState.GONE) {
			this.state = this.state.to(RecordState.LEAVING);
			this.outcome.leaving();
			this.writer.stopWatching();
			this.lease.stop();
			this.writer.hurry();
		}
		sync();
	}

	/** Forgets the record, and leaves it to its lease. */
	void abandon() {
		this.outcome.givenUp();
		this.writer.stopWatching();
		this.lease.stop();
		if (this.state != RecordState.GONE) {
			this.state = (this.state == RecordState.LEAVING) ? this.state : this.state.to(RecordState.LEAVING);
			end();
		}
	}

	private void continueLeaving() {
		byte[] farewell = this.wanted.farewell();
		if (this.writer.isUnsettled()) {
			this.writer.read();
		}
		else if (!this.writer.isOurs()) {
			this.writer.revoke();
		}
		else if (farewell != null && !this.writer.holds(farewell) && !this.marked && this.lease.id() != 0) {
			// Once only: deleting must not wait for ever on somebody who overwrites it.
			this.marked = true;
			this.writer.put(farewell);
		}
		else {
			this.writer.delete();
		}
	}

	@Override
	public void deleted() {
		this.writer.revoke();
	}

	@Override
	public void revoked() {
		end();
	}

	private void end() {
		this.state = this.state.to(RecordState.GONE);
		this.outcome.gone();
		this.writer.close();
		this.gone.complete(null);
	}

	/**
	 * Hears how the record fares. Called on the loop.
	 */
	interface Listener {

		/** The record has come to be in etcd, for the first time or again. */
		void registered(String key, boolean again);

		/** The record is not in etcd, and cannot be for now. */
		void blocked(String key);

	}

}
