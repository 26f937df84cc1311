package io.github.etcddiscovery.instance;

import java.util.Arrays;
import java.util.Locale;

/**
 * What an instance says of itself. Only {@link #UP} instances are offered to callers. The
 * names are those that Spring Boot's health and Spring Cloud's registries use.
 */
public enum InstanceStatus {

	/** Takes requests. */
	UP,

	/** Reports itself broken; not called. */
	DOWN,

	/**
	 * Works, but asks not to be called: not ready yet, draining, or taken out by hand.
	 */
	OUT_OF_SERVICE,

	/**
	 * A status this version does not know, written by a newer or foreign one; not called.
	 */
	UNKNOWN;

	/**
	 * Returns the status of that name, in upper or lower case.
	 * @param name the name
	 * @return the status
	 * @throws IllegalArgumentException if there is no such status
	 */
	public static InstanceStatus of(String name) {
		for (InstanceStatus status : values()) {
			if (status.name().equals(name.toUpperCase(Locale.ROOT))) {
				return status;
			}
		}
		throw new IllegalArgumentException(
				"Unknown status '%s': expected one of %s".formatted(name, Arrays.toString(values())));
	}

}
