package io.github.etcddiscovery.view;

import java.util.Arrays;

import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.instance.InstanceKey;
import org.jspecify.annotations.Nullable;

/**
 * What a range knows of a key.
 *
 * @param <T> what the view holds of an instance
 * @param modRevision when it changed last
 * @param valueHash tells values apart that an etcd restored from a backup gave the same
 * revision
 * @param leaseId as does the lease, if its owner has put it back just as it was
 * @param key which instance it is, {@code null} if the key is not of our layout
 * @param instance what the view holds of it, {@code null} if it was rejected or belongs
 * elsewhere
 * @param rejection why it cannot be read, {@code null} if it can
 * @param waiting whether it was rejected only because it is over the quota
 */
record RangeEntry<T>(long modRevision, int valueHash, long leaseId, @Nullable InstanceKey key, @Nullable T instance,
		@Nullable String rejection, boolean waiting) {

	static <T> RangeEntry<T> of(KeyValue keyValue, @Nullable InstanceKey key, @Nullable T instance,
			@Nullable String rejection, boolean waiting) {
		return new RangeEntry<>(keyValue.modRevision(), Arrays.hashCode(keyValue.value()), keyValue.leaseId(), key,
				instance, rejection, waiting);
	}

	/** Which service has an instance more if one takes the other's place. */
	static <T> @Nullable String gaining(@Nullable RangeEntry<T> before, @Nullable RangeEntry<T> after) {
		if (after == null || after.key == null || after.instance == null
				|| (before != null && before.instance != null)) {
			return null;
		}
		return after.key.serviceId();
	}

	RangeEntry<T> waitingInstead(String reason) {
		return new RangeEntry<>(this.modRevision, this.valueHash, this.leaseId, this.key, null, reason, true);
	}

	/** Whether it is an instance that stays until somebody deletes it. */
	boolean isWithoutLease() {
		return this.instance != null && this.leaseId == 0;
	}

	boolean isOf(KeyValue keyValue) {
		return this.modRevision == keyValue.modRevision() && this.leaseId == keyValue.leaseId()
				&& this.valueHash == Arrays.hashCode(keyValue.value());
	}

}
