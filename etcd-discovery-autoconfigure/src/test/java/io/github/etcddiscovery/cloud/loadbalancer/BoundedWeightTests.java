package io.github.etcddiscovery.cloud.loadbalancer;

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link BoundedWeight}.
 */
class BoundedWeightTests {

	@ParameterizedTest
	@CsvSource({ "5, 5", "' 7 ', 7", "0, 1", "-3, 1", "1, 1", "1000, 1000", "1001, 1000", "99999999999, 1000",
			"heavy, 1", "'', 1", "1.5, 1" })
	void weightIsTheNearestFromOneToAThousand(String weight, int expected) {
		assertThat(new BoundedWeight()
			.apply(new DefaultServiceInstance("a", "stock", "h", 1, false, Map.of("weight", weight))))
			.isEqualTo(expected);
	}

	@Test
	void instanceWithoutAWeightHasOne() {
		assertThat(new BoundedWeight().apply(new DefaultServiceInstance("a", "stock", "h", 1, false))).isOne();
		assertThat(new BoundedWeight().apply(mock(ServiceInstance.class))).isOne();
	}

}
