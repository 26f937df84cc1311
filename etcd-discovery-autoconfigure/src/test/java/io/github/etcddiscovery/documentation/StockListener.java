package io.github.etcddiscovery.documentation;

import java.util.List;

import io.github.etcddiscovery.cloud.discovery.EtcdReactiveDiscoveryClient;
import io.github.etcddiscovery.cloud.discovery.ServiceInstancesChangedEvent;
import reactor.core.Disposable;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.context.event.EventListener;

class StockListener {

	private volatile List<ServiceInstance> instances = List.of();

	@EventListener(condition = "#event.serviceId == 'stock'")
	void stockChanged(ServiceInstancesChangedEvent event) {
		this.instances = event.getInstances();
	}

	List<ServiceInstance> instances() {
		return this.instances;
	}

	static Disposable watch(EtcdReactiveDiscoveryClient discoveryClient) {
		return discoveryClient.watchInstances("stock")
			.map((instances) -> instances.stream().map(ServiceInstance::getUri).toList())
			.subscribe((uris) -> System.out.println("Stock is at " + uris));
	}

}
