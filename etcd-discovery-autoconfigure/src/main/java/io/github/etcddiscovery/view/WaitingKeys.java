package io.github.etcddiscovery.view;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * The keys of entries that there was no room for. Belongs to one thread.
 */
final class WaitingKeys {

	private final Room room;

	private final Map<String, Set<String>> keysByService = new HashMap<>();

	WaitingKeys(Room room) {
		this.room = room;
	}

	void add(String serviceId, String key) {
		this.keysByService.computeIfAbsent(serviceId, (added) -> new LinkedHashSet<>()).add(key);
	}

	void remove(String serviceId, String key) {
		this.keysByService.computeIfPresent(serviceId,
				(known, keys) -> (keys.remove(key) && keys.isEmpty()) ? null : keys);
	}

	/** Whether there is room for one of them by now. */
	boolean hasFitting() {
		return this.room.isLeft() && this.keysByService.keySet().stream().anyMatch(this.room::isLeft);
	}

}
