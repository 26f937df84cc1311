package io.github.etcddiscovery.cloud.loadbalancer;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;

import org.springframework.cloud.client.ServiceInstance;

/**
 * Finds what belongs to the service of an instance. Eureka's instances have the name of
 * their service in upper case, whatever the service is called by, and instances of other
 * registries may have none. Safe to use from any thread.
 *
 * @param <T> what belongs to a service
 */
final class ServiceMapping<T> {

	private final Map<String, T> values = new ConcurrentHashMap<>();

	void put(String serviceId, T value) {
		this.values.put(serviceId, value);
	}

	boolean isEmpty() {
		return this.values.isEmpty();
	}

	@Nullable T find(ServiceInstance instance) {
		String serviceId = instance.getServiceId();
		if (serviceId == null) {
			return null;
		}
		T found = this.values.get(serviceId);
		return (found != null) ? found : this.values.get(serviceId.toLowerCase(Locale.ROOT));
	}

	/** Returns what there is, by service. */
	Map<String, T> asMap() {
		return this.values;
	}

}
