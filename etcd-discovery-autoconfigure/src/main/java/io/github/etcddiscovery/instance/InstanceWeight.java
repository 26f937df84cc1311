package io.github.etcddiscovery.instance;

import java.util.Map;

import io.github.etcddiscovery.Internal;
import org.jspecify.annotations.Nullable;

/**
 * The weight that an instance gives itself by its metadata {@code weight}, as in Spring
 * Cloud LoadBalancer, but from 1 to 1,000: one instance must not take nearly all requests
 * by a weight of a billion.
 */
@Internal
public final class InstanceWeight {

	private static final String METADATA = "weight";

	private static final int LEAST = 1;

	private static final int MOST = 1_000;

	private InstanceWeight() {
	}

	/**
	 * Returns the weight of an instance.
	 * @param metadata the metadata of the instance, {@code null} for none
	 * @return the nearest weight from 1 to 1,000; 1 if there is none, or none that is a
	 * number
	 */
	public static int of(@Nullable Map<String, String> metadata) {
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
