package io.github.etcddiscovery.client;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

import io.etcd.jetcd.Client;
import io.github.etcddiscovery.support.EventLoop;

/**
 * The watches of a client that have not ended. Sees to it that none outlives its
 * connection, or is silent because it is dead. Safe to use from any thread.
 */
final class OpenWatches {

	/**
	 * A watch that says nothing is asked for a sign of life after one to two of these,
	 * and given up after another one, twelve seconds at most, if it has ever given one. A
	 * healthy etcd answers in milliseconds; etcd's gRPC proxy never does.
	 */
	private static final Duration CHECK_INTERVAL = Duration.ofSeconds(4);

	private final EventLoop loop;

	private final Set<JetcdWatch> watches = ConcurrentHashMap.newKeySet();

	private final AtomicBoolean checking = new AtomicBoolean();

	OpenWatches(EventLoop loop) {
		this.loop = loop;
	}

	void add(JetcdWatch watch) {
		this.watches.add(watch);
		checkLater();
	}

	void remove(JetcdWatch watch) {
		this.watches.remove(watch);
	}

	/** Ends all watches of a client whose connection is given up. */
	void connectionLost(Client client, EtcdException cause) {
		this.watches.forEach((watch) -> watch.connectionLost(client, cause));
	}

	/** Ends all watches of a client whose member is left. */
	void moved(Client client) {
		this.watches.forEach((watch) -> watch.moved(client));
	}

	private void checkLater() {
		if (!this.watches.isEmpty() && this.checking.compareAndSet(false, true)) {
			this.loop.schedule(this::check, CHECK_INTERVAL);
		}
	}

	private void check() {
		try {
			this.watches.forEach(JetcdWatch::checkAlive);
		}
		finally {
			this.checking.set(false);
			checkLater();
		}
	}

}
