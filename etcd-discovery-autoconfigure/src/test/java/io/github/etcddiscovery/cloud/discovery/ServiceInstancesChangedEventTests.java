package io.github.etcddiscovery.cloud.discovery;

import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.cloud.EtcdServiceInstance;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.view.Catalog;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link ServiceInstancesChangedEvent}.
 */
class ServiceInstancesChangedEventTests {

	private static final ServiceInstance A = instance("a", 1, "1");

	private static final ServiceInstance B = instance("b", 1, "1");

	private static ServiceInstance instance(String id, int port, String weight) {
		return new DefaultServiceInstance(id, "stock", "h", port, false, Map.of("weight", weight));
	}

	private static Catalog<ServiceInstance> catalog(List<ServiceInstance> instances) {
		@SuppressWarnings("unchecked")
		Catalog<ServiceInstance> catalog = mock(Catalog.class);
		given(catalog.available("stock")).willReturn(instances);
		given(catalog.revision("stock")).willReturn(5L);
		return catalog;
	}

	private @Nullable ServiceInstancesChangedEvent between(List<ServiceInstance> before, List<ServiceInstance> now) {
		return ServiceInstancesChangedEvent.between(this, "stock", catalog(before), catalog(now));
	}

	@Test
	void everyInstanceIsNewAtFirst() {
		ServiceInstancesChangedEvent event = ServiceInstancesChangedEvent.between(this, "stock", null,
				catalog(List.of(A, B)));
		assertThat(event.getAdded()).containsExactly(A, B);
		assertThat(event.getInstances()).containsExactly(A, B);
		assertThat(event.getRemoved()).isEmpty();
		assertThat(event.getChanged()).isEmpty();
		assertThat(event.getServiceId()).isEqualTo("stock");
		assertThat(event.getRevision()).isEqualTo(5);
		assertThat(event.getSource()).isSameAs(this);
		assertThat(event).asString().contains("stock at revision 5");
	}

	@Test
	void instancesThatCameAndWentAreToldApart() {
		ServiceInstancesChangedEvent event = between(List.of(A), List.of(B));
		assertThat(event.getAdded()).containsExactly(B);
		assertThat(event.getRemoved()).containsExactly(A);
		assertThat(event.getChanged()).isEmpty();
	}

	@Test
	void otherMetadataOrAnotherAddressIsAChange() {
		assertThat(between(List.of(A), List.of(instance("a", 1, "2"))).getChanged()).hasSize(1);
		assertThat(between(List.of(A), List.of(instance("a", 2, "1"))).getChanged()).hasSize(1);
		assertThat(between(List.of(A), List.of(instance("a", 2, "1"))).getAdded()).isEmpty();
	}

	@Test
	void sameInstancesAreNoEvent() {
		List<ServiceInstance> same = List.of(A);
		assertThat(between(same, same)).isNull();
		assertThat(between(List.of(A), List.of(instance("a", 1, "1")))).isNull();
		assertThat(between(List.of(), List.of())).isNull();
		assertThat(ServiceInstancesChangedEvent.between(this, "stock", null, catalog(List.of()))).isNull();
	}

	@Test
	void instancesOfTwoClustersAreDifferentOnes() {
		ServiceRecord record = new ServiceRecord(new InstanceKey("stock", "a"), "h", 1, false, InstanceStatus.UP,
				Map.of());
		ServiceInstance home = EtcdServiceInstance.of(record, 0, "home");
		ServiceInstance remote = EtcdServiceInstance.of(record, 0, "us");
		ServiceInstancesChangedEvent event = between(List.of(home), List.of(home, remote));
		assertThat(event.getAdded()).singleElement().isSameAs(remote);
		assertThat(event.getChanged()).isEmpty();
		assertThat(between(List.of(home), List.of(remote)).getRemoved()).singleElement().isSameAs(home);
	}

}
