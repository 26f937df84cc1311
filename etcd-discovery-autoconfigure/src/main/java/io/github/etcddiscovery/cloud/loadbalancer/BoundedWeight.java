package io.github.etcddiscovery.cloud.loadbalancer;

import java.util.Map;

import io.github.etcddiscovery.Internal;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.loadbalancer.core.WeightFunction;

/**
 * The weight that an instance gives itself by its metadata {@code weight}, as in Spring
 * Cloud LoadBalancer, but from 1 to 1,000: one instance must not take nearly all requests
 * by a weight of a billion.
 */
@Internal
public final class BoundedWeight implements WeightFunction {

	private static final String METADATA = "weight";

	private static final int LEAST = 1;

	private static final int MOST = 1_000;

	/**
	 * Returns the weight of an instance.
	 * @param instance the instance
	 * @return the nearest one from 1 to 1,000; 1 if it has none or none that is a number
	 */
	@Override
	public int apply(ServiceInstance instance) {
		Map<String, String> metadata = instance.getMetadata();
		String weight = (metadata != null) ? metadata.get(METADATA) : null;
		if (weight == null) {
			// Without this, each instance would cost an exception.
			return LEAST;
		}
		try {
			return (int) Math.max(LEAST, Math.min(MOST, Long.parseLong(weight.trim())));
		}
		catch (NumberFormatException ex) {
			return LEAST;
		}
	}

}
