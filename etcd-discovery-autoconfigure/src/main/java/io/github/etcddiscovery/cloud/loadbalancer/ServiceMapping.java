package io.github.etcddiscovery.cloud.loadbalancer;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;

import org.springframework.cloud.client.ServiceInstance;

/**
 * Finds a value by the service of an instance. Eureka's instances have the service id in
 * upper case, whichever case the caller uses. Instances of other registries may have no
 * service id. Safe to use from any thread.
 *
 * @param <T> the values
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

	/** Returns the values by service id. */
	Map<String, T> asMap() {
		return this.values;
	}

}
