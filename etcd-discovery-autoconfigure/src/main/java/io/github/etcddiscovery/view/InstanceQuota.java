package io.github.etcddiscovery.view;

import java.util.HashMap;
import java.util.Map;

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

}
