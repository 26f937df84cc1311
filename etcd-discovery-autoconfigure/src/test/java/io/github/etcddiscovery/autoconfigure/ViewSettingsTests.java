package io.github.etcddiscovery.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.github.etcddiscovery.cloud.CertificateExpiry;
import io.github.etcddiscovery.cloud.discovery.ViewLifecycle;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.doubles.EmptyEtcdClient;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.support.Telemetry;
import io.github.etcddiscovery.view.InstanceLimits;
import io.github.etcddiscovery.view.ServiceView;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.support.StaticListableBeanFactory;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of {@link Views} and {@link EtcdDiscoveryAutoConfiguration}: what the properties
 * make of the view.
 */
@ExtendWith(OutputCaptureExtension.class)
class ViewSettingsTests {

	private final EtcdDiscoveryProperties properties = new EtcdDiscoveryProperties();

	private ViewLifecycle lifecycle(String... services) {
		KeyLayout layout = Views.layout(this.properties);
		EmptyEtcdClient client = new EmptyEtcdClient();
		ServiceView<ServiceInstance> view = Views.home(client,
				(services.length == 0) ? layout.ranges() : layout.ranges(List.of(services)),
				Views.formats(Stream.empty(), this.properties), this.properties, Telemetry.NONE);
		EtcdDiscoveryAutoConfiguration configuration = new EtcdDiscoveryAutoConfiguration();
		ClusterView<ServiceInstance> clusters = configuration.etcdStarterClusterView(view);
		StaticListableBeanFactory beans = new StaticListableBeanFactory();
		RemoteClusters remotes = new RemoteClusters(new MockEnvironment(), this.properties, clusters,
				Views.formats(Stream.empty(), this.properties), Telemetry.NONE, null, beans, null);
		return configuration.etcdStarterViewLifecycle(view, clusters, remotes, client, layout, new EtcdProperties(),
				this.properties, beans.getBeanProvider(CertificateExpiry.class));
	}

	private void isRefused(String property, String reason, String... services) {
		assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class)
			.isThrownBy(() -> lifecycle(services))
			.satisfies((ex) -> {
				assertThat(ex.getName()).isEqualTo("spring.cloud.etcd.discovery." + property);
				assertThat(ex.getReason()).contains(reason);
			});
	}

	@Test
	void limitsOfAViewAreTheSameWithoutProperties() {
		assertThat(new InstanceLimits(this.properties.getMaxInstances(), this.properties.getMaxInstancesPerService()))
			.isEqualTo(InstanceLimits.DEFAULT);
	}

	@Test
	void awaitedServiceHasAnInstanceOrMore() {
		this.properties.setWaitFor(Map.of("stock", 0));
		isRefused("wait-for[stock]", "Expected 1 instance or more.");
		this.properties.setWaitFor(Map.of("stock", 1));
		assertThat(lifecycle()).isNotNull();
	}

	@Test
	void awaitedServiceIsFollowed() {
		this.properties.setWaitFor(Map.of("stock", 1));
		isRefused("wait-for[stock]", "Expected a service among spring.cloud.etcd.discovery.services.", "orders");
		assertThat(lifecycle("orders", "stock")).isNotNull();
	}

	@Test
	void awaitedServiceHasAName() {
		this.properties.setWaitFor(Map.of("a/b", 1));
		isRefused("wait-for[a/b]", "Expected");
	}

	@ParameterizedTest
	@ValueSource(longs = { 0, -1 })
	void waitingTakesSomeTime(long millis) {
		this.properties.setWaitTimeout(Duration.ofMillis(millis));
		isRefused("wait-timeout", "Expected more than 0.");
	}

	@Test
	void prefixWithoutASlashIsWarnedOf(CapturedOutput output) {
		Views.layout(this.properties);
		assertThat(output).isEmpty();
		this.properties.setPrefix("services");
		Views.layout(this.properties);
		assertThat(output).contains("spring.cloud.etcd.discovery.prefix is 'services'");
	}

	@Test
	void prefixOfAServiceIsNamedIfItIsNone() {
		this.properties.setServicePrefixes(Map.of("stock", "/legacy/stock"));
		assertThat(Views.layout(this.properties).format(new InstanceKey("stock", "a"))).isEqualTo("/legacy/stock/a");
		this.properties.setServicePrefixes(Map.of("stock", ""));
		assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class)
			.isThrownBy(() -> Views.layout(this.properties))
			.satisfies(
					(ex) -> assertThat(ex.getName()).isEqualTo("spring.cloud.etcd.discovery.service-prefixes.stock"));
	}

	@Test
	void networkThatIsNoneIsRefused() {
		this.properties.setAllowedNetworks(List.of("10.0.0.0/99"));
		assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class)
			.isThrownBy(() -> Views.formats(Stream.empty(), this.properties))
			.satisfies((ex) -> assertThat(ex.getName()).isEqualTo("spring.cloud.etcd.discovery.allowed-networks"));
	}

}
