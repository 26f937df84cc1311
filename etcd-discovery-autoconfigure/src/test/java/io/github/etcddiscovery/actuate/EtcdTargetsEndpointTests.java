package io.github.etcddiscovery.actuate;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import io.github.etcddiscovery.actuate.EtcdTargetsEndpoint.TargetGroup;
import io.github.etcddiscovery.cloud.EtcdServiceInstance;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.cluster.Remote;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.cloud.client.ServiceInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link EtcdTargetsEndpoint} and {@link ScrapeTargets}.
 */
class EtcdTargetsEndpointTests {

	private final ServiceView<ServiceInstance> view = mock();

	private final Catalog<ServiceInstance> catalog = mock();

	private final ClusterView<ServiceInstance> clusters = new ClusterView<>(this.view,
			Comparator.comparing(ServiceInstance::getInstanceId));

	private final EtcdTargetsEndpoint endpoint = new EtcdTargetsEndpoint(this.clusters,
			new MetadataSanitizer(List.of()));

	private final Map<String, List<ServiceInstance>> services = new TreeMap<>();

	@BeforeEach
	void view() {
		given(this.view.catalog()).willReturn(this.catalog);
		given(this.catalog.isSynced()).willReturn(true);
		given(this.catalog.all(anyString()))
			.willAnswer((call) -> this.services.getOrDefault(call.<String>getArgument(0), List.of()));
		given(this.catalog.services()).willAnswer((call) -> List.copyOf(this.services.keySet()));
		given(this.catalog.retained()).willReturn(Map.of());
	}

	@Test
	void instanceIsATargetWithWhatIsKnownOfIt() {
		add(record("orders", "10.0.0.5:8080", "10.0.0.5", 8080, false, InstanceStatus.OUT_OF_SERVICE,
				Map.of("zone", "eu-1", "my.version", "7")));
		TargetGroup group = group();
		assertThat(group.targets()).containsExactly("10.0.0.5:8080");
		assertThat(group.labels()).containsExactlyInAnyOrderEntriesOf(Map.of("__scheme__", "http", "__metrics_path__",
				"/actuator/prometheus", "__meta_etcd_service", "orders", "__meta_etcd_instance", "10.0.0.5:8080",
				"__meta_etcd_status", "OUT_OF_SERVICE", "__meta_etcd_cluster", "home", "__meta_etcd_zone", "eu-1",
				"__meta_etcd_metadata_zone", "eu-1", "__meta_etcd_metadata_my_version", "7"));
	}

	@Test
	void addressOfAnIpv6InstanceHasBrackets() {
		add(record("orders", "[2001:db8::1]:80", "2001:db8::1", 80, true, InstanceStatus.UP, Map.of()));
		assertThat(group().targets()).containsExactly("[2001:db8::1]:80");
		assertThat(group().labels()).containsEntry("__scheme__", "https");
	}

	@Test
	void managementServerIsTheTargetWhereThereIsOne() {
		add(record("orders", "10.0.0.5:80", "10.0.0.5", 80, false, InstanceStatus.UP,
				Map.of("management.port", "9090", "management.context-path", "/manage")));
		add(record("orders-management", "10.0.0.5:9091", "10.0.0.5", 9091, true, InstanceStatus.UP,
				Map.of(ServiceRecord.MANAGEMENT_OF, "orders")));
		add(record("orders-management", "10.0.0.6:9090", "10.0.0.6", 9090, true, InstanceStatus.UP,
				Map.of(ServiceRecord.MANAGEMENT_OF, "orders")));
		add(record("orders-management", "10.0.0.5:9090", "10.0.0.5", 9090, true, InstanceStatus.UP,
				Map.of(ServiceRecord.MANAGEMENT_OF, "orders")));
		assertThat(group().targets()).containsExactly("10.0.0.5:9090");
		assertThat(group().labels()).containsEntry("__scheme__", "https")
			.containsEntry("__metrics_path__", "/manage/prometheus")
			.containsEntry("__meta_etcd_instance", "10.0.0.5:80");
	}

	@Test
	void managementServerOfAnotherServiceIsNotTheTarget() {
		add(record("orders", "first", "h", 80, false, InstanceStatus.UP, Map.of()));
		add(record("orders-management", "first", "h", 9090, false, InstanceStatus.UP,
				Map.of(ServiceRecord.MANAGEMENT_OF, "other")));
		assertThat(group().targets()).containsExactly("h:80");
	}

	@Test
	void labelsWithoutAValueAreLeftOutAndOfTwoNamesThatBecomeOneTheFirstCounts() {
		add(record("orders", "a", "h", 80, false, InstanceStatus.UP,
				new TreeMap<>(Map.of("a-b", "1", "a.b", "2", "e", ""))));
		assertThat(group().labels()).containsEntry("__meta_etcd_metadata_a_b", "1")
			.doesNotContainKeys("__meta_etcd_zone", "__meta_etcd_metadata_e");
	}

	@Test
	void metadataThatTheApplicationHidesIsNoLabel() {
		SanitizingFunction hiding = (data) -> data.getKey().equals("team") ? data.withSanitizedValue() : data;
		add(record("orders", "a", "h", 80, false, InstanceStatus.UP, Map.of("team", "canary")));
		List<TargetGroup> groups = new EtcdTargetsEndpoint(this.clusters, new MetadataSanitizer(List.of(hiding)))
			.targets()
			.getBody();
		assertThat(groups).hasSize(1);
		assertThat(groups.toString()).doesNotContain("canary");
	}

	@Test
	void managementServerWithTheSameInstanceIdMayHaveAnotherHost() {
		add(record("orders", "first", "10.0.0.5", 80, false, InstanceStatus.UP, Map.of()));
		add(record("orders-management", "first", "192.168.0.5", 9090, false, InstanceStatus.UP,
				Map.of(ServiceRecord.MANAGEMENT_OF, "orders")));
		assertThat(group().targets()).containsExactly("192.168.0.5:9090");
	}

	@Test
	void managementPortIsTheTargetAlsoWithoutARecordOfItsOwn() {
		add(record("orders", "a", "h", 80, true, InstanceStatus.UP,
				Map.of("management.port", "9090", "management.scheme", "http")));
		assertThat(group().targets()).containsExactly("h:9090");
		assertThat(group().labels()).containsEntry("__scheme__", "http");
	}

	@Test
	void serviceWhoseNameOnlyEndsLikeAManagementServerIsATarget() {
		add(record("risk-management", "a", "h", 80, false, InstanceStatus.UP, Map.of()));
		assertThat(group().labels()).containsEntry("__meta_etcd_service", "risk-management");
	}

	@Test
	void pathComesFromMetadata() {
		add(record("orders", "a", "h", 80, false, InstanceStatus.UP,
				Map.of("management.context-path", "/", "prometheus.path", "/metrics")));
		assertThat(group().labels()).containsEntry("__metrics_path__", "/metrics");
	}

	@Test
	void secretMetadataIsNoLabel() {
		add(record("orders", "a", "h", 80, false, InstanceStatus.UP, Map.of("password", "canary")));
		assertThat(group().toString()).doesNotContain("password", "canary", "***");
	}

	@Test
	void retainedInstancesAreTargets() {
		given(this.catalog.services()).willReturn(List.of("orders"));
		given(this.catalog.retained()).willReturn(Map.of("orders", List
			.of(new EtcdServiceInstance(record("orders", "a", "h", 80, false, InstanceStatus.UP, Map.of()), 1))));
		assertThat(group().targets()).containsExactly("h:80");
	}

	@Test
	void whatIsNotKnownIsNotAnEmptyList() {
		given(this.catalog.isSynced()).willReturn(false);
		assertThat(this.endpoint.targets().getStatus()).isEqualTo(503);
		given(this.view.isRestored()).willReturn(true);
		assertThat(this.endpoint.targets().getStatus()).as("from the snapshot").isEqualTo(200);
	}

	@Test
	void targetsOfARemoteClusterAreAskedForByItsName() {
		ServiceView<ServiceInstance> us = mock();
		given(us.catalog()).willReturn(this.catalog);
		Catalog<ServiceInstance> home = mock();
		given(home.isSynced()).willReturn(true);
		given(this.view.catalog()).willReturn(home);
		this.clusters.setRemotes(List.of(new Remote<>("us", us, false, false, Duration.ZERO)));
		add(record("orders", "a", "h", 80, false, InstanceStatus.UP, Map.of()));
		assertThat(this.endpoint.targetsOfCluster("us").getBody()).hasSize(1);
		assertThat(this.endpoint.targetsOfCluster("asia").getStatus()).isEqualTo(WebEndpointResponse.STATUS_NOT_FOUND);
	}

	private TargetGroup group() {
		List<TargetGroup> groups = this.endpoint.targets().getBody();
		assertThat(groups).hasSize(1);
		return groups.get(0);
	}

	private void add(ServiceRecord record) {
		this.services.merge(record.key().serviceId(), List.of(new EtcdServiceInstance(record, 1)),
				(before, added) -> Stream.concat(before.stream(), added.stream()).toList());
	}

	private static ServiceRecord record(String service, String instance, String host, int port, boolean secure,
			InstanceStatus status, Map<String, String> metadata) {
		return new ServiceRecord(new InstanceKey(service, instance), host, port, secure, status, metadata);
	}

}
