package io.github.etcddiscovery.registry;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.WriteResult;
import io.github.etcddiscovery.support.EventLoop;
import io.github.etcddiscovery.support.Telemetry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes one key, one call at a time, each guarded by the revision at which the key was
 * last seen, and watches what others do to it. Belongs to the registrar's loop.
 */
final class KeyWriter implements KeyWatch.Listener {

	private static final Logger logger = LoggerFactory.getLogger(RecordKeeper.class);

	/**
	 * A call may be lost with a leader that hangs. Leaving has three seconds in all, of
	 * which electing another leader takes one or two.
	 */
	static final Duration HURRY = Duration.ofMillis(700);

	private final EtcdClient client;

	private final LeaseKeeper lease;

	private final EventLoop loop;

	private final String key;

	private final Listener listener;

	private final Telemetry telemetry;

	private final KnownKey known = new KnownKey();

	private final KeyWatch watch;

	/** The newest revision of which it was said, during a call, that the key changed. */
	private long unseen;

	private boolean busy;

	/** The call under way, or the last one. */
	private CompletableFuture<?> current = CompletableFuture.completedFuture(null);

	private boolean hurried;

	private boolean closed;

	KeyWriter(EtcdClient client, LeaseKeeper lease, EventLoop loop, String key, Listener listener, Telemetry telemetry,
			RandomGenerator random) {
		this.client = client;
		this.lease = lease;
		this.loop = loop;
		this.key = key;
		this.listener = listener;
		this.telemetry = telemetry;
		this.watch = new KeyWatch(client, loop, key, this, random);
	}

	/** Whether etcd is known to hold this value under this lease of ours. */
	boolean holds(byte[] value, long leaseId) {
		return holds(value) && this.known.isUnder(leaseId);
	}

	/** Whether etcd is known to hold this value, written by this process. */
	boolean holds(byte[] value) {
		return this.known.holds(value);
	}

	/** Whether what was last seen was written by this process. */
	boolean isOurs() {
		return this.known.isOurs();
	}

	/** Whether the outcome of a write is open, so that the key may hold it unseen. */
	boolean isUnsettled() {
		return this.known.isUnsettled();
	}

	/**
	 * Notes that etcd has deleted a lease.
	 * @return whether the key is deleted too; false if another lease of this process
	 * holds it
	 */
	boolean leaseLost(long leaseId) {
		boolean gone = !this.known.isOurs() || this.known.isUnder(leaseId);
		if (gone) {
			// Perhaps etcd was wiped, and its revisions mean something else by now.
			this.known.vanished();
		}
		return gone;
	}

	/** Watches what others do to the key, if it does not yet. */
	void watchFrom(long revision) {
		this.watch.openFrom(revision);
	}

	/** Does not watch the key any more. */
	void stopWatching() {
		this.watch.close();
	}

	/** Whether a call is under way. */
	boolean isBusy() {
		return this.busy;
	}

	/** Repeats calls that are not answered soon, from the one under way on. */
	void hurry() {
		this.hurried = true;
		hurry(this.current);
	}

	private void hurry(CompletableFuture<?> call) {
		this.loop
			.schedule(
					() -> call.completeExceptionally(new EtcdException(Reason.UNAVAILABLE,
							"No answer within %d ms while %s leaves".formatted(HURRY.toMillis(), this.key), null)),
					HURRY);
	}

	/** Reports nothing any more. */
	void close() {
		this.closed = true;
	}

	/** Writes the key under the lease held. */
	void put(byte[] value) {
		long leaseId = this.lease.id();
		boolean unsettledBefore = this.known.isUnsettled();
		long expected = this.known.modRevision();
		this.known.setUnsettled(true);
		long sentAt = this.loop.nanoTime();
		call(this.client.put(this.key, value, leaseId, expected), (result) -> {
			this.known.setUnsettled(false);
			if (result.applied()) {
				this.telemetry.written(this.key, result.revision(), sentAt);
				wrote(value, result.revision(), leaseId);
			}
			else {
				found(result.current(), result.revision());
			}
		}, (cause) -> putFailed(cause, leaseId, unsettledBefore));
	}

	private void putFailed(EtcdException cause, long leaseId, boolean unsettledBefore) {
		if (cause.reason() == Reason.LEASE_NOT_FOUND) {
			// Nothing written under that lease can be there any more.
			this.known.setUnsettled(false);
			this.lease.lost(leaseId);
			this.listener.leaseGone();
			return;
		}
		if (cause.reason().isRefusal()) {
			this.known.setUnsettled(unsettledBefore);
		}
		this.listener.failed(cause);
	}

	private void wrote(byte[] value, long revision, long leaseId) {
		this.known.wrote(value, revision, leaseId);
		this.listener.written(revision, leaseId);
	}

	@Override
	public void changed(@Nullable KeyValue current, long revision) {
		if (!readLater(revision) && revision > this.known.modRevision()) {
			found(current, revision);
		}
	}

	@Override
	public void read(@Nullable KeyValue current, long revision) {
		// A wiped etcd counts from the beginning, so this may well be a lower revision.
		long found = (current != null) ? current.modRevision() : 0;
		if (!readLater(Long.MAX_VALUE) && found != this.known.modRevision()) {
			found(current, revision);
		}
	}

	/**
	 * During a call, a reported change may come from the call itself, or may be outdated
	 * when the call ends. So the key is read after the call.
	 */
	private boolean readLater(long revision) {
		if (this.busy) {
			this.unseen = Math.max(this.unseen, revision);
		}
		return this.busy;
	}

	/** Reads the key before anything else is done to it. */
	void readNext() {
		this.unseen = Long.MAX_VALUE;
	}

	/** Reads the key if it has changed unseen, and returns whether it does. */
	boolean readIfDue() {
		boolean due = this.unseen > this.known.modRevision();
		if (due) {
			read();
		}
		return due;
	}

	/** Reads the key, so that it is known what came of writes. */
	void read() {
		this.unseen = 0;
		call(this.client.get(this.key, 0), (result) -> {
			this.known.setUnsettled(false);
			found(result.current(), result.revision());
		}, (cause) -> {
			readNext();
			this.listener.failed(cause);
		});
	}

	/** Deletes the key as it was last seen. */
	void delete() {
		call(this.client.delete(this.key, this.known.modRevision()), (WriteResult result) -> {
			if (result.applied()) {
				this.known.vanished();
				this.listener.deleted();
			}
			else {
				found(result.current(), result.revision());
			}
		}, this.listener::failed);
	}

	/** Revokes the lease: after that nothing can be written under it. */
	void revoke() {
		call(this.lease.revoke(), (done) -> this.listener.revoked(), (cause) -> {
			if (cause.reason().isRefusal()) {
				logger.info("The lease of {} runs out by itself, since it cannot be revoked: {}", this.key,
						cause.getMessage());
				this.listener.revoked();
			}
			else {
				this.listener.failed(cause);
			}
		});
	}

	/** The key is not as it was thought to be. */
	private void found(@Nullable KeyValue current, long revision) {
		if (current != null && current.leaseId() != 0 && current.leaseId() == this.lease.id()) {
			// A write of ours took effect although no answer came.
			wrote(current.value(), current.modRevision(), current.leaseId());
			return;
		}
		this.known.saw(current, current != null && this.lease.isOurs(current.leaseId()));
		this.listener.found(current, revision);
	}

	private <T> void call(CompletableFuture<T> answer, Consumer<T> answered, Consumer<EtcdException> failed) {
		CompletableFuture<T> call = answer.copy();
		if (this.hurried) {
			hurry(call);
		}
		this.current = call;
		call.whenComplete((result, error) -> this.loop.execute(() -> {
			this.busy = false;
			if (this.closed) {
				return;
			}
			if (error != null) {
				failed.accept(EtcdException.from(error));
			}
			else {
				answered.accept(result);
				if (!this.busy && !this.closed) {
					readIfDue();
				}
			}
		}));
		this.busy = true;
	}

	/**
	 * Hears what came of a call. Called on the loop.
	 */
	interface Listener {

		/** etcd holds what was written; another value may be wanted by now. */
		void written(long revision, long leaseId);

		/** The key has been deleted. */
		void deleted();

		/** The lease has been revoked, or will not be. */
		void revoked();

		/** This is what is there, as etcd was at this revision. */
		void found(@Nullable KeyValue current, long revision);

		/** The lease under which it was to be written is gone. */
		void leaseGone();

		/** No answer, or a refusal. */
		void failed(EtcdException cause);

	}

}
