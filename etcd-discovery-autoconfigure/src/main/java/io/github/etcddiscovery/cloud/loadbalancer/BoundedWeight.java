package io.github.etcddiscovery.cloud.loadbalancer;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.instance.InstanceWeight;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.loadbalancer.core.WeightFunction;

/**
 * {@link InstanceWeight} as a function of Spring Cloud LoadBalancer.
 */
@Internal
public final class BoundedWeight implements WeightFunction {

	/**
	 * Returns the weight of an instance.
	 * @param instance the instance
	 * @return the nearest one from 1 to 1,000; 1 if it has none or none that is a number
	 */
	@Override
	public int apply(ServiceInstance instance) {
		return InstanceWeight.of(instance.getMetadata());
	}

}
