package io.github.etcddiscovery.autoconfigure.loadbalancer;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.etcddiscovery.cloud.loadbalancer.InstanceSelector;
import io.github.etcddiscovery.cloud.loadbalancer.MinAvailable;
import io.github.etcddiscovery.cloud.loadbalancer.OutlierSettings;
import org.junit.jupiter.api.Test;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link EtcdLoadBalancingProperties}.
 */
class EtcdLoadBalancingPropertiesTests {

	private static LoadBalancingSettings settings(String... properties) {
		Map<String, String> map = new HashMap<>();
		for (String property : properties) {
			map.put("spring.cloud.etcd.discovery." + property.split("=")[0], property.split("=")[1]);
		}
		return new Binder(new MapConfigurationPropertySource(map))
			.bindOrCreate("spring.cloud.etcd.discovery", EtcdLoadBalancingProperties.class)
			.toSettings();
	}

	@Test
	void byDefaultOnlyInstancesWithoutAConnectionAreEjected() {
		LoadBalancingSettings settings = settings();
		assertThat(settings.allServices()).isEqualTo(new ChoiceSettings(List.of(), MinAvailable.ONE, true,
				new OutlierSettings(Duration.ofSeconds(1), Duration.ofSeconds(10), 50, 0, 0)));
		assertThat(settings.selector("stock").isAll()).isTrue();
		assertThat(settings.headers()).isEmpty();
	}

	@Test
	void eachPropertyIsInItsPlace() {
		LoadBalancingSettings settings = settings("zones=a,b", "min-available=30%", "select-default=none",
				"outlier.base-ejection-time=2s", "outlier.max-ejection-time=3s", "outlier.max-ejection-percent=4",
				"outlier.consecutive-5xx=5", "outlier.consecutive-timeouts=6", "select.stock.version=1,2",
				"select[a.b].x=y", "select-headers.X-Version=version", "clients.cart.outlier.enabled=false");
		assertThat(settings.allServices()).isEqualTo(new ChoiceSettings(List.of("a", "b"), new MinAvailable(30, true),
				false, new OutlierSettings(Duration.ofSeconds(2), Duration.ofSeconds(3), 4, 5, 6)));
		assertThat(settings.of("stock")).isEqualTo(settings.allServices());
		assertThat(settings.of("cart").outlier()).isNull();
		assertThat(settings.selector("stock")).isEqualTo(new InstanceSelector(Map.of("version", Set.of("1", "2"))));
		assertThat(settings.selector("a.b")).isEqualTo(new InstanceSelector(Map.of("x", Set.of("y"))));
		assertThat(settings.headers()).containsExactly(Map.entry("X-Version", "version"));
	}

}
