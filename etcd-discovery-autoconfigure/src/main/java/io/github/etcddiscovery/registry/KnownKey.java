package io.github.etcddiscovery.registry;

import java.util.Arrays;

import io.github.etcddiscovery.client.KeyValue;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a key in etcd: as it was last seen there, or written.
 */
final class KnownKey {

	private long modRevision;

	private byte @Nullable [] value;

	private boolean ours;

	/** The lease it was written under, by this process. */
	private long leaseId;

	private boolean unsettled;

	/** The revision at which the key was last seen, 0 if it was not there. */
	long modRevision() {
		return this.modRevision;
	}

	/** Whether what was last seen was written by this process. */
	boolean isOurs() {
		return this.ours;
	}

	/** Whether the outcome of a write is open, so that the key may hold it unseen. */
	boolean isUnsettled() {
		return this.unsettled;
	}

	void setUnsettled(boolean unsettled) {
		this.unsettled = unsettled;
	}

	/** Whether the key is known to hold this value, written by this process. */
	boolean holds(byte[] wanted) {
		return !this.unsettled && Arrays.equals(this.value, wanted);
	}

	/** Whether what was last seen was written by this process under a lease. */
	boolean isUnder(long leaseId) {
		return this.ours && this.leaseId == leaseId;
	}

	/** This process has written the key. */
	void wrote(byte[] value, long revision, long leaseId) {
		this.value = value;
		this.modRevision = revision;
		this.ours = true;
		this.leaseId = leaseId;
	}

	/** The key is not as it was thought to be. */
	void saw(@Nullable KeyValue current, boolean ours) {
		this.value = null;
		this.modRevision = (current != null) ? current.modRevision() : 0;
		this.ours = ours;
		this.leaseId = (current != null) ? current.leaseId() : 0;
	}

	/** The key has gone with its lease. */
	void vanished() {
		saw(null, false);
	}

}
