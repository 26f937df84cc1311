package io.github.etcddiscovery.registry;

import java.time.Duration;

import io.github.etcddiscovery.client.EtcdBackoff;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.support.EventLoop;

/**
 * One lease, renewed with every heartbeat until it is stopped or lost. Belongs to the
 * registrar's loop.
 */
final class GrantedLease {

	private final EtcdClient client;

	private final EventLoop loop;

	private final Duration heartbeat;

	private final EtcdBackoff backoff;

	private final Listener listener;

	private final long id;

	private volatile long expiry;

	private boolean stopped;

	/**
	 * Creates a lease.
	 * @param client how to reach etcd
	 * @param loop where all of it happens
	 * @param heartbeat how often to renew
	 * @param backoff how long to wait after a failure
	 * @param listener hears how renewing goes
	 * @param id the lease's id
	 * @param expiry when it runs out unless renewed, by the clock of the loop
	 */
	GrantedLease(EtcdClient client, EventLoop loop, Duration heartbeat, EtcdBackoff backoff, Listener listener, long id,
			long expiry) {
		this.client = client;
		this.loop = loop;
		this.heartbeat = heartbeat;
		this.backoff = backoff;
		this.listener = listener;
		this.id = id;
		this.expiry = expiry;
	}

	long id() {
		return this.id;
	}

	/** For how long it lives on without being renewed. May be called from any thread. */
	Duration remaining() {
		return Duration.ofNanos(Math.max(0, this.expiry - this.loop.nanoTime()));
	}

	void start() {
		schedule(this.heartbeat);
	}

	/** Renews it no more, so that it runs out unless it is revoked. */
	void stop() {
		this.stopped = true;
	}

	private void schedule(Duration wait) {
		this.loop.schedule(this::renew, wait);
	}

	private void renew() {
		if (this.stopped) {
			return;
		}
		long sentAt = this.loop.nanoTime();
		this.client.keepAlive(this.id).whenComplete((left, error) -> this.loop.execute(() -> {
			if (this.stopped) {
				return;
			}
			if (error == null) {
				this.expiry = sentAt + left.toNanos();
				this.listener.renewed(this);
				schedule(this.heartbeat.minus(Duration.ofNanos(this.loop.nanoTime() - sentAt)));
				return;
			}
			EtcdException cause = EtcdException.from(error);
			if (cause.reason() == Reason.LEASE_NOT_FOUND) {
				this.listener.lost(this.id);
				return;
			}
			this.listener.failed(cause);
			schedule(this.backoff.next(cause));
		}));
	}

	/**
	 * Hears how renewing goes. Called on the loop.
	 */
	interface Listener {

		void renewed(GrantedLease lease);

		/** etcd does not know the lease any more. */
		void lost(long leaseId);

		/** It could not be renewed; it is being tried again. */
		void failed(EtcdException cause);

	}

}
