package io.github.etcddiscovery.actuate;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.actuate.EtcdPageEndpoint.State;
import io.github.etcddiscovery.cloud.EtcdServiceInstance;
import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.cloud.client.ServiceInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link EtcdPageEndpoint}.
 */
class EtcdPageEndpointTests {

	private static final Instant BEGIN = Instant.parse("2026-11-29T10:00:00Z");

	private final ServiceView<ServiceInstance> view = mock();

	private final EtcdRegistration registration = new EtcdRegistration("orders", "o-1", "h", 1, false, Map.of());

	private Instant now = BEGIN;

	private final EtcdPageEndpoint endpoint = endpoint(this.registration);

	private EtcdPageEndpoint endpoint(EtcdRegistration registration) {
		return new EtcdPageEndpoint("orders",
				new ClusterView<>(this.view, Comparator.comparing(ServiceInstance::getInstanceId)), mock(),
				registration, new MetadataSanitizer(List.of()), () -> this.now);
	}

	@BeforeEach
	void empty() {
		sees();
	}

	@Test
	void pageIsADocumentOfItsOwn() {
		assertThat(this.endpoint.page()).startsWith("<!DOCTYPE html>")
			.contains("etcdpage/state")
			.doesNotContain("src=");
	}

	@Test
	void onlyTheStateCanBeAskedFor() {
		assertThat(this.endpoint.state("anything", null).getStatus()).isEqualTo(404);
	}

	@Test
	void instancesAreShownWithoutSecrets() {
		sees(instance("1", Map.of("zone", "eu-1", "password", "canary")));
		State state = state(null);
		assertThat(state.service()).isEqualTo("orders");
		assertThat(state.instance()).isEqualTo("o-1");
		assertThat(state.services().get("stock")).singleElement().satisfies((shown) -> {
			assertThat(shown.id()).isEqualTo("1");
			assertThat(shown.address()).hasToString("http://h:80");
			assertThat(shown.status()).isEqualTo("UP");
			assertThat(shown.cluster()).isEqualTo("home");
			assertThat(shown.metadata()).isEqualTo(Map.of("zone", "eu-1", "password", "******"));
			assertThat(shown.lease()).isEqualTo("ff");
		});
	}

	@Test
	void retainedInstancesAreMarked() {
		Catalog<ServiceInstance> catalog = sees();
		given(catalog.services()).willReturn(List.of("stock"));
		given(catalog.retained()).willReturn(Map.of("stock", List.of(instance("1", Map.of()))));
		assertThat(state(null).services().get("stock")).singleElement()
			.extracting(EtcdPageEndpoint.Instance::status)
			.isEqualTo("RETAINED");
	}

	@Test
	void servicesAreAnsweredOnlyIfTheyHaveChanged() {
		sees(instance("1", Map.of()));
		State first = state(null);
		assertThat(state(first.version()).services()).isNull();
		assertThat(state("of another start").services()).isNotNull();
		Catalog<ServiceInstance> before = this.view.catalog();
		Catalog<ServiceInstance> same = sees(instance("1", Map.of()));
		given(same.hasSameInstances(before)).willReturn(true);
		assertThat(state(first.version()).services()).as("the same instances").isNull();
		sees(instance("1", Map.of()), instance("2", Map.of()));
		State second = state(first.version());
		assertThat(second.services().get("stock")).hasSize(2);
		assertThat(second.version()).isNotEqualTo(first.version());
	}

	@Test
	void versionOfAnotherStartIsNeverTheSame() {
		assertThat(state(null).version()).isNotEqualTo(endpoint(null).state("state", null).getBody().version());
	}

	@Test
	void ageIsCountedFromWhenAnInstanceWasSeenFirst() {
		sees(instance("1", Map.of()));
		state(null);
		this.now = BEGIN.plusSeconds(60);
		sees(instance("1", Map.of("changed", "true")), instance("2", Map.of()));
		assertThat(state(null).services().get("stock")).extracting(EtcdPageEndpoint.Instance::seenSince)
			.containsExactly(BEGIN, BEGIN.plusSeconds(60));
	}

	@Test
	void ageOfARetainedInstanceIsCountedFromWhenItWasSeenFirst() {
		Catalog<ServiceInstance> catalog = sees();
		given(catalog.services()).willReturn(List.of("stock"));
		given(catalog.retained()).willReturn(Map.of("stock", List.of(instance("1", Map.of()))));
		state(null);
		this.now = BEGIN.plusSeconds(60);
		assertThat(state(null).services().get("stock")).extracting(EtcdPageEndpoint.Instance::seenSince)
			.containsExactly(BEGIN);
	}

	@Test
	void applicationThatDoesNotRegisterItselfHasNoInstance() {
		assertThat(endpoint(null).state("state", null).getBody().instance()).isEmpty();
	}

	private State state(String since) {
		return this.endpoint.state("state", since).getBody();
	}

	private Catalog<ServiceInstance> sees(ServiceInstance... instances) {
		Catalog<ServiceInstance> catalog = mock();
		given(catalog.services()).willReturn((instances.length > 0) ? List.of("stock") : List.of());
		given(catalog.all("stock")).willReturn(List.of(instances));
		given(catalog.hasSameInstances(catalog)).willReturn(true);
		given(this.view.catalog()).willReturn(catalog);
		return catalog;
	}

	private static ServiceInstance instance(String id, Map<String, String> metadata) {
		return new EtcdServiceInstance(
				new ServiceRecord(new InstanceKey("stock", id), "h", 80, false, InstanceStatus.UP, metadata), 255);
	}

}
