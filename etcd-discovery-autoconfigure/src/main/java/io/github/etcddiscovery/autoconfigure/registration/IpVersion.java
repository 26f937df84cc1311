package io.github.etcddiscovery.autoconfigure.registration;

import io.github.etcddiscovery.autoconfigure.InvalidProperties;

/**
 * The IP version of the address that is advertised:
 * {@code spring.cloud.etcd.discovery.prefer-ip-version}.
 */
enum IpVersion {

	/** An IPv4 address; where there is none, an IPv6 address. */
	ANY,

	/** An IPv4 address. */
	V4,

	/** An IPv6 address, global or unique local. */
	V6;

	static IpVersion of(String text) {
		return switch (text) {
			case "any" -> ANY;
			case "4" -> V4;
			case "6" -> V6;
			default -> throw InvalidProperties.invalid("discovery.prefer-ip-version", text, "Expected 4, 6 or any.");
		};
	}

}
