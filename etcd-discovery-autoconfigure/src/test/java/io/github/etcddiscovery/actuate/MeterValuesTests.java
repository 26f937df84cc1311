package io.github.etcddiscovery.actuate;

import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.github.etcddiscovery.cloud.CertificateExpiry;
import io.github.etcddiscovery.cloud.EjectedInstances;
import io.github.etcddiscovery.cloud.EjectedInstances.EjectedInstance;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.cloud.registration.RegistrationStatistics;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.cluster.Remote;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.ViewStatistics;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslStoreBundle;
import org.springframework.cloud.client.ServiceInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link EtcdMeters}, value by value.
 */
class MeterValuesTests {

	@SuppressWarnings("unchecked")
	private final ServiceView<ServiceInstance> view = mock(ServiceView.class);

	private final EtcdServiceRegistry registry = mock(EtcdServiceRegistry.class);

	private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

	@BeforeEach
	void view() {
		@SuppressWarnings("unchecked")
		Catalog<ServiceInstance> catalog = mock(Catalog.class);
		given(catalog.services()).willReturn(List.of("a", "b", "c"));
		given(catalog.revision()).willReturn(77L);
		given(this.view.catalog()).willReturn(catalog);
		given(this.view.statistics()).willReturn(new ViewStatistics(5, 2, 4, 11, 3));
		given(this.view.staleness()).willReturn(Duration.ofMillis(1_500));
		given(this.registry.getStatistics()).willReturn(new RegistrationStatistics(4, 6, Duration.ofMillis(7_250)));
	}

	private void bind(@Nullable EtcdServiceRegistry own, @Nullable CertificateExpiry certificates) {
		new EtcdMeters(clusters(), own, certificates, null, null, null).bindTo(this.meters);
	}

	private ClusterView<ServiceInstance> clusters() {
		return new ClusterView<>(this.view, Comparator.comparing(ServiceInstance::getInstanceId));
	}

	private double gauge(String name) {
		return this.meters.get("etcd.discovery." + name).gauge().value();
	}

	private double seconds(String name) {
		return this.meters.get("etcd.discovery." + name).timeGauge().value(TimeUnit.SECONDS);
	}

	@Test
	void everyMeterHasItsOwnValueAndUnit() {
		bind(this.registry, null);
		assertThat(gauge("view.instances")).isEqualTo(5);
		assertThat(gauge("view.services")).isEqualTo(3);
		assertThat(gauge("view.rejected")).isEqualTo(2);
		assertThat(gauge("view.without.lease")).isEqualTo(4);
		assertThat(gauge("view.revision")).isEqualTo(77);
		assertThat(seconds("view.staleness")).isEqualTo(1.5);
		assertThat(this.meters.get("etcd.discovery.view.events").functionCounter().count()).isEqualTo(11);
		assertThat(this.meters.get("etcd.discovery.view.resyncs").functionCounter().count()).isEqualTo(3);
		assertThat(gauge("registration.registered")).isEqualTo(4);
		assertThat(this.meters.get("etcd.discovery.registration.reregistrations").functionCounter().count())
			.isEqualTo(6);
		assertThat(seconds("lease.remaining")).isEqualTo(7.25);
		assertThat(this.meters.getMeters()).allSatisfy((meter) -> {
			assertThat(meter.getId().getTags()).containsExactly(Tag.of("cluster", "home"));
			assertThat(meter.getId().getDescription()).isNotBlank();
		});
	}

	@Test
	void applicationThatRegistersNothingHasNoMetersOfIt() {
		bind(null, null);
		assertThat(this.meters.getMeters()).extracting((meter) -> meter.getId().getName())
			.allMatch((name) -> name.startsWith("etcd.discovery.view."));
	}

	@Test
	void instancesThatAreSetAsideAreCountedWhereThereIsALoadBalancer() {
		EjectedInstances ejected = mock(EjectedInstances.class);
		given(ejected.count()).willReturn(9L);
		given(ejected.current()).willReturn(List.of(new EjectedInstance("stock", "h:1", 5)));
		new EtcdMeters(clusters(), null, null, ejected, null, null).bindTo(this.meters);
		assertThat(gauge("outlier.ejected")).isEqualTo(1);
		assertThat(this.meters.get("etcd.discovery.outlier.ejections").functionCounter().count()).isEqualTo(9);
	}

	@Test
	void certificatesCountDownInSecondsAndAreNoNumberWhereThereAreNone() throws Exception {
		Instant now = Instant.parse("2026-01-01T00:00:00Z");
		CertificateExpiry certificates = new CertificateExpiry(() -> now);
		bind(this.registry, certificates);
		assertThat(seconds("certificates.remaining")).isNaN();
		X509Certificate certificate = mock(X509Certificate.class);
		given(certificate.getNotAfter()).willReturn(Date.from(now.plusSeconds(90)));
		KeyStore store = KeyStore.getInstance("PKCS12");
		store.load(null, null);
		store.setCertificateEntry("ca", certificate);
		certificates.update(SslBundle.of(SslStoreBundle.of(null, null, store)));
		assertThat(seconds("certificates.remaining")).isEqualTo(90);
	}

	@SuppressWarnings("unchecked")
	private static Remote<ServiceInstance> remote(String name, boolean registers, int instances) {
		ServiceView<ServiceInstance> view = mock(ServiceView.class);
		Catalog<ServiceInstance> catalog = mock(Catalog.class);
		given(view.catalog()).willReturn(catalog);
		given(view.statistics()).willReturn(new ViewStatistics(instances, 0, 0, 0, 0));
		given(view.staleness()).willReturn(Duration.ZERO);
		return new Remote<>(name, view, false, registers, Duration.ZERO);
	}

	private double instances(String cluster) {
		return this.meters.get("etcd.discovery.view.instances").tag("cluster", cluster).gauge().value();
	}

	@Test
	void remoteClustersHaveMetersForAsLongAsTheyAreThere() {
		ClusterView<ServiceInstance> clusters = clusters();
		clusters.setRemotes(List.of(remote("us", true, 7)));
		EtcdServiceRegistry elsewhere = mock(EtcdServiceRegistry.class);
		given(elsewhere.getStatistics()).willReturn(new RegistrationStatistics(2, 0, Duration.ZERO));
		EtcdMeters meters = new EtcdMeters(clusters, this.registry, null, null, null, null);
		meters.bindTo(this.meters);
		SimpleMeterRegistry second = new SimpleMeterRegistry();
		meters.bindTo(second);
		assertThat(instances("home")).isEqualTo(5);
		assertThat(instances("us")).isEqualTo(7);
		assertThat(second.get("etcd.discovery.view.instances").tag("cluster", "us").gauge().value()).isEqualTo(7);
		assertThat(this.meters.get("etcd.discovery.fallback.services").tag("cluster", "us").gauge().value()).isZero();
		Gauge registered = this.meters.get("etcd.discovery.registration.registered").tag("cluster", "us").gauge();
		assertThat(registered.value()).isZero();
		given(this.registry.remote("us")).willReturn(elsewhere);
		assertThat(registered.value()).isEqualTo(2);

		clusters.setRemotes(List.of(remote("us", false, 8), remote("asia", false, 9)));
		assertThat(instances("us")).isEqualTo(8);
		assertThat(instances("asia")).isEqualTo(9);
		assertThat(this.meters.find("etcd.discovery.registration.registered").tag("cluster", "us").gauge()).isNull();
		assertThat(second.get("etcd.discovery.view.instances").tag("cluster", "asia").gauge().value()).isEqualTo(9);
		clusters.setRemotes(List.of());
		assertThat(Stream.concat(this.meters.getMeters().stream(), second.getMeters().stream()))
			.allSatisfy((meter) -> assertThat(meter.getId().getTag("cluster")).isEqualTo("home"));
	}

	@Test
	void servicesOfAFallbackAreCountedForThatFallback() {
		@SuppressWarnings("unchecked")
		ClusterView<ServiceInstance> clusters = mock(ClusterView.class);
		List<Remote<ServiceInstance>> remotes = List.of(remote("us", false, 1), remote("asia", false, 1));
		given(clusters.home()).willReturn(this.view);
		given(clusters.remotes()).willReturn(remotes);
		given(clusters.failedOver()).willReturn(Map.of("stock", "us", "orders", "us", "billing", "asia"));
		new EtcdMeters(clusters, null, null, null, null, null).bindTo(this.meters);
		assertThat(this.meters.get("etcd.discovery.fallback.services").tag("cluster", "us").gauge().value())
			.isEqualTo(2);
		assertThat(this.meters.get("etcd.discovery.fallback.services").tag("cluster", "asia").gauge().value())
			.isEqualTo(1);
	}

}
