package io.github.etcddiscovery.cloud;

import java.util.Map;
import java.util.Objects;

import io.github.etcddiscovery.Internal;

import org.springframework.cloud.client.ServiceInstance;

/**
 * The metadata of instances, which may also come from other registries.
 */
@Internal
public final class InstanceMetadata {

	private InstanceMetadata() {
	}

	/**
	 * Returns the metadata of an instance.
	 * @param instance the instance
	 * @return its metadata; empty if the instance has {@code null}, as those of other
	 * registries may
	 */
	public static Map<String, String> of(ServiceInstance instance) {
		return Objects.requireNonNullElse(instance.getMetadata(), Map.of());
	}

}
