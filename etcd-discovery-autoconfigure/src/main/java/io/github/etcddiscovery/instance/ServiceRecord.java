package io.github.etcddiscovery.instance;

import java.util.Map;

/**
 * What is known of one instance of a service: the value that is written to etcd and read
 * from it. Immutable; a record that exists is valid.
 *
 * @param key which instance of which service
 * @param host where it listens: a host name, an IPv4 address, or an IPv6 address without
 * brackets
 * @param port the port it listens on, 1 to 65535
 * @param secure whether it speaks TLS
 * @param status what it says of itself
 * @param metadata further properties, never {@code null}, in the order given: 128 at
 * most, with names of up to 128 characters and values of up to 4,096
 */
public record ServiceRecord(InstanceKey key, String host, int port, boolean secure, InstanceStatus status,
		Map<String, String> metadata) {

	/**
	 * The name of metadata with the port of a gRPC server, where that is another one than
	 * the record's. The one that the project grpc-spring publishes and reads with other
	 * registries, too.
	 */
	public static final String GRPC_PORT = "gRPC_port";

	/**
	 * The name of metadata that marks the record of a management server. Its value is the
	 * service that is managed.
	 */
	public static final String MANAGEMENT_OF = "management_of";

	/**
	 * Checks and copies the parts.
	 * @throws InvalidValueException if a part breaks the rules
	 */
	public ServiceRecord {
		HostRules.check(host);
		if (port < 1 || port > 65535) {
			throw new InvalidValueException("port", port, "a port between 1 and 65535");
		}
		MetadataRules.check(metadata);
		host = SharedText.of(host);
		metadata = SmallMap.copyOf(metadata);
	}

	/**
	 * Returns the same record with another status.
	 * @param status the other status
	 * @return a record, this one if nothing changes
	 */
	public ServiceRecord withStatus(InstanceStatus status) {
		return (status == this.status) ? this
				: new ServiceRecord(this.key, this.host, this.port, this.secure, status, this.metadata);
	}

	/**
	 * Returns the host as it stands in a URI: an IPv6 address in brackets.
	 * @return the host for a URI
	 */
	public String uriHost() {
		return HostRules.isIpv6(this.host) ? "[" + this.host + "]" : this.host;
	}

	/**
	 * Whether a host is an IP address, which nobody has to look up.
	 * @param host a host, an IPv6 address with or without brackets
	 * @return whether it is an address and not a name
	 */
	public static boolean isAddress(String host) {
		return HostRules.address(HostRules.withoutBrackets(host)) != null;
	}

	/**
	 * Whether another record advertises the same address. Two records of one instance id
	 * that do are the same instance, started again.
	 * @param other another record
	 * @return whether host and port are the same
	 */
	public boolean sameAddress(ServiceRecord other) {
		return this.port == other.port && this.host.equalsIgnoreCase(other.host);
	}

}
