package io.github.etcddiscovery.actuate;

import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.actuate.EtcdDiscoveryEndpoint.Description;
import io.github.etcddiscovery.actuate.EtcdDiscoveryEndpoint.MetadataChange;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.cloud.EjectedInstances;
import io.github.etcddiscovery.cloud.EjectedInstances.EjectedInstance;
import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.cloud.registration.RegisteredRecord;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.cluster.Remote;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.registry.RecordState;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.ViewState;
import io.github.etcddiscovery.view.ViewStatistics;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.info.Info;
import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link EtcdDiscoveryEndpoint} and {@link EtcdDiscoveryWebExtension}.
 */
class EtcdDiscoveryEndpointTests {

	private static final ServiceInstance INSTANCE = new DefaultServiceInstance("1", "stock", "h", 1, false);

	private static final MetadataSanitizer SANITIZER = new MetadataSanitizer(
			List.of((data) -> data.getKey().equals("zone-of-the-vault") ? data.withValue("hidden") : data));

	@SuppressWarnings("unchecked")
	private final ServiceView<ServiceInstance> view = mock(ServiceView.class);

	@SuppressWarnings("unchecked")
	private final Catalog<ServiceInstance> catalog = mock(Catalog.class);

	private final EtcdServiceRegistry registry = mock(EtcdServiceRegistry.class);

	private final EtcdRegistration registration = new EtcdRegistration("orders", null, "h", 1, false,
			Map.of("zone", "a"));

	private final EjectedInstances ejected = mock(EjectedInstances.class);

	private final ClusterView<ServiceInstance> clusters = new ClusterView<>(this.view,
			Comparator.comparing(ServiceInstance::getInstanceId));

	private final EtcdDiscoveryEndpoint endpoint = new EtcdDiscoveryEndpoint(this.clusters, this.registry,
			this.registration, null, null, SANITIZER, this.ejected);

	private final EtcdDiscoveryWebExtension web = new EtcdDiscoveryWebExtension(this.endpoint);

	@BeforeEach
	void view() {
		given(this.view.catalog()).willReturn(this.catalog);
		given(this.view.state()).willReturn(ViewState.WAITING);
		given(this.view.staleness()).willReturn(Duration.ofMillis(1_234));
		given(this.view.drifts()).willReturn(9L);
		given(this.view.statistics()).willReturn(new ViewStatistics(3, 2, 5, 1, 0));
		given(this.view.withoutLease(100)).willReturn(List.of("/services/stock/copy"));
		given(this.view.rejections(100)).willReturn(Map.of("/services/stock/x", "not readable"));
		given(this.catalog.isSynced()).willReturn(true);
		given(this.catalog.services()).willReturn(List.of("stock"));
		given(this.catalog.all("stock")).willReturn(List.of(INSTANCE, INSTANCE));
		given(this.catalog.retained()).willReturn(Map.of("stock", List.of(INSTANCE)));
		given(this.catalog.positions()).willReturn(List.of(new Catalog.Position("/services/", 2, 77)));
	}

	@Test
	void everythingThatIsSeenIsShown() {
		List<EjectedInstance> ejected = List.of(new EjectedInstance("stock", "10.0.0.5:80", 900));
		given(this.ejected.current()).willReturn(ejected);
		Description shown = this.endpoint.etcd();
		assertThat(shown.registrations()).isEmpty();
		assertThat(shown.ejected()).isEqualTo(ejected);
		assertThat(shown.view()).isEqualTo(new EtcdDiscoveryEndpoint.ViewDescription(ViewState.WAITING, true, 1_234,
				List.of(new Catalog.Position("/services/", 2, 77)), Map.of("stock", 2), Map.of("stock", 1), 9, 2,
				Map.of("/services/stock/x", "not readable"), 5, List.of("/services/stock/copy")));
	}

	@Test
	void secretMetadataIsHiddenByNameAndByTheRulesOfTheApplication() {
		Map<String, String> metadata = new LinkedHashMap<>();
		metadata.put("zone", "a");
		metadata.put("password", "canary");
		metadata.put("zone-of-the-vault", "canary");
		given(this.registry.getRecords()).willReturn(List.of(new RegisteredRecord("/services/orders/1",
				RecordState.REGISTERED, null, InstanceStatus.UP, "json", "1", 1, "h", "given", 1, metadata)));
		assertThat(this.endpoint.etcd().registrations().get(0).metadata()).containsExactlyInAnyOrderEntriesOf(
				Map.of("zone", "a", "password", "******", "zone-of-the-vault", "hidden"));
		this.registration.getMetadata().putAll(metadata);
		assertThat(this.endpoint.set("metadata", "a", "b").metadata().values()).doesNotContain("canary");
		Info.Builder info = new Info.Builder();
		new EtcdInfoContributor(this.registration, SANITIZER).contribute(info);
		assertThat(info.build().toString()).contains("zone=a").doesNotContain("canary");
	}

	@Test
	void endpointItselfKnowsNoTypesOfTheWeb() {
		assertThat(EtcdDiscoveryEndpoint.class.getDeclaredMethods()).extracting((method) -> method.getReturnType())
			.noneMatch((type) -> type.getName().contains(".web."));
	}

	@Test
	void withoutARegistryNothingIsRegistered() {
		EtcdDiscoveryEndpoint reading = new EtcdDiscoveryEndpoint(this.clusters, null, null, null, null, SANITIZER,
				null);
		assertThat(reading.etcd().registrations()).isEmpty();
		assertThat(reading.etcd().ejected()).isEmpty();
		assertThatIllegalArgumentException().isThrownBy(() -> reading.set("metadata", "a", "b"))
			.withMessage("This application does not register itself");
		assertThat(new EtcdDiscoveryWebExtension(reading).remove("metadata", "a").getStatus()).isEqualTo(404);
	}

	@Test
	void changeIsAnsweredWithAllMetadataAndWhetherEtcdHasIt() {
		given(this.registry.changeMetadata(this.registration, "a", "b")).willReturn(true);
		assertThat(this.endpoint.set("metadata", "a", "b")).isEqualTo(new MetadataChange(Map.of("zone", "a"), true));
		assertThat(this.endpoint.remove("metadata", "c")).isEqualTo(new MetadataChange(Map.of("zone", "a"), false));
	}

	@Test
	void overHttpStatusTellsWhetherEtcdHasTheChange() {
		given(this.registry.changeMetadata(this.registration, "a", "b")).willReturn(true);
		WebEndpointResponse<?> written = this.web.set("metadata", "a", "b");
		assertThat(written.getStatus()).isEqualTo(200);
		assertThat(written.getBody()).isEqualTo(Map.of("metadata", Map.of("zone", "a")));
		assertThat(this.web.remove("metadata", "c").getStatus()).isEqualTo(202);
	}

	@Test
	void overHttpEveryRefusalIsAStatusAndASentence() {
		given(this.registry.changeMetadata(any(), eq("invalid"), any()))
			.willThrow(new InvalidValueException("metadata", "x", "something else"));
		given(this.registry.changeMetadata(any(), eq("denied"), any()))
			.willThrow(new EtcdException(Reason.PERMISSION_DENIED, "denied", null));
		refused(this.web.set("metadata", "invalid", "x"), 400, "Invalid metadata 'x': expected something else");
		refused(this.web.remove("metadata", "denied"), 503, "denied");
		refused(this.web.set("metadata", "a", null), 400, "No value given: expected {\"value\":\"...\"}");
		refused(this.web.set("host", "a", "b"), 404, "There is no 'host' to change: expected 'metadata'");
	}

	private static void refused(WebEndpointResponse<?> answer, int status, String reason) {
		assertThat(answer.getStatus()).isEqualTo(status);
		assertThat(answer.getBody()).isEqualTo(Map.of("error", reason));
	}

	@Test
	void remoteClustersAreShownWithWhatIsRegisteredThere() {
		@SuppressWarnings("unchecked")
		ServiceView<ServiceInstance> remote = mock(ServiceView.class);
		given(remote.catalog()).willReturn(this.catalog);
		given(remote.state()).willReturn(ViewState.WATCHING);
		given(remote.staleness()).willReturn(Duration.ZERO);
		given(remote.statistics()).willReturn(new ViewStatistics(1, 0, 0, 0, 0));
		given(remote.failure()).willReturn("no answer");
		given(remote.member()).willReturn("http://us:2379");
		EtcdServiceRegistry elsewhere = mock(EtcdServiceRegistry.class);
		given(elsewhere.getRecords())
			.willReturn(List.of(new RegisteredRecord("/services/orders/1", RecordState.REGISTERED, null,
					InstanceStatus.UP, "json", "1", 1, "h", "given", 1, Map.of("password", "canary"))));
		given(this.registry.remote("us")).willReturn(elsewhere);
		this.clusters.setRemotes(List.of(new Remote<>("us", remote, true, true, Duration.ZERO),
				new Remote<>("asia", remote, false, false, Duration.ZERO)));
		Description shown = this.endpoint.etcd();
		assertThat(shown.remotes().keySet()).containsExactly("us", "asia");
		assertThat(shown.remotes().get("us")).satisfies((us) -> {
			assertThat(us.use()).isEqualTo("merge");
			assertThat(us.registrations()).singleElement()
				.satisfies((record) -> assertThat(record.metadata()).containsEntry("password", "******"));
			assertThat(us.failure()).isEqualTo("no answer");
			assertThat(us.member()).isEqualTo("http://us:2379");
			assertThat(us.view().state()).isEqualTo(ViewState.WATCHING);
		});
		assertThat(shown.remotes().get("asia").use()).isEqualTo("fallback");
		assertThat(shown.remotes().get("asia").registrations()).isEmpty();
		assertThat(shown.view().state()).isEqualTo(ViewState.WAITING);
		assertThat(shown.failedOver()).isEmpty();
	}

}
