package io.github.etcddiscovery.client;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchResponse;
import io.github.etcddiscovery.client.EtcdException.Reason;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One watch, from its opening to its first disturbance. jetcd resumes a watch by itself,
 * from a revision that may lie beyond events that it has not delivered. It does not
 * report all ends either. So any sign of a disturbance ends the watch here, and the owner
 * of the revision opens a new one.
 */
final class JetcdWatch implements EtcdClient.Watch, Watch.Listener {

	private static final Logger logger = LoggerFactory.getLogger(JetcdWatch.class);

	private final String action;

	private final WatchListener listener;

	private final BiConsumer<Client, EtcdException> failures;

	private final OpenWatches openWatches;

	private final AtomicBoolean ended = new AtomicBoolean();

	private final CompletableFuture<Void> created = new CompletableFuture<>();

	private volatile @Nullable Client client;

	private volatile Watch.@Nullable Watcher watcher;

	/** Whether anything has been heard since the last check. */
	private volatile boolean heard;

	/** Whether a sign of life was ever given when it was asked for. */
	private volatile boolean answers;

	/** Whether a sign of life was asked for and has not come yet. */
	private boolean asked;

	JetcdWatch(String action, WatchListener listener, BiConsumer<Client, EtcdException> failures,
			OpenWatches openWatches) {
		this.action = action;
		this.listener = listener;
		this.failures = failures;
		this.openWatches = openWatches;
		openWatches.add(this);
	}

	void open(Client client, ByteSequence target, WatchOption option, Duration timeout) {
		this.client = client;
		try {
			this.watcher = client.getWatchClient().watch(target, option, this);
		}
		catch (RuntimeException ex) {
			onError(ex);
		}
		if (this.ended.get()) {
			release();
			return;
		}
		this.created.orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS).exceptionally((ex) -> {
			onError(ex);
			return null;
		});
	}

	@Override
	public void onNext(WatchResponse response) {
		if (this.ended.get()) {
			return;
		}
		this.heard = true;
		this.answers |= response.isProgressNotify();
		if (response.isCreatedNotify()) {
			if (!this.created.complete(null)) {
				end(new EtcdException(Reason.UNAVAILABLE, this.action + " was interrupted", null));
				return;
			}
			guarded(() -> this.listener.onCreated(response.getHeader().getRevision()));
		}
		else if (!response.getEvents().isEmpty()) {
			List<WatchEvent> events = response.getEvents().stream().map(JetcdWatch::event).toList();
			guarded(() -> this.listener.onEvents(events));
		}
	}

	private static WatchEvent event(io.etcd.jetcd.watch.WatchEvent event) {
		return new WatchEvent(event.getEventType() == io.etcd.jetcd.watch.WatchEvent.EventType.DELETE,
				JetcdEtcdClient.keyValue(event.getKeyValue()));
	}

	@Override
	public void onError(Throwable error) {
		end(EtcdErrors.sort(this.action, error));
	}

	@Override
	public void onCompleted() {
		end(new EtcdException(Reason.UNAVAILABLE, this.action + " was ended by the server", null));
	}

	private void end(EtcdException cause) {
		if (this.ended.compareAndSet(false, true)) {
			release();
			Client failed = this.client;
			if (failed != null) {
				this.failures.accept(failed, cause);
			}
			guarded(() -> this.listener.onEnd(cause));
		}
	}

	/** Ends it if it runs over this client, whose connection is given up. */
	void connectionLost(Client lost, EtcdException cause) {
		if (lost == this.client) {
			end(new EtcdException(Reason.UNAVAILABLE,
					"%s was interrupted: %s".formatted(this.action, cause.getMessage()), cause));
		}
	}

	/** Ends it if it runs over this client, whose member is left. */
	void moved(Client left) {
		if (left == this.client) {
			end(new EtcdException(Reason.MOVED, this.action + " goes on at another member", null));
		}
	}

	/**
	 * Requests progress if etcd has sent nothing for a while. Ends the watch if the
	 * request gets no answer. If this watch has never got one, it asks once and does not
	 * end: a proxy in between may not forward progress, or a large first message is still
	 * on its way. Called by one thread at a time.
	 */
	void checkAlive() {
		Watch.Watcher opened = this.watcher;
		if (opened == null || !this.created.isDone()) {
			return;
		}
		// Before asking: the answer may come at once.
		boolean silent = !this.heard;
		this.heard = false;
		if (this.asked && silent && this.answers) {
			end(new EtcdException(Reason.UNAVAILABLE, this.action + " has fallen silent", null));
		}
		else if (!this.asked && (silent || !this.answers)) {
			this.asked = true;
			guarded(opened::requestProgress);
		}
		else if (!silent) {
			this.asked = !this.answers;
		}
	}

	@Override
	public void close() {
		if (this.ended.compareAndSet(false, true)) {
			release();
		}
	}

	private void release() {
		this.openWatches.remove(this);
		this.created.complete(null);
		Watch.Watcher opened = this.watcher;
		if (opened != null) {
			opened.close();
		}
	}

	private void guarded(Runnable callback) {
		try {
			callback.run();
		}
		catch (RuntimeException ex) {
			logger.error("Unexpected error in a listener: {}", this.action, ex);
		}
	}

}
