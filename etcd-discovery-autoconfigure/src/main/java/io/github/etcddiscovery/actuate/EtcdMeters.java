package io.github.etcddiscovery.actuate;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cloud.CertificateExpiry;
import io.github.etcddiscovery.cloud.EjectedInstances;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.view.ServiceView;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.jspecify.annotations.Nullable;

import org.springframework.cloud.client.ServiceInstance;

/**
 * Meters of what is seen and what is registered, all under {@code etcd.discovery} and
 * without tags, so that their number does not depend on what etcd holds. Read from memory
 * whenever they are scraped.
 */
@Internal
public class EtcdMeters implements MeterBinder {

	private static final String PREFIX = "etcd.discovery.";

	private final ServiceView<ServiceInstance> view;

	private final @Nullable EtcdServiceRegistry registry;

	private final @Nullable CertificateExpiry certificates;

	private final @Nullable EjectedInstances ejected;

	/**
	 * Creates the meters.
	 * @param view what is registered
	 * @param registry what this application has registered, {@code null} if it cannot
	 * @param certificates when those of the connection end, {@code null} if that is not
	 * known
	 * @param ejected the ejected instances, {@code null} without Spring Cloud
	 * LoadBalancer
	 */
	public EtcdMeters(ServiceView<ServiceInstance> view, @Nullable EtcdServiceRegistry registry,
			@Nullable CertificateExpiry certificates, @Nullable EjectedInstances ejected) {
		this.ejected = ejected;
		this.view = view;
		this.registry = registry;
		this.certificates = certificates;
	}

	@Override
	public void bindTo(MeterRegistry meters) {
		gauge(meters, "view.instances", "instances seen, whatever their status", this.view,
				(view) -> view.statistics().instances());
		gauge(meters, "view.services", "services seen", this.view, (view) -> view.catalog().services().size());
		gauge(meters, "view.rejected", "entries that cannot be read", this.view,
				(view) -> view.statistics().rejected());
		gauge(meters, "view.revision", "revision of etcd up to which changes are seen", this.view,
				(view) -> view.catalog().revision());
		TimeGauge
			.builder(PREFIX + "view.staleness", this.view, TimeUnit.MILLISECONDS, (view) -> view.staleness().toMillis())
			.description("for how long changes may have gone unseen")
			.register(meters);
		counter(meters, "view.events", "changes seen", this.view, (view) -> view.statistics().events());
		counter(meters, "view.resyncs", "how often everything had to be read again", this.view,
				(view) -> view.statistics().resyncs());
		EtcdServiceRegistry own = this.registry;
		if (own != null) {
			gauge(meters, "registration.registered", "records of this application that are in etcd", own,
					(registry) -> registry.getStatistics().registered());
			counter(meters, "registration.reregistrations", "how often a record had to be put back", own,
					(registry) -> registry.getStatistics().reregistrations());
			TimeGauge
				.builder(PREFIX + "lease.remaining", own, TimeUnit.MILLISECONDS,
						(registry) -> registry.getStatistics().leaseRemaining().toMillis())
				.description("for how long all records stay if their leases are not renewed any more")
				.register(meters);
		}
		if (this.ejected != null) {
			gauge(meters, "outlier.ejected", "instances that the load balancer has ejected", this.ejected,
					(ejected) -> ejected.current().size());
			counter(meters, "outlier.ejections", "how often the load balancer has ejected an instance", this.ejected,
					EjectedInstances::count);
		}
		if (this.certificates != null) {
			TimeGauge
				.builder(PREFIX + "certificates.remaining", this.certificates, TimeUnit.SECONDS, EtcdMeters::seconds)
				.description("for how long the certificates of the connection are valid")
				.register(meters);
		}
	}

	private static double seconds(CertificateExpiry certificates) {
		Duration remaining = certificates.remaining();
		return (remaining != null) ? remaining.toSeconds() : Double.NaN;
	}

	private static <T> void gauge(MeterRegistry meters, String name, String description, T source,
			ToDoubleFunction<T> value) {
		Gauge.builder(PREFIX + name, source, value).description(description).register(meters);
	}

	private static <T> void counter(MeterRegistry meters, String name, String description, T source,
			ToDoubleFunction<T> count) {
		FunctionCounter.builder(PREFIX + name, source, count).description(description).register(meters);
	}

}
