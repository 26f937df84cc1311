package io.github.etcddiscovery.autoconfigure.loadbalancer;

import java.util.Map;

import io.github.etcddiscovery.cloud.loadbalancer.InstanceSelector;

/**
 * The properties of load balancing, as checked at the start. Immutable: a refresh changes
 * the properties, but not these settings.
 *
 * @param allServices the settings of all services
 * @param clients the settings of single services, by service id
 * @param selectors the metadata that instances must have, by service id
 * @param headers metadata keys by header name
 */
record LoadBalancingSettings(ChoiceSettings allServices, Map<String, ChoiceSettings> clients,
		Map<String, InstanceSelector> selectors, Map<String, String> headers) {

	ChoiceSettings of(String serviceId) {
		return this.clients.getOrDefault(serviceId, this.allServices);
	}

	InstanceSelector selector(String serviceId) {
		return this.selectors.getOrDefault(serviceId, InstanceSelector.ALL);
	}

}
