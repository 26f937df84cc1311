package io.github.etcddiscovery.actuate;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cloud.EjectedInstances;
import io.github.etcddiscovery.cloud.EjectedInstances.EjectedInstance;
import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.cloud.registration.RegisteredRecord;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.ViewState;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.cloud.client.ServiceInstance;

/**
 * Actuator endpoint {@code etcd}: what this application has registered and why so, and
 * what it sees of others. Never a credential. Metadata of this application can be changed
 * here, where {@code management.endpoint.etcd.access} is {@code unrestricted}.
 */
@Internal
@Endpoint(id = "etcd", defaultAccess = Access.READ_ONLY)
public class EtcdDiscoveryEndpoint {

	/** An answer has to stay readable whatever somebody has written into etcd. */
	private static final int MOST_REJECTIONS = 100;

	private static final String METADATA = "metadata";

	private final ServiceView<ServiceInstance> view;

	private final @Nullable EtcdServiceRegistry registry;

	private final @Nullable EtcdRegistration registration;

	private final MetadataSanitizer sanitizer;

	private final @Nullable EjectedInstances ejected;

	/**
	 * Creates the endpoint.
	 * @param view what is registered
	 * @param registry what this application has registered, {@code null} if it cannot
	 * @param registration what it has registered of itself, {@code null} if nothing
	 * @param sanitizer hides secret metadata
	 * @param ejected the ejected instances, {@code null} without Spring Cloud
	 * LoadBalancer
	 */
	public EtcdDiscoveryEndpoint(ServiceView<ServiceInstance> view, @Nullable EtcdServiceRegistry registry,
			@Nullable EtcdRegistration registration, MetadataSanitizer sanitizer, @Nullable EjectedInstances ejected) {
		this.ejected = ejected;
		this.sanitizer = sanitizer;
		this.view = view;
		this.registry = registry;
		this.registration = registration;
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
		return new Description(records(),
				new ViewDescription(this.view.state(), catalog.isSynced(), this.view.staleness().toMillis(),
						catalog.positions(), services, retained, this.view.drifts(), this.view.statistics().rejected(),
						this.view.rejections(MOST_REJECTIONS)),
				(this.ejected != null) ? this.ejected.current() : List.of(), this.view.member());
	}

	private List<RegisteredRecord> records() {
		return (this.registry == null) ? List.of()
				: this.registry.getRecords()
					.stream()
					.map((record) -> record.withMetadata(this.sanitizer.sanitize(record.metadata())))
					.toList();
	}

	/**
	 * Sets metadata of this application, in place and under the same lease. Waits for
	 * etcd, at most for the request timeout.
	 * @param part what to change: {@code metadata}
	 * @param name the name of the metadata
	 * @param value the value
	 * @return all metadata as changed
	 * @throws NothingToChangeException if the part is not {@code metadata}, or this
	 * application does not register itself
	 * @throws IllegalArgumentException if the value cannot be registered; everything
	 * stays as it was
	 * @throws io.github.etcddiscovery.client.EtcdException if etcd refuses it; everything
	 * stays as it was
	 */
	@WriteOperation
	public MetadataChange set(@Selector String part, @Selector String name, String value) {
		return change(part, name, value);
	}

	/**
	 * Removes metadata of this application. Waits and fails as {@link #set} does.
	 * @param part what to change: {@code metadata}
	 * @param name the name of the metadata
	 * @return all metadata as changed
	 */
	@DeleteOperation
	public MetadataChange remove(@Selector String part, @Selector String name) {
		return change(part, name, null);
	}

	private MetadataChange change(String part, String name, @Nullable String value) {
		if (!part.equals(METADATA)) {
			throw new NothingToChangeException("There is no '%s' to change: expected '%s'".formatted(part, METADATA));
		}
		if (this.registry == null || this.registration == null) {
			throw new NothingToChangeException("This application does not register itself");
		}
		boolean written = this.registry.changeMetadata(this.registration, name, value);
		return new MetadataChange(this.sanitizer.sanitize(this.registration.metadataSnapshot()), written);
	}

	/**
	 * The result of a change of metadata.
	 *
	 * @param metadata all metadata of this application
	 * @param written whether the change is in etcd already. If not, it is written as soon
	 * as etcd answers, or when the application registers
	 */
	public record MetadataChange(Map<String, String> metadata, boolean written) {

	}

	/**
	 * What the endpoint answers.
	 *
	 * @param registrations what this application has registered
	 * @param view what it sees
	 * @param ejected the instances that the load balancer has ejected; empty without
	 * Spring Cloud LoadBalancer
	 * @param member the member of the cluster that it speaks to, or did before it lost
	 * the connection
	 */
	public record Description(List<RegisteredRecord> registrations, ViewDescription view, List<EjectedInstance> ejected,
			String member) {

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
	 * @param rejected how many entries cannot be read
	 * @param rejections why they cannot, by key: those of a hundred at most
	 */
	public record ViewDescription(ViewState state, boolean synced, long staleMillis, List<Catalog.Position> prefixes,
			Map<String, Integer> services, Map<String, Integer> retained, long drifts, int rejected,
			Map<String, String> rejections) {

	}

}
