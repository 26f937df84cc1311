package io.github.etcddiscovery.actuate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cloud.EjectedInstances;
import io.github.etcddiscovery.cloud.EjectedInstances.EjectedInstance;
import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.cloud.registration.FollowedHealth;
import io.github.etcddiscovery.cloud.registration.RegisteredRecord;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.snapshot.ViewSnapshot;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.ViewState;
import io.github.etcddiscovery.view.ViewStatistics;
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
	private static final int MOST_KEYS = 100;

	private static final String METADATA = "metadata";

	private final ClusterView<ServiceInstance> clusters;

	private final @Nullable EtcdServiceRegistry registry;

	private final @Nullable EtcdRegistration registration;

	private final @Nullable FollowedHealth health;

	private final @Nullable ViewSnapshot<?> snapshot;

	private final MetadataSanitizer sanitizer;

	private final @Nullable EjectedInstances ejected;

	/**
	 * Creates the endpoint.
	 * @param clusters what is registered
	 * @param registry what this application has registered, {@code null} if it cannot
	 * @param registration what it has registered of itself, {@code null} if nothing
	 * @param health the health that it follows, {@code null} for none
	 * @param snapshot the file that keeps what it sees, {@code null} for none
	 * @param sanitizer hides secret metadata
	 * @param ejected the ejected instances, {@code null} without Spring Cloud
	 * LoadBalancer
	 */
	public EtcdDiscoveryEndpoint(ClusterView<ServiceInstance> clusters, @Nullable EtcdServiceRegistry registry,
			@Nullable EtcdRegistration registration, @Nullable FollowedHealth health,
			@Nullable ViewSnapshot<?> snapshot, MetadataSanitizer sanitizer, @Nullable EjectedInstances ejected) {
		this.snapshot = snapshot;
		this.health = health;
		this.ejected = ejected;
		this.sanitizer = sanitizer;
		this.clusters = clusters;
		this.registry = registry;
		this.registration = registration;
	}

	/**
	 * Describes both.
	 * @return the description, as it is at this moment
	 */
	@ReadOperation
	public Description etcd() {
		Map<String, RemoteDescription> remotes = new LinkedHashMap<>();
		this.clusters.remotes()
			.forEach((remote) -> remotes.put(remote.name(),
					new RemoteDescription(remote.merged() ? "merge" : "fallback",
							records((this.registry != null) ? this.registry.remote(remote.name()) : null),
							describe(remote.view()), remote.view().failure(), remote.view().member())));
		return new Description(records(this.registry), describe(this.health), describe(this.clusters.home()), remotes,
				this.clusters.failedOver(), (this.ejected != null) ? this.ejected.current() : List.of(),
				describe((this.snapshot != null) ? this.snapshot.state() : null), this.clusters.home().member());
	}

	private @Nullable SnapshotDescription describe(ViewSnapshot.@Nullable State state) {
		return (state == null) ? null : new SnapshotDescription(state.file(), this.clusters.home().isRestored(),
				(state.age() != null) ? state.age().toMillis() : null, state.failure());
	}

	private static @Nullable HealthDescription describe(@Nullable FollowedHealth health) {
		if (health == null) {
			return null;
		}
		FollowedHealth.State state = health.state();
		return new HealthDescription(health.group(), state.up(), state.description());
	}

	private static ViewDescription describe(ServiceView<ServiceInstance> view) {
		Catalog<ServiceInstance> catalog = view.catalog();
		Map<String, Integer> services = new TreeMap<>();
		catalog.services().forEach((service) -> services.put(service, catalog.all(service).size()));
		Map<String, Integer> retained = new TreeMap<>();
		catalog.retained().forEach((service, instances) -> retained.put(service, instances.size()));
		ViewStatistics statistics = view.statistics();
		return new ViewDescription(view.state(), catalog.isSynced(), view.staleness().toMillis(), catalog.positions(),
				services, retained, view.drifts(), statistics.rejected(), view.rejections(MOST_KEYS),
				statistics.withoutLease(), view.withoutLease(MOST_KEYS));
	}

	private List<RegisteredRecord> records(@Nullable EtcdServiceRegistry registry) {
		return (registry == null) ? List.of()
				: registry.getRecords()
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
	 * @param health the health that it follows, {@code null} for none
	 * @param view what it sees at home
	 * @param remotes the remote clusters by name, in the order in which they are used
	 * @param failedOver the services that a remote cluster serves because home has no
	 * instance, with the name of that cluster
	 * @param ejected the instances that the load balancer has ejected; empty without
	 * Spring Cloud LoadBalancer
	 * @param snapshot the file that keeps what it sees at home, {@code null} for none
	 * @param member the member of the cluster that it speaks to, or did before it lost
	 * the connection
	 */
	public record Description(List<RegisteredRecord> registrations, @Nullable HealthDescription health,
			ViewDescription view, Map<String, RemoteDescription> remotes, Map<String, String> failedOver,
			List<EjectedInstance> ejected, @Nullable SnapshotDescription snapshot, String member) {

	}

	/**
	 * The health that this application follows.
	 *
	 * @param group the health group
	 * @param up whether the health lets the application be advertised as {@code UP}
	 * @param reason the result of the check that decided this
	 */
	public record HealthDescription(String group, boolean up, String reason) {

	}

	/**
	 * The file that keeps what is seen at home.
	 *
	 * @param file its path
	 * @param used whether its instances are served, since etcd has not been read yet
	 * @param ageMillis how old its content is, in milliseconds; {@code null} if there is
	 * none that can be used
	 * @param failure why it could not be read or written the last time, {@code null} if
	 * it could
	 */
	public record SnapshotDescription(String file, boolean used, @Nullable Long ageMillis, @Nullable String failure) {

	}

	/**
	 * A remote cluster.
	 *
	 * @param use when its instances are used: {@code fallback} or {@code merge}
	 * @param registrations what this application has registered there
	 * @param view what is seen there
	 * @param failure why changes may go unseen at present, {@code null} while all arrive
	 * @param member the member of the cluster that is read from
	 */
	public record RemoteDescription(String use, List<RegisteredRecord> registrations, ViewDescription view,
			@Nullable String failure, String member) {

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
	 * @param withoutLease how many instances have no lease, and stay until somebody
	 * deletes them
	 * @param keysWithoutLease their keys, a hundred at most
	 */
	public record ViewDescription(ViewState state, boolean synced, long staleMillis, List<Catalog.Position> prefixes,
			Map<String, Integer> services, Map<String, Integer> retained, long drifts, int rejected,
			Map<String, String> rejections, int withoutLease, List<String> keysWithoutLease) {

	}

}
