package io.github.etcddiscovery.actuate;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cloud.CertificateExpiry;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.cloud.registration.RegisteredRecord;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.cloud.client.ServiceInstance;

/**
 * Health {@code etcd}: down only as long as nothing has been read from etcd yet. After
 * that an etcd that is away takes nobody out of service, for all go on with what they
 * know; what is amiss is in the details. Answers from memory, so one lost call changes
 * nothing.
 */
@Internal
public class EtcdHealthIndicator extends AbstractHealthIndicator {

	private final ServiceView<ServiceInstance> view;

	private final @Nullable EtcdServiceRegistry registry;

	private final @Nullable CertificateExpiry certificates;

	/**
	 * Creates the indicator.
	 * @param view what is registered
	 * @param registry what this application has registered, {@code null} if it cannot
	 * @param certificates when those of the connection end, {@code null} if that is not
	 * known
	 */
	public EtcdHealthIndicator(ServiceView<ServiceInstance> view, @Nullable EtcdServiceRegistry registry,
			@Nullable CertificateExpiry certificates) {
		super("The health of service discovery over etcd could not be told");
		this.view = view;
		this.registry = registry;
		this.certificates = certificates;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		Catalog<ServiceInstance> catalog = this.view.catalog();
		builder.status(catalog.isSynced() ? Status.UP : Status.DOWN);
		Map<String, Object> seen = new LinkedHashMap<>();
		seen.put("state", this.view.state());
		seen.put("services", catalog.services().size());
		String failure = this.view.failure();
		if (failure != null) {
			seen.put("staleMillis", this.view.staleness().toMillis());
			seen.put("failure", failure);
		}
		builder.withDetail("view", seen);
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

}
