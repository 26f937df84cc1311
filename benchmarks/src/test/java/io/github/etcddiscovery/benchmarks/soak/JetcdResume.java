package io.github.etcddiscovery.benchmarks.soak;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import io.etcd.jetcd.Client;
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

import static io.github.etcddiscovery.testing.EtcdEyes.bytes;

/**
 * Watches that jetcd resumes by itself, as it does for everybody else who uses it: to see
 * whether the checker notices.
 */
final class JetcdResume {

	private JetcdResume() {
	}

	/** A client that does everything else as before. */
	static EtcdClient in(EtcdClient client, String[] endpoints) {
		Client jetcd = Client.builder().endpoints(endpoints).build();
		return (EtcdClient) Proxy.newProxyInstance(EtcdClient.class.getClassLoader(),
				new Class<?>[] { EtcdClient.class }, (proxy, method, arguments) -> {
					if (method.getName().equals("watch")) {
						return watch(jetcd, (String) arguments[0], (Boolean) arguments[1], (Long) arguments[2],
								(WatchListener) arguments[3]);
					}
					if (method.getName().equals("close")) {
						jetcd.close();
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
		Watch.Watcher watcher = jetcd.getWatchClient()
			.watch(bytes(target),
					WatchOption.builder().withRevision(revision).isPrefix(prefix).withCreateNotify(true).build(), Watch
						.listener((response) -> tell(response, listener, created), (ex) -> listener.onEnd(sorted(ex))));
		return watcher::close;
	}

	private static EtcdException sorted(Throwable ex) {
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

}
