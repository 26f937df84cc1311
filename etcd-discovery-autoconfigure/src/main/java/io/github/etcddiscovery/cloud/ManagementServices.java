package io.github.etcddiscovery.cloud;

import java.util.List;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.view.Catalog;

import org.springframework.cloud.client.ServiceInstance;

/**
 * Leaves the services of management servers out of the list of all services. Gateways
 * create a public route to each service in that list, and monitoring shows each as an
 * application. The instances are still found by the name of their service.
 */
@Internal
public final class ManagementServices {

	/** How the names of such services end, as in other registries of Spring Cloud. */
	public static final String SUFFIX = "-management";

	private ManagementServices() {
	}

	/**
	 * Returns the names of all services but those of management servers.
	 * @param catalog what is registered
	 * @return the names, in order
	 */
	public static List<String> leaveOut(Catalog<ServiceInstance> catalog) {
		// The name comes first, or the lists of all services would be worked out for
		// this.
		return catalog.services().stream().filter((service) -> !contains(catalog, service)).toList();
	}

	/**
	 * Whether a service is that of management servers.
	 * @param catalog what is registered
	 * @param serviceId the service
	 * @return whether its name has the suffix, and the metadata of all its instances mark
	 * them
	 */
	public static boolean contains(Catalog<ServiceInstance> catalog, String serviceId) {
		return serviceId.endsWith(SUFFIX) && isManagement(catalog.all(serviceId));
	}

	private static boolean isManagement(List<ServiceInstance> instances) {
		return !instances.isEmpty() && instances.stream()
			.allMatch((instance) -> InstanceMetadata.of(instance).containsKey(ServiceRecord.MANAGEMENT_OF));
	}

}
