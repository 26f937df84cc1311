package io.github.etcddiscovery.view;

import java.util.HashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The room that is left for instances. Belongs to one thread.
 */
final class Room {

	private final InstanceLimits limits;

	/** Shared by all that there is no room for. */
	private final String reasonOfAService;

	private final String reasonOfAll;

	private final Map<String, Integer> takenByService = new HashMap<>();

	private int taken;

	Room(InstanceLimits limits) {
		this.limits = limits;
		this.reasonOfAService = "max-instances-per-service is %d, and so many are held".formatted(limits.perService());
		this.reasonOfAll = "max-instances is %d, and so many are held".formatted(limits.total());
	}

	/** Whether one more instance of a service fits. */
	boolean isLeft(String serviceId) {
		return isLeft(serviceId, null);
	}

	/**
	 * Whether one more instance of a service fits.
	 * @param others what is to have room besides
	 */
	boolean isLeft(String serviceId, @Nullable Room others) {
		int besides = (others != null) ? others.taken : 0;
		int besidesOfTheService = (others != null) ? others.takenBy(serviceId) : 0;
		return this.taken + besides < this.limits.total()
				&& takenBy(serviceId) + besidesOfTheService < this.limits.perService();
	}

	/** Whether one more instance of any service would fit. */
	boolean isLeft() {
		return this.taken < this.limits.total();
	}

	/**
	 * Says why there is no room for a service.
	 * @param others what is to have room besides
	 */
	String reason(String serviceId, @Nullable Room others) {
		int besides = (others != null) ? others.takenBy(serviceId) : 0;
		return (takenBy(serviceId) + besides >= this.limits.perService()) ? this.reasonOfAService : this.reasonOfAll;
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
