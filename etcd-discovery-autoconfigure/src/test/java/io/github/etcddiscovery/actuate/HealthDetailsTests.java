package io.github.etcddiscovery.actuate;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.cloud.CertificateExpiry;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.cluster.Remote;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.ViewState;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.cloud.client.ServiceInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link EtcdHealthIndicator}, detail by detail.
 */
class HealthDetailsTests {

	@SuppressWarnings("unchecked")
	private final ServiceView<ServiceInstance> view = mock(ServiceView.class);

	@SuppressWarnings("unchecked")
	private final Catalog<ServiceInstance> catalog = mock(Catalog.class);

	private final EtcdServiceRegistry registry = mock(EtcdServiceRegistry.class);

	@BeforeEach
	void view() {
		given(this.view.catalog()).willReturn(this.catalog);
		given(this.view.state()).willReturn(ViewState.WATCHING);
		given(this.view.staleness()).willReturn(Duration.ofSeconds(2));
		given(this.catalog.services()).willReturn(List.of("a", "b"));
	}

	private Health health(boolean synced, EtcdServiceRegistry own, CertificateExpiry certificates) {
		given(this.catalog.isSynced()).willReturn(synced);
		return new EtcdHealthIndicator(
				new ClusterView<>(this.view, Comparator.comparing(ServiceInstance::getInstanceId)), own, certificates)
			.health();
	}

	@Test
	void isUpOnceEtcdHasBeenRead() {
		assertThat(health(true, null, null).getStatus()).isEqualTo(Status.UP);
		assertThat(health(false, null, null).getStatus()).isEqualTo(Status.DOWN);
	}

	@Test
	void withoutRegistryAndCertificatesOnlyTheViewIsShown() {
		assertThat(health(true, null, null).getDetails())
			.isEqualTo(Map.of("view", Map.of("state", ViewState.WATCHING, "services", 2)));
	}

	@Test
	void failureIsShownWithTheAgeOfWhatIsKnown() {
		given(this.view.failure()).willReturn("no connection");
		assertThat(health(true, null, null).getDetails()).isEqualTo(Map.of("view",
				Map.of("state", ViewState.WATCHING, "services", 2, "staleMillis", 2_000L, "failure", "no connection")));
	}

	@Test
	void certificatesAreShownOnlyIfThereAreSome() {
		CertificateExpiry certificates = mock(CertificateExpiry.class);
		assertThat(health(true, this.registry, certificates).getDetails()).containsOnlyKeys("view", "registrations");
		given(certificates.expires()).willReturn(Instant.parse("2026-01-01T00:00:00Z"));
		given(certificates.isSoon()).willReturn(true);
		assertThat(health(true, this.registry, certificates).getDetails()).containsEntry("certificates",
				Map.of("expire", "2026-01-01T00:00:00Z", "soon", true));
	}

	@Test
	void remoteClustersAreDetailsThatDoNotChangeTheStatus() {
		@SuppressWarnings("unchecked")
		ServiceView<ServiceInstance> remote = mock(ServiceView.class);
		@SuppressWarnings("unchecked")
		Catalog<ServiceInstance> unread = mock(Catalog.class);
		given(remote.catalog()).willReturn(unread);
		given(remote.state()).willReturn(ViewState.LISTING);
		given(remote.failure()).willReturn("no connection");
		given(remote.staleness()).willReturn(Duration.ofSeconds(3));
		given(this.catalog.isSynced()).willReturn(true);
		ClusterView<ServiceInstance> clusters = new ClusterView<>(this.view,
				Comparator.comparing(ServiceInstance::getInstanceId));
		clusters.setRemotes(List.of(new Remote<>("us", remote, false, false, Duration.ZERO)));
		Health health = new EtcdHealthIndicator(clusters, null, null).health();
		assertThat(health.getStatus()).isEqualTo(Status.UP);
		assertThat(health.getDetails()).containsEntry("remotes", Map.of("us",
				Map.of("state", ViewState.LISTING, "services", 0, "staleMillis", 3_000L, "failure", "no connection")));
	}

}
