package io.github.etcddiscovery.registry;

import java.time.Duration;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.support.EventLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out whether the predecessor that a key was taken over from is dead, as it should
 * be. The leases of the dead only run out: one that has more time left than expected was
 * renewed meanwhile.
 */
final class PredecessorCheck {

	private static final Logger logger = LoggerFactory.getLogger(PredecessorCheck.class);

	/** etcd tells whole seconds, so up to one of them may seem to be left over. */
	private static final Duration ROUNDING = Duration.ofSeconds(1);

	private final EtcdClient client;

	private final EventLoop loop;

	private final Duration wait;

	private final String name;

	PredecessorCheck(EtcdClient client, EventLoop loop, Duration heartbeat, String name) {
		this.client = client;
		this.loop = loop;
		this.wait = heartbeat.plus(ROUNDING);
		this.name = name;
	}

	/** Looks at the lease now, and again when a live process would have renewed it. */
	void lookAt(long lease) {
		this.client.timeToLive(lease)
			.thenAccept((left) -> this.loop.schedule(() -> lookAgain(lease, left.minus(this.wait)), this.wait));
	}

	private void lookAgain(long lease, Duration expected) {
		this.client.timeToLive(lease).thenAccept((left) -> {
			if (!left.isNegative() && left.compareTo(expected.plus(ROUNDING)) > 0) {
				logger.error(
						"Two live processes claim {}: the one before goes on renewing its lease {}."
								+ " Give each its own spring.cloud.etcd.discovery.instance-id or address",
						this.name, Long.toHexString(lease));
			}
		});
	}

}
