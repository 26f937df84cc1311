package io.github.etcddiscovery.cloud;

import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.registry.RecordState;

/**
 * A record that is registered, or to be registered as soon as etcd lets it.
 *
 * @param key its key
 * @param state how far it is
 * @param status what it says of itself
 * @param lease the lease it is written under, in hexadecimal digits as etcdctl shows it;
 * 0 for none yet
 * @param leaseRemainingMillis for how long that lives on if it is not renewed any more,
 * in milliseconds
 * @param host where others reach it
 * @param hostReason why there
 * @param port the port
 */
public record RegisteredRecord(String key, RecordState state, InstanceStatus status, String lease,
		long leaseRemainingMillis, String host, String hostReason, int port) {

}
