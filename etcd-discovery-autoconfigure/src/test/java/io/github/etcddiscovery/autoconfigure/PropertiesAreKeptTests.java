package io.github.etcddiscovery.autoconfigure;

import java.beans.PropertyDescriptor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.github.etcddiscovery.autoconfigure.loadbalancer.ChoiceProperties;
import io.github.etcddiscovery.autoconfigure.loadbalancer.EtcdLoadBalancingProperties;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.beans.BeanUtils;
import org.springframework.beans.BeanWrapperImpl;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of all beans of properties: each property has the value that was set.
 */
class PropertiesAreKeptTests {

	private static final Map<Class<?>, List<?>> VALUES = Map.of(boolean.class, List.of(true, false), Boolean.class,
			List.of(true, false), int.class, List.of(7), Integer.class, List.of(7), long.class, List.of(7L),
			double.class, List.of(0.7), String.class, List.of("set"), Duration.class, List.of(Duration.ofSeconds(7)),
			List.class, List.of(List.of("set")), Map.class, List.of(Map.of("set", "7")));

	static Stream<Object> beans() {
		return Stream.of(new EtcdProperties(), new EtcdProperties.Ssl(), new EtcdDiscoveryProperties(),
				new RemoteProperties(), new EtcdDiscoveryProperties.WriteAlsoProperties(),
				new EtcdLoadBalancingProperties(), new ChoiceProperties.Outlier());
	}

	@ParameterizedTest
	@MethodSource("beans")
	void propertyHasTheValueThatWasSet(Object properties) {
		BeanWrapperImpl bean = new BeanWrapperImpl(properties);
		List<PropertyDescriptor> settable = Stream.of(BeanUtils.getPropertyDescriptors(properties.getClass()))
			.filter((property) -> property.getWriteMethod() != null && VALUES.containsKey(property.getPropertyType()))
			.toList();
		assertThat(settable).isNotEmpty();
		for (PropertyDescriptor property : settable) {
			for (Object value : VALUES.get(property.getPropertyType())) {
				bean.setPropertyValue(property.getName(), value);
				assertThat(bean.getPropertyValue(property.getName())).as(property.getName())
					.hasToString(value.toString());
			}
		}
	}

}
