package io.github.etcddiscovery.view;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * The keys of entries that were rejected over the quota. Belongs to one thread.
 */
final class KeysOverQuota {

	private final InstanceQuota quota;

	private final Map<String, Set<String>> keysByService = new HashMap<>();

	KeysOverQuota(InstanceQuota quota) {
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
