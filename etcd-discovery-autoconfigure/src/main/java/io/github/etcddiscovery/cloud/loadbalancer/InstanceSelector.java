package io.github.etcddiscovery.cloud.loadbalancer;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cloud.InstanceMetadata;

import org.springframework.cloud.client.ServiceInstance;

/**
 * Selects instances by their metadata.
 *
 * @param wanted the allowed values by metadata key; empty for all instances
 */
@Internal
public record InstanceSelector(Map<String, Set<String>> wanted) {

	/** Selects all instances. */
	public static final InstanceSelector ALL = new InstanceSelector(Map.of());

	/**
	 * Copies the map.
	 */
	public InstanceSelector {
		wanted = Map.copyOf(wanted);
	}

	/**
	 * Whether an instance has an allowed value for each key.
	 * @param instance the instance
	 */
	boolean matches(ServiceInstance instance) {
		Map<String, String> metadata = InstanceMetadata.of(instance);
		for (Map.Entry<String, Set<String>> entry : this.wanted.entrySet()) {
			String value = metadata.get(entry.getKey());
			if (value == null || !entry.getValue().contains(value)) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Returns a selector with other values for one key.
	 * @param name the metadata key
	 * @param values the allowed values
	 */
	InstanceSelector with(String name, Set<String> values) {
		Map<String, Set<String>> changed = new HashMap<>(this.wanted);
		changed.put(name, values);
		return new InstanceSelector(changed);
	}

	/**
	 * Whether all instances match.
	 * @return whether nothing is wanted
	 */
	public boolean isAll() {
		return this.wanted.isEmpty();
	}

}
