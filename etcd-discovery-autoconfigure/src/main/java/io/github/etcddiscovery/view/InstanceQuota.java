package io.github.etcddiscovery.view;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Counts instances against the limits of a view. Belongs to one thread.
 */
final class InstanceQuota {

	private final InstanceLimits limits;

	/** Shared by all entries over the quota. */
	private final String reasonOfAService;

	private final String reasonOfAll;

	private final Map<String, Integer> takenByService = new HashMap<>();

	private int taken;

	InstanceQuota(InstanceLimits limits) {
		this.limits = limits;
		this.reasonOfAService = "max-instances-per-service is %d, and so many are held".formatted(limits.perService());
		this.reasonOfAll = "max-instances is %d, and so many are held".formatted(limits.total());
	}

	/** Returns a quota with the same limits and no instances. */
	InstanceQuota empty() {
		return new InstanceQuota(this.limits);
	}

	/** Returns a quota with the same limits and the same counts. */
	InstanceQuota copy() {
		InstanceQuota copy = empty();
		copy.takenByService.putAll(this.takenByService);
		copy.taken = this.taken;
		return copy;
	}

	/** Whether one more instance of a service fits. */
	boolean isLeft(String serviceId) {
		return isLeft() && takenBy(serviceId) < this.limits.perService();
	}

	/** Whether one more instance of any service would fit. */
	boolean isLeft() {
		return this.taken < this.limits.total();
	}

	/** Says which limit an instance of a service would exceed. */
	String reason(String serviceId) {
		return (takenBy(serviceId) >= this.limits.perService()) ? this.reasonOfAService : this.reasonOfAll;
	}

	void take(String serviceId) {
		this.takenByService.merge(serviceId, 1, Integer::sum);
		this.taken++;
	}

	void giveBack(String serviceId) {
		this.takenByService.merge(serviceId, -1, (count, change) -> (count > 1) ? count - 1 : null);
		this.taken--;
	}

	private int takenBy(String serviceId) {
		return this.takenByService.getOrDefault(serviceId, 0);
	}

	/**
	 * The keys of entries that were rejected over the quota. Belongs to one thread.
	 */
	static final class WaitingKeys {

		private final InstanceQuota quota;

		private final Map<String, Set<String>> keysByService = new HashMap<>();

		WaitingKeys(InstanceQuota quota) {
			this.quota = quota;
		}

		void add(String serviceId, String key) {
			this.keysByService.computeIfAbsent(serviceId, (added) -> new LinkedHashSet<>()).add(key);
		}

		void remove(String serviceId, String key) {
			this.keysByService.computeIfPresent(serviceId,
					(known, keys) -> (keys.remove(key) && keys.isEmpty()) ? null : keys);
		}

		/** Whether the quota allows one of them by now. */
		boolean hasFitting() {
			return this.quota.isLeft() && this.keysByService.keySet().stream().anyMatch(this.quota::isLeft);
		}

	}

}
