package io.github.etcddiscovery.snapshot;

import java.time.Instant;
import java.util.List;

import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.view.Catalog.Position;

/**
 * The available instances that a view held.
 *
 * @param time when the view was current
 * @param positions how far each prefix had been followed
 * @param entries the instances
 */
record Snapshot(Instant time, List<Position> positions, List<Entry> entries) {

	/**
	 * An instance.
	 *
	 * @param key which instance it is
	 * @param leaseId the lease under which its key was in etcd, 0 for none
	 * @param value its record, in the format {@code json}
	 */
	record Entry(InstanceKey key, long leaseId, String value) {

	}

}
