package io.github.etcddiscovery.view;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
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

	/** Names those that there is room for by now. */
	List<String> thatFit(int most) {
		List<String> fitting = new ArrayList<>();
		if (this.room.isLeft()) {
			Room besides = new Room(InstanceLimits.NONE);
			this.keysByService.forEach((service, keys) -> keys.stream()
				.takeWhile((key) -> fitting.size() < most && this.room.isLeft(service, besides))
				.forEach((key) -> {
					besides.take(service);
					fitting.add(key);
				}));
		}
		return fitting;
	}

}
