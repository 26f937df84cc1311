package io.github.etcddiscovery.registry;

import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

import io.github.etcddiscovery.client.EtcdBackoff;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.support.EventLoop;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the one lease under which all records of a process are written. Gets another one
 * when it is lost, or to be replaced. Belongs to the registrar's loop.
 */
final class LeaseKeeper implements GrantedLease.Listener {

	private static final Logger logger = LoggerFactory.getLogger(LeaseKeeper.class);

	private final EtcdClient client;

	private final TtlOption ttl;

	private final EventLoop loop;

	private final Listener listener;

	private final EtcdBackoff backoff;

	private LeaseState state = LeaseState.NONE;

	private volatile @Nullable GrantedLease held;

	/** The lease that was replaced, as long as etcd may know it. */
	private @Nullable GrantedLease replaced;

	private boolean revoking;

	/** Leases held before: what is attached to one of them is ours as well. */
	private final Set<Long> former = new HashSet<>();

	/** Why no lease can be had, {@code null} if that is not so. */
	private @Nullable EtcdException grantFailure;

	/** Why the lease cannot be renewed, {@code null} if that is not so. */
	private @Nullable EtcdException renewalFailure;

	LeaseKeeper(EtcdClient client, TtlOption ttl, EventLoop loop, Listener listener, RandomGenerator random) {
		this.client = client;
		this.ttl = ttl;
		this.loop = loop;
		this.listener = listener;
		this.backoff = new EtcdBackoff(random);
	}

	/** Returns the id of the lease held, 0 if none is. May be called from any thread. */
	long id() {
		return idOf(this.held);
	}

	private static long idOf(@Nullable GrantedLease lease) {
		return (lease != null) ? lease.id() : 0;
	}

	/**
	 * Returns for how long the lease lives on without being renewed, zero without one.
	 * May be called from any thread.
	 */
	Duration remaining() {
		GrantedLease current = this.held;
		return (current != null) ? current.remaining() : Duration.ZERO;
	}

	/** Whether a lease is or was held by this process. */
	boolean isOurs(long leaseId) {
		return leaseId != 0 && (leaseId == id() || this.former.contains(leaseId));
	}

	/** Whether etcd may still apply a write under a lease of this process. */
	boolean mayLive(long leaseId) {
		return leaseId != 0 && (leaseId == id() || leaseId == idOf(this.replaced));
	}

	/** Asks for a lease if none is held or on its way. */
	void require() {
		if (this.state == LeaseState.NONE) {
			this.state = this.state.to(LeaseState.GRANTING);
			grant();
		}
	}

	/**
	 * Wants another lease, so that the one held can be revoked, and with it whatever etcd
	 * may still be about to write under it. One at a time: who asks while another is on
	 * its way out asks again when that has gone.
	 */
	void replace() {
		if (this.state == LeaseState.HELD && this.replaced == null) {
			this.state = this.state.to(LeaseState.REPLACING);
			grant();
		}
	}

	/** Revokes the lease that was replaced, if no record needs it any more. */
	void revokeReplacedIfUnused() {
		GrantedLease old = this.replaced;
		if (old != null && !this.revoking && !this.listener.needs(old.id())) {
			this.revoking = true;
			old.stop();
			revoke(old);
		}
	}

	private void revoke(GrantedLease old) {
		this.client.revoke(old.id()).whenComplete((done, error) -> this.loop.execute(() -> {
			if (error == null) {
				replacedIsGone(old.id());
			}
			else if (old == this.replaced) {
				this.loop.schedule(() -> revoke(old), this.backoff.next(EtcdException.from(error)));
			}
		}));
	}

	private void replacedIsGone(long leaseId) {
		if (leaseId == idOf(this.replaced)) {
			this.replaced = null;
			this.revoking = false;
			this.listener.replacedIsGone();
		}
	}

	/** Hears, from a failed write too, that a lease is gone. */
	@Override
	public void lost(long leaseId) {
		GrantedLease current = this.held;
		if (current != null && leaseId == current.id()) {
			logger.warn("Lost lease {}: etcd does not know it any more", Long.toHexString(leaseId));
			boolean granting = this.state == LeaseState.REPLACING;
			this.state = this.state.to(LeaseState.GRANTING);
			this.former.add(leaseId);
			current.stop();
			this.held = null;
			this.listener.leaseLost(leaseId);
			if (!granting) {
				grant();
			}
		}
		else {
			replacedIsGone(leaseId);
		}
	}

	/** Gives the lease back. Completes on any thread; fails if etcd could not be told. */
	CompletableFuture<Void> release() {
		CompletableFuture<?>[] revoked = Stream.of(id(), idOf(this.replaced))
			.filter((leaseId) -> leaseId != 0)
			.map(this.client::revoke)
			.toArray(CompletableFuture[]::new);
		abandon();
		return CompletableFuture.allOf(revoked);
	}

	/** Stops renewing the lease, so that it runs out by itself. */
	void abandon() {
		if (this.state != LeaseState.RELEASED) {
			this.state = this.state.to(LeaseState.RELEASED);
			Stream.of(this.held, this.replaced).filter(Objects::nonNull).forEach(GrantedLease::stop);
			this.held = null;
			this.replaced = null;
		}
	}

	private void grant() {
		long sentAt = this.loop.nanoTime();
		this.client.grant(this.ttl.ttl()).whenComplete((granted, error) -> this.loop.execute(() -> {
			if (this.state == LeaseState.RELEASED) {
				if (granted != null) {
					this.client.revoke(granted.id());
				}
				return;
			}
			if (error != null) {
				EtcdException cause = EtcdException.from(error);
				report(this.grantFailure, cause, "No lease for now: {}");
				this.grantFailure = cause;
				this.loop.schedule(this::grantAgain, this.backoff.next(cause));
				return;
			}
			granted(new GrantedLease(this.client, this.loop, this.ttl.heartbeat(), this.backoff, this, granted.id(),
					sentAt + granted.ttl().toNanos()));
		}));
	}

	private void grantAgain() {
		if (this.state != LeaseState.RELEASED) {
			grant();
		}
	}

	private void granted(GrantedLease lease) {
		this.grantFailure = succeeded(this.grantFailure, "A lease is granted again");
		GrantedLease before = this.held;
		if (before != null) {
			this.former.add(before.id());
			this.replaced = before;
			logger.info("Moving from lease {} to lease {}, so that the former one can be revoked",
					Long.toHexString(before.id()), Long.toHexString(lease.id()));
		}
		this.state = this.state.to(LeaseState.HELD);
		this.held = lease;
		logger.debug("Granted lease {} with a ttl of {} s", Long.toHexString(lease.id()),
				lease.remaining().toSeconds());
		lease.start();
		this.listener.leaseHeld();
		revokeReplacedIfUnused();
	}

	@Override
	public void renewed(GrantedLease lease) {
		if (lease == this.held) {
			this.renewalFailure = succeeded(this.renewalFailure, "The lease is renewed again");
			this.listener.leaseRenewed();
		}
	}

	@Override
	public void failed(EtcdException cause) {
		report(this.renewalFailure, cause, "The lease cannot be renewed for now: {}");
		this.renewalFailure = cause;
	}

	private void report(@Nullable EtcdException before, EtcdException cause, String message) {
		if (before == null || before.reason() != cause.reason()) {
			logger.warn(message, cause.getMessage());
		}
		// Each time: a record may be wanted only since the last one.
		this.listener.leaseFailed(cause);
	}

	private @Nullable EtcdException succeeded(@Nullable EtcdException before, String message) {
		if (before != null) {
			logger.info(message);
		}
		this.backoff.reset();
		return null;
	}

	/**
	 * Hears what becomes of the lease. Called on the loop.
	 */
	interface Listener {

		/** A lease is held: records can be written. */
		void leaseHeld();

		/** The lease has been renewed. */
		void leaseRenewed();

		/** An attempt has failed; others follow. */
		void leaseFailed(EtcdException cause);

		/** The lease is gone, and with it all that was written under it. */
		void leaseLost(long leaseId);

		/** Whether a record would go, or not come, if this lease were revoked. */
		boolean needs(long leaseId);

		/** The lease that was replaced is gone, so nothing more comes of it. */
		void replacedIsGone();

	}

}
