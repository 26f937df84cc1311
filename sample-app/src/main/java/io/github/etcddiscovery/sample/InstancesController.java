package io.github.etcddiscovery.sample;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Shows which instances of which services are there now.
 */
@RestController
class InstancesController {

	private final DiscoveryClient discoveryClient;

	InstancesController(DiscoveryClient discoveryClient) {
		this.discoveryClient = discoveryClient;
	}

	@GetMapping("/instances")
	Map<String, List<Instance>> instances() {
		Map<String, List<Instance>> instances = new TreeMap<>();
		this.discoveryClient.getServices()
			.forEach((service) -> instances.put(service,
					this.discoveryClient.getInstances(service).stream().map(Instance::of).toList()));
		return instances;
	}

	/**
	 * What is shown of an instance.
	 *
	 * @param id its id
	 * @param uri where it is
	 * @param metadata further properties
	 */
	record Instance(String id, URI uri, Map<String, String> metadata) {

		static Instance of(ServiceInstance instance) {
			return new Instance(instance.getInstanceId(), instance.getUri(), instance.getMetadata());
		}

	}

}
