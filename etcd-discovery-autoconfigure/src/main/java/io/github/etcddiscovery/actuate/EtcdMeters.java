package io.github.etcddiscovery.actuate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cloud.CertificateExpiry;
import io.github.etcddiscovery.cloud.EjectedInstances;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.cloud.registration.FollowedHealth;
import io.github.etcddiscovery.cloud.registration.RegistrationStatistics;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.cluster.Remote;
import io.github.etcddiscovery.snapshot.ViewSnapshot;
import io.github.etcddiscovery.view.ServiceView;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.jspecify.annotations.Nullable;

import org.springframework.cloud.client.ServiceInstance;

/**
 * Meters of what is seen and what is registered, all under {@code etcd.discovery}. Their
 * only tag is the cluster, so their number does not depend on what etcd holds. Read from
 * memory whenever they are scraped.
 */
@Internal
public class EtcdMeters implements MeterBinder {

	private static final String PREFIX = "etcd.discovery.";

	private static final String CLUSTER = "cluster";

	private final ClusterView<ServiceInstance> clusters;

	private final @Nullable EtcdServiceRegistry registry;

	private final @Nullable CertificateExpiry certificates;

	private final @Nullable EjectedInstances ejected;

	private final @Nullable FollowedHealth health;

	private final @Nullable ViewSnapshot<?> snapshot;

	private final List<MeterRegistry> registries = new ArrayList<>();

	/** The meters of each remote cluster, in all registries. Guarded by this. */
	private final Map<Remote<ServiceInstance>, List<Runnable>> removals = new HashMap<>();

	/**
	 * Creates the meters.
	 * @param clusters what is registered
	 * @param registry what this application has registered, {@code null} if it cannot
	 * @param certificates when those of the connection end, {@code null} if that is not
	 * known
	 * @param ejected the ejected instances, {@code null} without Spring Cloud
	 * LoadBalancer
	 * @param health the health that is advertised, {@code null} for none
	 * @param snapshot the file that keeps what is seen, {@code null} for none
	 */
	public EtcdMeters(ClusterView<ServiceInstance> clusters, @Nullable EtcdServiceRegistry registry,
			@Nullable CertificateExpiry certificates, @Nullable EjectedInstances ejected,
			@Nullable FollowedHealth health, @Nullable ViewSnapshot<?> snapshot) {
		this.snapshot = snapshot;
		this.ejected = ejected;
		this.health = health;
		this.clusters = clusters;
		this.registry = registry;
		this.certificates = certificates;
		clusters.onRemotesChange(this::bindRemotes);
	}

	@Override
	public void bindTo(MeterRegistry meters) {
		new ClusterMeters(meters, ClusterView.HOME).bindView(this.clusters.home());
		if (this.registry != null) {
			new ClusterMeters(meters, ClusterView.HOME).bindRegistry(this.registry, EtcdServiceRegistry::getStatistics);
		}
		if (this.ejected != null) {
			Gauge.builder(PREFIX + "outlier.ejected", this.ejected, (ejected) -> ejected.current().size())
				.description("instances that the load balancer has ejected")
				.register(meters);
			FunctionCounter.builder(PREFIX + "outlier.ejections", this.ejected, EjectedInstances::count)
				.description("how often the load balancer has ejected an instance")
				.register(meters);
		}
		if (this.health != null) {
			Gauge.builder(PREFIX + "registration.healthy", this.health, (health) -> health.state().up() ? 1 : 0)
				.description("whether the health group that is followed lets this application be advertised as UP")
				.register(meters);
		}
		if (this.snapshot != null && this.snapshot.state() != null) {
			TimeGauge.builder(PREFIX + "snapshot.age", this.snapshot, TimeUnit.SECONDS, EtcdMeters::age)
				.description("how old the content of the snapshot is")
				.register(meters);
		}
		if (this.certificates != null) {
			TimeGauge
				.builder(PREFIX + "certificates.remaining", this.certificates, TimeUnit.SECONDS, EtcdMeters::seconds)
				.description("for how long the certificates of the connection are valid")
				.register(meters);
		}
		synchronized (this) {
			this.registries.add(meters);
			this.removals.forEach((remote, removals) -> removals.add(bind(meters, remote)));
		}
		bindRemotes();
	}

	private static double age(ViewSnapshot<?> snapshot) {
		ViewSnapshot.State state = snapshot.state();
		return (state != null && state.age() != null) ? state.age().toSeconds() : Double.NaN;
	}

	private static double seconds(CertificateExpiry certificates) {
		Duration remaining = certificates.remaining();
		return (remaining != null) ? remaining.toSeconds() : Double.NaN;
	}

	/**
	 * Adds meters for remote clusters that have come, and removes those of the others.
	 */
	private synchronized void bindRemotes() {
		List<Remote<ServiceInstance>> current = this.clusters.remotes();
		this.removals.entrySet().removeIf((entry) -> {
			boolean gone = !current.contains(entry.getKey());
			if (gone) {
				entry.getValue().forEach(Runnable::run);
			}
			return gone;
		});
		for (Remote<ServiceInstance> remote : current) {
			this.removals.computeIfAbsent(remote, (added) -> {
				List<Runnable> removals = new ArrayList<>();
				this.registries.forEach((registry) -> removals.add(bind(registry, added)));
				return removals;
			});
		}
	}

	/** The registry of a remote cluster is added after the cluster. */
	private static RegistrationStatistics statistics(@Nullable EtcdServiceRegistry remote) {
		return (remote != null) ? remote.getStatistics() : new RegistrationStatistics(0, 0, Duration.ZERO);
	}

	private Runnable bind(MeterRegistry registry, Remote<ServiceInstance> remote) {
		ClusterMeters meters = new ClusterMeters(registry, remote.name());
		meters.bindView(remote.view());
		if (this.registry != null && remote.registers()) {
			meters.bindRegistry(this.registry, (home) -> statistics(home.remote(remote.name())));
		}
		meters.gauge("fallback.services", "services that this cluster serves because home has no instance",
				this.clusters, (clusters) -> Collections.frequency(clusters.failedOver().values(), remote.name()));
		return meters::remove;
	}

	/**
	 * The meters of one cluster in one registry.
	 */
	private static final class ClusterMeters {

		private final MeterRegistry registry;

		private final String cluster;

		private final List<Meter> meters = new ArrayList<>();

		ClusterMeters(MeterRegistry registry, String cluster) {
			this.registry = registry;
			this.cluster = cluster;
		}

		void bindView(ServiceView<ServiceInstance> view) {
			gauge("view.instances", "instances seen, whatever their status", view,
					(seen) -> seen.statistics().instances());
			gauge("view.services", "services seen", view, (seen) -> seen.catalog().services().size());
			gauge("view.rejected", "entries that cannot be read", view, (seen) -> seen.statistics().rejected());
			gauge("view.without.lease", "instances without a lease, which stay until somebody deletes them", view,
					(seen) -> seen.statistics().withoutLease());
			gauge("view.revision", "revision of etcd up to which changes are seen", view,
					(seen) -> seen.catalog().revision());
			time("view.staleness", "for how long changes may have gone unseen", view, ServiceView::staleness);
			counter("view.events", "changes seen", view, (seen) -> seen.statistics().events());
			counter("view.resyncs", "how often everything had to be read again", view,
					(seen) -> seen.statistics().resyncs());
		}

		void bindRegistry(EtcdServiceRegistry own, Function<EtcdServiceRegistry, RegistrationStatistics> statistics) {
			gauge("registration.registered", "records of this application that are in etcd", own,
					(registry) -> statistics.apply(registry).registered());
			counter("registration.reregistrations", "how often a record had to be put back", own,
					(registry) -> statistics.apply(registry).reregistrations());
			time("lease.remaining", "for how long all records stay if their leases are not renewed any more", own,
					(registry) -> statistics.apply(registry).leaseRemaining());
		}

		<T> void gauge(String name, String description, T source, ToDoubleFunction<T> value) {
			this.meters.add(Gauge.builder(PREFIX + name, source, value)
				.description(description)
				.tag(CLUSTER, this.cluster)
				.register(this.registry));
		}

		<T> void counter(String name, String description, T source, ToDoubleFunction<T> count) {
			this.meters.add(FunctionCounter.builder(PREFIX + name, source, count)
				.description(description)
				.tag(CLUSTER, this.cluster)
				.register(this.registry));
		}

		<T> void time(String name, String description, T source, Function<T, Duration> time) {
			this.meters.add(TimeGauge
				.builder(PREFIX + name, source, TimeUnit.MILLISECONDS, (measured) -> time.apply(measured).toMillis())
				.description(description)
				.tag(CLUSTER, this.cluster)
				.register(this.registry));
		}

		void remove() {
			this.meters.forEach(this.registry::remove);
		}

	}

}
