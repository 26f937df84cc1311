package io.github.etcddiscovery.soak;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import io.etcd.jetcd.Client;
import io.etcd.jetcd.ClientBuilder;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.common.exception.CompactedException;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchEvent.EventType;
import io.etcd.jetcd.watch.WatchResponse;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.WatchEvent;
import io.github.etcddiscovery.client.WatchListener;

import static io.github.etcddiscovery.testsupport.EtcdEyes.bytes;

/**
 * Clients whose watches are worse than ours, and which do everything else as before: to
 * see whether the checker notices.
 */
final class WorseWatches {

	/** One message of so many is lost. */
	private static final int LOST = 500;

	private WorseWatches() {
	}

	/** Watches that jetcd resumes by itself, as it does for all others who use it. */
	static EtcdClient resumedByJetcd(EtcdClient client, ClientBuilder builder) {
		Client jetcd = builder.build();
		return with(client, (target, prefix, revision, listener) -> watch(jetcd, target, prefix, revision, listener),
				jetcd::close);
	}

	/** Watches that do not tell everything. */
	static EtcdClient losing(EtcdClient client, ClientBuilder builder) {
		AtomicInteger messages = new AtomicInteger();
		return with(client,
				(target, prefix, revision, listener) -> client.watch(target, prefix, revision, new WatchListener() {

					@Override
					public void onCreated(long created) {
						listener.onCreated(created);
					}

					@Override
					public void onEvents(List<WatchEvent> events) {
						if (messages.incrementAndGet() % LOST != 0) {
							listener.onEvents(events);
						}
					}

					@Override
					public void onEnd(EtcdException cause) {
						listener.onEnd(cause);
					}

				}), () -> {
				});
	}

	private static EtcdClient with(EtcdClient client, Watching watching, Runnable closing) {
		return (EtcdClient) Proxy.newProxyInstance(EtcdClient.class.getClassLoader(),
				new Class<?>[] { EtcdClient.class }, (proxy, method, arguments) -> {
					if (method.getName().equals("watch")) {
						return watching.watch((String) arguments[0], (Boolean) arguments[1], (Long) arguments[2],
								(WatchListener) arguments[3]);
					}
					if (method.getName().equals("close")) {
						closing.run();
					}
					try {
						return method.invoke(client, arguments);
					}
					catch (InvocationTargetException ex) {
						throw ex.getCause();
					}
				});
	}

	private static EtcdClient.Watch watch(Client jetcd, String target, boolean prefix, long revision,
			WatchListener listener) {
		AtomicBoolean created = new AtomicBoolean();
		AtomicReference<Throwable> cause = new AtomicReference<>();
		// Errors are told before it resumes, too; only when it has completed it does not.
		Watch.Listener jetcdListener = Watch.listener((response) -> tell(response, listener, created), cause::set,
				() -> listener.onEnd(sorted(cause.get())));
		Watch.Watcher watcher = jetcd.getWatchClient()
			.watch(bytes(target),
					WatchOption.builder().withRevision(revision).isPrefix(prefix).withCreateNotify(true).build(),
					jetcdListener);
		return watcher::close;
	}

	private static EtcdException sorted(Throwable ex) {
		if (ex == null) {
			return new EtcdException(EtcdException.Reason.UNAVAILABLE, "Ended by etcd", null);
		}
		return (ex instanceof CompactedException)
				? new EtcdException(EtcdException.Reason.COMPACTED, "Compacted meanwhile", ex) : EtcdException.from(ex);
	}

	private static void tell(WatchResponse response, WatchListener listener, AtomicBoolean created) {
		if (created.compareAndSet(false, true)) {
			listener.onCreated(response.getHeader().getRevision());
		}
		List<WatchEvent> events = response.getEvents()
			.stream()
			.map((event) -> new WatchEvent(event.getEventType() == EventType.DELETE,
					new KeyValue(event.getKeyValue().getKey().toString(), event.getKeyValue().getValue().getBytes(),
							event.getKeyValue().getModRevision(), event.getKeyValue().getLease())))
			.toList();
		if (!events.isEmpty()) {
			listener.onEvents(events);
		}
	}

	/**
	 * Opens a watch.
	 */
	private interface Watching {

		EtcdClient.Watch watch(String target, boolean prefix, long revision, WatchListener listener);

	}

}
