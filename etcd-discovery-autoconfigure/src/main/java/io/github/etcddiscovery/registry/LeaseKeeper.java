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
import io.github.etcddiscovery.client.Lease;
import io.github.etcddiscovery.support.EventLoop;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the lease of one record: renews it with every heartbeat, and has another one
 * granted when it is lost. Belongs to the registrar's loop.
 */
final class LeaseKeeper {

	private static final Logger logger = LoggerFactory.getLogger(LeaseKeeper.class);

	private final EtcdClient client;

	private final TtlOption ttl;

	private final EventLoop loop;

	private final String name;

	private final Listener listener;

	private final EtcdBackoff backoff;

	private LeaseState state = LeaseState.NONE;

	/** The lease held, 0 for none. */
	private volatile long id;

	/** When the lease runs out unless it is renewed, by the clock of the loop. */
	private volatile long expiry;

	/** Leases held before: a key that is attached to one of them is ours as well. */
	private final Set<Long> former = new HashSet<>();

	private final FailureLog grants = new FailureLog();

	private final FailureLog renewals = new FailureLog();

	LeaseKeeper(EtcdClient client, TtlOption ttl, EventLoop loop, String name, Listener listener,
			RandomGenerator random) {
		this.client = client;
		this.ttl = ttl;
		this.loop = loop;
		this.name = name;
		this.listener = listener;
		this.backoff = new EtcdBackoff(random);
	}

	/** Returns the id of the lease held, 0 if none is. May be called from any thread. */
	long id() {
		return this.id;
	}

	/**
	 * Returns for how long the lease lives on without being renewed, zero without one.
	 * May be called from any thread.
	 */
	Duration remaining() {
		return (this.id != 0) ? Duration.ofNanos(Math.max(0, this.expiry - this.loop.nanoTime())) : Duration.ZERO;
	}

	/** Whether the lease is or was held by this record. */
	boolean isOurs(long leaseId) {
		return leaseId != 0 && (leaseId == this.id || this.former.contains(leaseId));
	}

	/** Has a lease granted if none is held or on its way. */
	void require() {
		if (this.state == LeaseState.NONE) {
			this.state = this.state.to(LeaseState.GRANTING);
			grant();
		}
	}

	private void grant() {
		if (this.state != LeaseState.GRANTING) {
			return;
		}
		long sentAt = this.loop.nanoTime();
		this.client.grant(this.ttl.ttl()).whenComplete((granted, error) -> this.loop.execute(() -> {
			if (error == null) {
				granted(granted, sentAt);
			}
			else if (this.state == LeaseState.GRANTING) {
				EtcdException cause = EtcdException.from(error);
				this.loop.schedule(this::grant, this.backoff.next(cause));
				this.grants.failed(cause, "No lease for {} yet: {}");
				this.listener.leaseFailed(cause);
			}
		}));
	}

	private void granted(Lease granted, long sentAt) {
		if (this.state != LeaseState.GRANTING) {
			this.client.revoke(granted.id());
			return;
		}
		this.state = this.state.to(LeaseState.HELD);
		this.expiry = sentAt + granted.ttl().toNanos();
		this.id = granted.id();
		renewLater(granted.id(), this.ttl.heartbeat());
		this.backoff.reset();
		this.grants.succeeded("A lease for {} is granted again");
		logger.debug("Granted lease {} for {} with a ttl of {} s", Long.toHexString(granted.id()), this.name,
				granted.ttl().toSeconds());
		this.listener.leaseHeld();
	}

	private void renewLater(long leaseId, Duration wait) {
		this.loop.schedule(() -> renew(leaseId), wait);
	}

	private void renew(long leaseId) {
		if (leaseId != this.id || this.state != LeaseState.HELD) {
			return;
		}
		long sentAt = this.loop.nanoTime();
		this.client.keepAlive(leaseId).whenComplete((left, error) -> this.loop.execute(() -> {
			if (leaseId != this.id || this.state != LeaseState.HELD) {
				return;
			}
			EtcdException cause = (error != null) ? EtcdException.from(error) : null;
			if (cause == null) {
				// Before anything that might throw.
				renewLater(leaseId, this.ttl.heartbeat().minusNanos(this.loop.nanoTime() - sentAt));
				this.expiry = sentAt + left.toNanos();
				this.backoff.reset();
				this.renewals.succeeded("The lease of {} is renewed again");
				this.listener.leaseRenewed();
			}
			else if (cause.reason() == Reason.LEASE_NOT_FOUND) {
				lost(leaseId);
			}
			else {
				renewLater(leaseId, this.backoff.next(cause));
				this.renewals.failed(cause, "The lease of {} cannot be renewed for now: {}");
				this.listener.leaseFailed(cause);
			}
		}));
	}

	/** Hears, from a failed write too, that etcd does not know a lease any more. */
	void lost(long leaseId) {
		if (leaseId == 0 || leaseId != this.id) {
			return;
		}
		this.former.add(leaseId);
		this.id = 0;
		if (this.state == LeaseState.HELD) {
			logger.warn("Lost lease {} of {}: etcd does not know it any more", Long.toHexString(leaseId), this.name);
			this.state = this.state.to(LeaseState.GRANTING);
			grant();
		}
		this.listener.leaseLost(leaseId);
	}

	/** Neither renews the lease from now on nor has another one granted. */
	void stop() {
		if (this.state != LeaseState.RELEASED) {
			this.state = this.state.to(LeaseState.RELEASED);
		}
	}

	/**
	 * Revokes the lease, if there is one: after that nothing can be written under it.
	 * @return completes on any thread; fails if etcd did not do it
	 */
	CompletableFuture<Void> revoke() {
		return (this.id != 0) ? this.client.revoke(this.id) : CompletableFuture.completedFuture(null);
	}

	/**
	 * Hears what becomes of the lease. Called on the loop.
	 */
	interface Listener {

		/** A lease is held: the record can be written. */
		void leaseHeld();

		/** The lease has been renewed. */
		void leaseRenewed();

		/** An attempt has failed; others follow. */
		void leaseFailed(EtcdException cause);

		/** The lease is gone, and with it what was written under it. */
		void leaseLost(long leaseId);

	}

	/**
	 * Logs the failures of one kind of call: once for each reason. While there is no
	 * connection, the line of the client stands for all records. A call that fails as the
	 * connection is lost, or was waiting until it came back, may fail while the client is
	 * connected. So a single failure of this kind is not logged.
	 */
	private final class FailureLog {

		/** The failure in the log, {@code null} if there is none. */
		private @Nullable EtcdException logged;

		/** How many calls in a row had no answer although there was a connection. */
		private int unanswered;

		void failed(EtcdException cause, String message) {
			boolean unavailable = cause.reason() == Reason.UNAVAILABLE;
			this.unanswered = (unavailable && LeaseKeeper.this.client.isConnected()) ? this.unanswered + 1 : 0;
			boolean unexplained = !unavailable || this.unanswered > 1;
			if (unexplained && (this.logged == null || this.logged.reason() != cause.reason())) {
				this.logged = cause;
				logger.warn(message, LeaseKeeper.this.name, cause.getMessage());
			}
		}

		void succeeded(String message) {
			this.unanswered = 0;
			if (this.logged != null) {
				this.logged = null;
				logger.info(message, LeaseKeeper.this.name);
			}
		}

	}

}
