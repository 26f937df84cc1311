package io.github.etcddiscovery.cloud.registration;

import java.time.Duration;
import java.util.Map;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.registry.RecordState;
import io.github.etcddiscovery.registry.Registrar;
import io.github.etcddiscovery.registry.WantedRecord;
import org.jspecify.annotations.Nullable;

/**
 * A record that is registered, or to be registered as soon as etcd lets it.
 *
 * @param key its key
 * @param state how far it is
 * @param refusal why etcd does not have it as it should be, {@code null} if it does not
 * say so
 * @param status what it says of itself; where its format has no room for that, it is in
 * etcd only while this is {@code UP}
 * @param format what it is written in
 * @param lease the lease it is written under, in hexadecimal digits as etcdctl shows it;
 * 0 for none yet
 * @param leaseRemainingMillis for how long that lives on if it is not renewed any more,
 * in milliseconds
 * @param host where others reach it
 * @param hostReason why there
 * @param port the port
 * @param metadata further properties
 */
public record RegisteredRecord(String key, RecordState state, @Nullable String refusal, InstanceStatus status,
		String format, String lease, long leaseRemainingMillis, String host, String hostReason, int port,
		Map<String, String> metadata) {

	private static final String EXPIRED = "its lease may have run out, since etcd could not be asked to renew it";

	/**
	 * Returns the same record with other metadata.
	 * @param metadata the other metadata
	 * @return the record
	 */
	public RegisteredRecord withMetadata(Map<String, String> metadata) {
		return new RegisteredRecord(this.key, this.state, this.refusal, this.status, this.format, this.lease,
				this.leaseRemainingMillis, this.host, this.hostReason, this.port, metadata);
	}

	/** Describes what has become of a record. */
	static RegisteredRecord of(EtcdRegistration registration, WantedRecord record, RecordState state,
			Registrar registrar) {
		EtcdException refusal = registrar.refusal(record.key());
		String problem = (refusal != null) ? refusal.getMessage() : null;
		Duration remaining = registrar.leaseRemaining(record.key());
		boolean expired = state == RecordState.REGISTERED && remaining.isZero();
		return new RegisteredRecord(record.key(), expired ? RecordState.WANTED : state, expired ? EXPIRED : problem,
				registration.getStatus(), record.format(), Long.toHexString(registrar.leaseId(record.key())),
				remaining.toMillis(), registration.getHost(), registration.getHostReason(), registration.getPort(),
				registration.metadataSnapshot());
	}

	/**
	 * Says in a few words how far it is.
	 * @return the state, and why etcd refuses it if it does
	 */
	public String summary() {
		return (this.refusal != null) ? this.state + ": " + this.refusal : this.state.toString();
	}

}
