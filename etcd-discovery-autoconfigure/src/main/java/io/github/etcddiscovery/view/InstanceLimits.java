package io.github.etcddiscovery.view;

import io.github.etcddiscovery.instance.InvalidValueException;

/**
 * How many instances a view holds at most. A process that writes too many instances can
 * neither fill the memory of all readers nor keep other services out. Entries over a
 * limit are rejected, and read again when other instances have left.
 *
 * @param total of all services, at least 1
 * @param perService of any one service, at least 1
 */
public record InstanceLimits(int total, int perService) {

	/** The defaults of {@code max-instances} and {@code max-instances-per-service}. */
	public static final InstanceLimits DEFAULT = new InstanceLimits(200_000, 20_000);

	/** No limits. */
	public static final InstanceLimits NONE = new InstanceLimits(Integer.MAX_VALUE, Integer.MAX_VALUE);

	/**
	 * Creates the limits.
	 * @throws InvalidValueException if one is less than 1
	 */
	public InstanceLimits {
		check("max-instances", total);
		check("max-instances-per-service", perService);
	}

	private static void check(String part, int limit) {
		if (limit < 1) {
			throw new InvalidValueException(part, limit, "1 or more");
		}
	}

}
