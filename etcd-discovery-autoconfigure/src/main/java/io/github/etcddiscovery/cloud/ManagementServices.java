package io.github.etcddiscovery.cloud;

import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.view.Catalog;

import org.springframework.cloud.client.ServiceInstance;

/**
 * Leaves the services of management servers out of the list of all services. Gateways
 * create a public route to each service in that list, and monitoring shows each as an
 * application. The instances are still found by the name of their service.
 */
final class ManagementServices {

	private ManagementServices() {
	}

	static List<String> leaveOut(Catalog<ServiceInstance> catalog) {
		return catalog.services().stream().filter((service) -> !isManagement(catalog.all(service))).toList();
	}

	private static boolean isManagement(List<ServiceInstance> instances) {
		return !instances.isEmpty() && instances.stream().allMatch((instance) -> {
			Map<String, String> metadata = instance.getMetadata();
			return metadata != null && metadata.containsKey(ServiceRecord.MANAGEMENT_OF);
		});
	}

}
