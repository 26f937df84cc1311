package io.github.etcddiscovery.registry;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

import io.github.etcddiscovery.client.EtcdBackoff;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.support.EventLoop;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the one lease under which all records of a process are written. Renews it with
 * every heartbeat, and gets a new one when it is lost. Belongs to the registrar's loop.
 */
final class LeaseKeeper {

	private static final Logger logger = LoggerFactory.getLogger(LeaseKeeper.class);

	private final EtcdClient client;

	private final TtlOption ttl;

	private final EventLoop loop;

	private final Listener listener;

	private final EtcdBackoff backoff;

	private LeaseState state = LeaseState.NONE;

	private volatile @Nullable Held held;

	/** Leases held before: what is attached to one of them is ours as well. */
	private final Set<Long> former = new HashSet<>();

	private @Nullable EtcdException failure;

	LeaseKeeper(EtcdClient client, TtlOption ttl, EventLoop loop, Listener listener, RandomGenerator random) {
		this.client = client;
		this.ttl = ttl;
		this.loop = loop;
		this.listener = listener;
		this.backoff = new EtcdBackoff(random);
	}

	/** Returns the id of the lease held, 0 if none is. May be called from any thread. */
	long id() {
		Held current = this.held;
		return (current != null) ? current.id() : 0;
	}

	/**
	 * Returns for how long the lease lives on without being renewed, zero without one.
	 * May be called from any thread.
	 */
	Duration remaining() {
		Held current = this.held;
		long nanos = (current != null) ? current.expiry() - this.loop.nanoTime() : 0;
		return Duration.ofNanos(Math.max(0, nanos));
	}

	/** Whether a lease is or was held by this process. */
	boolean isOurs(long leaseId) {
		return leaseId != 0 && (leaseId == id() || this.former.contains(leaseId));
	}

	/** Asks for a lease if none is held or on its way. */
	void require() {
		if (this.state == LeaseState.NONE) {
			this.state = this.state.to(LeaseState.GRANTING);
			grant();
		}
	}

	/** Hears from a failed write that a lease is gone. */
	void lost(long leaseId) {
		if (this.state == LeaseState.HELD && leaseId == id()) {
			logger.warn("Lost lease {}: etcd does not know it any more", Long.toHexString(leaseId));
			this.state = this.state.to(LeaseState.GRANTING);
			this.former.add(leaseId);
			this.held = null;
			this.listener.leaseLost();
			grant();
		}
	}

	/** Gives the lease back. Completes on any thread; fails if etcd could not be told. */
	CompletableFuture<Void> release() {
		long leaseId = id();
		abandon();
		return (leaseId != 0) ? this.client.revoke(leaseId) : CompletableFuture.completedFuture(null);
	}

	/** Stops renewing the lease, so that it runs out by itself. */
	void abandon() {
		if (this.state != LeaseState.RELEASED) {
			this.state = this.state.to(LeaseState.RELEASED);
			this.held = null;
		}
	}

	private void grant() {
		long sentAt = this.loop.nanoTime();
		this.client.grant(this.ttl.ttl()).whenComplete((granted, error) -> this.loop.execute(() -> {
			if (this.state != LeaseState.GRANTING) {
				if (granted != null) {
					this.client.revoke(granted.id());
				}
				return;
			}
			if (error != null) {
				EtcdException cause = EtcdException.from(error);
				failed(cause);
				this.loop.schedule(this::grantAgain, this.backoff.next(cause));
				return;
			}
			succeeded();
			this.state = this.state.to(LeaseState.HELD);
			this.held = new Held(granted.id(), sentAt + granted.ttl().toNanos());
			logger.debug("Granted lease {} with a ttl of {} s", Long.toHexString(granted.id()),
					granted.ttl().toSeconds());
			this.listener.leaseHeld();
			scheduleRenewal(granted.id(), this.ttl.heartbeat());
		}));
	}

	private void grantAgain() {
		if (this.state == LeaseState.GRANTING) {
			grant();
		}
	}

	private void scheduleRenewal(long leaseId, Duration wait) {
		this.loop.schedule(() -> renew(leaseId), wait);
	}

	private void renew(long leaseId) {
		if (leaseId != id()) {
			return;
		}
		long sentAt = this.loop.nanoTime();
		this.client.keepAlive(leaseId).whenComplete((left, error) -> this.loop.execute(() -> {
			if (leaseId != id()) {
				return;
			}
			if (error == null) {
				succeeded();
				this.held = new Held(leaseId, sentAt + left.toNanos());
				this.listener.leaseRenewed();
				Duration spent = Duration.ofNanos(this.loop.nanoTime() - sentAt);
				scheduleRenewal(leaseId, this.ttl.heartbeat().minus(spent));
				return;
			}
			EtcdException cause = EtcdException.from(error);
			if (cause.reason() == Reason.LEASE_NOT_FOUND) {
				lost(leaseId);
				return;
			}
			failed(cause);
			scheduleRenewal(leaseId, this.backoff.next(cause));
		}));
	}

	private void failed(EtcdException cause) {
		if (this.failure == null || this.failure.reason() != cause.reason()) {
			logger.warn((this.held != null) ? "The lease cannot be renewed for now: {}" : "No lease for now: {}",
					cause.getMessage());
			this.listener.leaseFailed(cause);
		}
		this.failure = cause;
	}

	private void succeeded() {
		if (this.failure != null) {
			logger.info("The lease is granted or renewed again");
		}
		this.failure = null;
		this.backoff.reset();
	}

	/**
	 * A lease that is held.
	 *
	 * @param id its id
	 * @param expiry when it runs out unless renewed, by the clock of the loop
	 */
	private record Held(long id, long expiry) {

	}

	/**
	 * Hears what becomes of the lease. Called on the loop.
	 */
	interface Listener {

		/** A lease is held: records can be written. */
		void leaseHeld();

		/** The lease has been renewed. */
		void leaseRenewed();

		/** Attempts fail, for the first time or now for another reason; they go on. */
		void leaseFailed(EtcdException cause);

		/** The lease is gone, and with it all that was written under it. */
		void leaseLost();

	}

}
