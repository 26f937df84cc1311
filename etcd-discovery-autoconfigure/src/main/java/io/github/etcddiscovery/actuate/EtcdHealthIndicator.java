package io.github.etcddiscovery.actuate;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cloud.CertificateExpiry;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.cloud.registration.RegisteredRecord;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.view.ServiceView;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.cloud.client.ServiceInstance;

/**
 * Health {@code etcd}: down only as long as nothing has been read from etcd yet, and no
 * snapshot is served. Remote clusters are details, and do not change the status. After
 * that an etcd that is away takes nobody out of service, for all go on with what they
 * know; what is amiss is in the details. Answers from memory, so one lost call changes
 * nothing.
 */
@Internal
public class EtcdHealthIndicator extends AbstractHealthIndicator {

	private final ClusterView<ServiceInstance> clusters;

	private final @Nullable EtcdServiceRegistry registry;

	private final @Nullable CertificateExpiry certificates;

	/**
	 * Creates the indicator.
	 * @param clusters what is registered
	 * @param registry what this application has registered, {@code null} if it cannot
	 * @param certificates when those of the connection end, {@code null} if that is not
	 * known
	 */
	public EtcdHealthIndicator(ClusterView<ServiceInstance> clusters, @Nullable EtcdServiceRegistry registry,
			@Nullable CertificateExpiry certificates) {
		super("The health of service discovery over etcd could not be told");
		this.clusters = clusters;
		this.registry = registry;
		this.certificates = certificates;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		ServiceView<ServiceInstance> home = this.clusters.home();
		builder.status((home.catalog().isSynced() || home.isRestored()) ? Status.UP : Status.DOWN);
		builder.withDetail("view", describe(home));
		if (this.clusters.hasRemotes()) {
			Map<String, Object> remotes = new LinkedHashMap<>();
			this.clusters.remotes().forEach((remote) -> remotes.put(remote.name(), describe(remote.view())));
			builder.withDetail("remotes", remotes);
		}
		if (this.registry != null) {
			Map<String, Object> registrations = new LinkedHashMap<>();
			List<RegisteredRecord> records = this.registry.getRecords();
			records.forEach((registered) -> registrations.put(registered.key(), registered.summary()));
			builder.withDetail("registrations", registrations);
		}
		Instant expires = (this.certificates != null) ? this.certificates.expires() : null;
		if (this.certificates != null && expires != null) {
			builder.withDetail("certificates",
					Map.of("expire", expires.toString(), "soon", this.certificates.isSoon()));
		}
	}

	private static Map<String, Object> describe(ServiceView<ServiceInstance> view) {
		Map<String, Object> seen = new LinkedHashMap<>();
		seen.put("state", view.state());
		seen.put("services", view.catalog().services().size());
		if (view.isRestored()) {
			seen.put("stale", true);
			seen.put("source", "snapshot");
		}
		String failure = view.failure();
		if (failure != null) {
			seen.put("staleMillis", view.staleness().toMillis());
			seen.put("failure", failure);
		}
		return seen;
	}

}
