package io.github.etcddiscovery.view;

import java.util.HashMap;
import java.util.Map;

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

	/** Returns as much room, none of it taken. */
	Room empty() {
		return new Room(this.limits);
	}

	/** Returns as much room, of which as much is taken. */
	Room copy() {
		Room copy = empty();
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

	/** Says why there is no room for a service. */
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
