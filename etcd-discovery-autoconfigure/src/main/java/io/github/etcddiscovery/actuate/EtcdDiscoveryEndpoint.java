package io.github.etcddiscovery.actuate;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import io.github.etcddiscovery.cloud.EtcdServiceRegistry;
import io.github.etcddiscovery.cloud.RegisteredRecord;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.ViewState;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.cloud.client.ServiceInstance;

/**
 * Actuator endpoint {@code etcd}: what this application has registered and why so, and
 * what it sees of others. Never a credential.
 */
@Endpoint(id = "etcd")
public class EtcdDiscoveryEndpoint {

	private final ServiceView<ServiceInstance> view;

	private final @Nullable EtcdServiceRegistry registry;

	/**
	 * Creates the endpoint.
	 * @param view what is registered
	 * @param registry what this application has registered, {@code null} if it cannot
	 */
	public EtcdDiscoveryEndpoint(ServiceView<ServiceInstance> view, @Nullable EtcdServiceRegistry registry) {
		this.view = view;
		this.registry = registry;
	}

	/**
	 * Describes both.
	 * @return the description, as it is at this moment
	 */
	@ReadOperation
	public Description etcd() {
		Catalog<ServiceInstance> catalog = this.view.catalog();
		Map<String, Integer> services = new TreeMap<>();
		catalog.services().forEach((service) -> services.put(service, catalog.all(service).size()));
		Map<String, Integer> retained = new TreeMap<>();
		catalog.retained().forEach((service, instances) -> retained.put(service, instances.size()));
		return new Description((this.registry != null) ? this.registry.getRecords() : List.of(),
				new ViewDescription(this.view.state(), catalog.isSynced(), this.view.staleness().toMillis(),
						catalog.positions(), services, retained, this.view.drifts()));
	}

	/**
	 * What the endpoint answers.
	 *
	 * @param registrations what this application has registered
	 * @param view what it sees
	 */
	public record Description(List<RegisteredRecord> registrations, ViewDescription view) {

	}

	/**
	 * What is seen of others.
	 *
	 * @param state what the view is doing
	 * @param synced whether etcd has been read at all; without that, empty means unknown
	 * @param staleMillis for how long changes may have gone unseen, in milliseconds
	 * @param prefixes how far each prefix has been followed
	 * @param services the number of instances of each service, whatever their status
	 * @param retained the number of instances of each service that have vanished in a
	 * crowd, and are served where there are no others
	 * @param drifts how many keys were found to have been missed so far
	 */
	public record ViewDescription(ViewState state, boolean synced, long staleMillis, List<Catalog.Position> prefixes,
			Map<String, Integer> services, Map<String, Integer> retained, long drifts) {

	}

}
