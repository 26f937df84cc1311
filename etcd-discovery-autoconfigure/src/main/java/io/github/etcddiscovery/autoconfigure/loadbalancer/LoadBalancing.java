package io.github.etcddiscovery.autoconfigure.loadbalancer;

import java.util.Map;

import io.github.etcddiscovery.cloud.loadbalancer.InstanceSelector;

/**
 * How instances are chosen, as checked at the start. Immutable: a refresh changes the
 * properties, but not this.
 *
 * @param everywhere what holds for all services
 * @param clients what replaces it, by service id
 * @param selectors the metadata that instances must have, by service id
 * @param headers names of metadata by the header that selects by it
 */
record LoadBalancing(ServiceChoice everywhere, Map<String, ServiceChoice> clients,
		Map<String, InstanceSelector> selectors, Map<String, String> headers) {

	ServiceChoice of(String serviceId) {
		return this.clients.getOrDefault(serviceId, this.everywhere);
	}

	InstanceSelector selector(String serviceId) {
		return this.selectors.getOrDefault(serviceId, InstanceSelector.ALL);
	}

}
