package io.github.etcddiscovery.actuate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.actuate.EtcdDiscoveryEndpoint.Description;
import io.github.etcddiscovery.cloud.EtcdServiceInstance;
import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.view.Catalog;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.core.io.ClassPathResource;
import org.springframework.util.MimeTypeUtils;

/**
 * Actuator endpoint {@code etcdpage}: a page that shows what this application has
 * registered and what it sees of others. The page asks for the state twice a second. All
 * answers come from memory. Safe for several threads.
 */
@Internal
@WebEndpoint(id = "etcdpage", defaultAccess = Access.NONE)
public class EtcdPageEndpoint {

	private static final String STATE = "state";

	/** Served, although it is not in etcd, or etcd has not been read yet. */
	private static final String RETAINED = "RETAINED";

	private final String page = read();

	private final String service;

	private final ClusterView<ServiceInstance> clusters;

	private final EtcdDiscoveryEndpoint endpoint;

	private final @Nullable EtcdRegistration registration;

	private final MetadataSanitizer sanitizer;

	private final InstantSource clock;

	/** Begins anew with each start, so that a page notices a restart. */
	private final String start = UUID.randomUUID().toString();

	/** Guarded by {@code this}, as the next two are. */
	private long changes;

	private @Nullable Catalog<ServiceInstance> last;

	/** When an instance was seen first by anybody who looked. */
	private Map<ServiceInstance, Instant> seenSince = Map.of();

	/**
	 * Creates the endpoint.
	 * @param service the name of this application
	 * @param clusters what is registered
	 * @param endpoint describes the state of registration and view
	 * @param registration what this application registers itself as, {@code null} if it
	 * does not
	 * @param sanitizer hides secret metadata
	 * @param clock the time of day
	 */
	public EtcdPageEndpoint(String service, ClusterView<ServiceInstance> clusters, EtcdDiscoveryEndpoint endpoint,
			@Nullable EtcdRegistration registration, MetadataSanitizer sanitizer, InstantSource clock) {
		this.service = service;
		this.clusters = clusters;
		this.endpoint = endpoint;
		this.registration = registration;
		this.sanitizer = sanitizer;
		this.clock = clock;
	}

	private static String read() {
		try {
			return new ClassPathResource("page.html", EtcdPageEndpoint.class)
				.getContentAsString(StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Returns the page. It asks for its state at {@code etcdpage/state}, relative to its
	 * own path.
	 * @return the HTML document
	 */
	@ReadOperation(produces = "text/html;charset=UTF-8")
	public String page() {
		return this.page;
	}

	/**
	 * Returns the state.
	 * @param part what is asked for: {@code state}
	 * @param since the version that is known, {@code null} for none
	 * @return the state, with the services only if they have changed since that version;
	 * status 404 if something else is asked for
	 */
	@ReadOperation(produces = MimeTypeUtils.APPLICATION_JSON_VALUE)
	public WebEndpointResponse<State> state(@Selector String part, @Nullable String since) {
		return part.equals(STATE) ? new WebEndpointResponse<>(state(since))
				: new WebEndpointResponse<>(WebEndpointResponse.STATUS_NOT_FOUND);
	}

	private synchronized State state(@Nullable String since) {
		Catalog<ServiceInstance> catalog = this.clusters.catalog();
		if (this.last == null || !catalog.hasSameInstances(this.last)) {
			this.changes++;
			this.last = catalog;
			this.seenSince = seenSince(catalog);
		}
		String version = this.start + "-" + this.changes;
		return new State(version, this.service, (this.registration != null) ? this.registration.getInstanceId() : "",
				this.endpoint.etcd(), version.equals(since) ? null : services(catalog));
	}

	private Map<ServiceInstance, Instant> seenSince(Catalog<ServiceInstance> catalog) {
		Instant now = this.clock.instant();
		Map<ServiceInstance, Instant> seen = new HashMap<>();
		Map<String, List<ServiceInstance>> retained = catalog.retained();
		catalog.services()
			.forEach((service) -> ScrapeTargets.instances(service, catalog, retained)
				.forEach((instance) -> seen.put(instance, this.seenSince.getOrDefault(instance, now))));
		return seen;
	}

	private Map<String, List<Instance>> services(Catalog<ServiceInstance> catalog) {
		Map<String, List<Instance>> services = new LinkedHashMap<>();
		Map<String, List<ServiceInstance>> retained = catalog.retained();
		for (String service : catalog.services()) {
			services.put(service, instances(ScrapeTargets.instances(service, catalog, retained),
					catalog.all(service).isEmpty() ? RETAINED : null));
		}
		return services;
	}

	private List<Instance> instances(List<ServiceInstance> instances, @Nullable String status) {
		return instances.stream().map((instance) -> instance((EtcdServiceInstance) instance, status)).toList();
	}

	private Instance instance(EtcdServiceInstance instance, @Nullable String status) {
		return new Instance(instance.toRecord().key().instanceId(), instance.getUri(),
				Objects.requireNonNullElse(status, instance.getStatus().name()), instance.getCluster(),
				this.sanitizer.sanitize(instance.getMetadata()), Long.toHexString(instance.getLeaseId()),
				this.seenSince.getOrDefault(instance, this.clock.instant()));
	}

	/**
	 * What the page shows.
	 *
	 * @param version changes with the services, and with each start
	 * @param service the name of this application
	 * @param instance its instance id, empty if it does not register itself
	 * @param description the state of registration and view
	 * @param services the instances by service, {@code null} if they have not changed
	 */
	public record State(String version, String service, String instance, Description description,
			@Nullable Map<String, List<Instance>> services) {

	}

	/**
	 * An instance on the page.
	 *
	 * @param id its id
	 * @param address where it is
	 * @param status what it says of itself, or {@code RETAINED} if it is not in etcd
	 * @param cluster the cluster in which it was found
	 * @param metadata its metadata, without secrets
	 * @param lease its lease, in hexadecimal digits; {@code 0} for none
	 * @param seenSince since when it has been seen here
	 */
	public record Instance(String id, URI address, String status, String cluster, Map<String, String> metadata,
			String lease, Instant seenSince) {

	}

}
