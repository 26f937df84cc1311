package io.github.etcddiscovery.instance;

import java.net.InetAddress;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import io.github.etcddiscovery.Internal;

/**
 * Where instances may be. Without networks of one's own that is everywhere but at
 * addresses that no instance can have, or at which clouds serve the credentials of a
 * machine. What a name leads to is not known here. Immutable.
 */
@Internal
public final class AllowedNetworks {

	/**
	 * Names and addresses at which clouds serve credentials, besides the link-local
	 * 169.254.169.254: Google, Amazon EC2 and EKS, Alibaba, Azure, Oracle, and Scaleway,
	 * by their documentation of the metadata service. And broadcast.
	 */
	private static final Set<String> NO_PLACES = Set.of("metadata.google.internal", "metadata.goog", "instance-data",
			"instance-data.ec2.internal", "fd20:ce:0:0:0:0:0:254", "fd00:ec2:0:0:0:0:0:254", "fd00:ec2:0:0:0:0:0:23",
			"100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:c1:0:0:0:0:a9fe:a9fe", "fd00:42:0:0:0:0:0:42",
			"255.255.255.255");

	private final List<Network> networks;

	private AllowedNetworks(List<Network> networks) {
		this.networks = networks;
	}

	/**
	 * Reads networks.
	 * @param networks in CIDR notation (RFC 4632), {@code 10.0.0.0/8} or
	 * {@code 2001:db8::/32}; empty for the default
	 * @return what is allowed
	 * @throws InvalidValueException if one is not in CIDR notation
	 */
	public static AllowedNetworks of(Collection<String> networks) {
		return new AllowedNetworks(networks.stream().map(Network::parse).toList());
	}

	/**
	 * Makes sure that an instance may be at a host.
	 * @param host a valid host of a record; never looked up
	 * @throws InvalidValueException if it may not
	 */
	public void check(String host) {
		if (this.networks.isEmpty()) {
			InetAddress address = HostRules.address(host);
			if ((address != null) ? !isPlace(address) : NO_PLACES.contains(host.toLowerCase(Locale.ROOT))) {
				throw new InvalidValueException("host", host,
						"the address of one machine, not a link-local, multicast, wildcard, broadcast or cloud metadata address");
			}
		}
		else if (!names(host)) {
			throw new InvalidValueException("host", host, "an address in one of the networks " + this.networks);
		}
	}

	/** Whether a text is an address in one of the networks of one's own. */
	boolean names(String host) {
		InetAddress address = HostRules.address(host);
		return address != null && this.networks.stream().anyMatch((network) -> network.contains(address));
	}

	private static boolean isPlace(InetAddress address) {
		return !NO_PLACES.contains(address.getHostAddress()) && !address.isAnyLocalAddress()
				&& !address.isMulticastAddress() && !address.isLinkLocalAddress()
				&& EmbeddedAddresses.of(address).stream().allMatch(AllowedNetworks::isPlace);
	}

	/**
	 * One network.
	 *
	 * @param address any address in it
	 * @param bits how many leading bits all its addresses have in common
	 */
	private record Network(InetAddress address, int bits) {

		static Network parse(String text) {
			String[] parts = text.strip().split("/", -1);
			InetAddress address = (parts.length == 2) ? HostRules.address(parts[0]) : null;
			if (address != null && parts[1].matches("[0-9]{1,3}")) {
				int bits = Integer.parseInt(parts[1]);
				if (bits <= address.getAddress().length * Byte.SIZE) {
					return new Network(address, bits);
				}
			}
			throw new InvalidValueException("network", text, "a network such as 10.0.0.0/8 or 2001:db8::/32");
		}

		boolean contains(InetAddress other) {
			byte[] own = this.address.getAddress();
			byte[] others = other.getAddress();
			if (own.length != others.length) {
				return false;
			}
			for (int bit = 0; bit < this.bits; bit++) {
				int mask = 0x80 >> (bit % Byte.SIZE);
				if (((own[bit / Byte.SIZE] ^ others[bit / Byte.SIZE]) & mask) != 0) {
					return false;
				}
			}
			return true;
		}

		@Override
		public String toString() {
			return this.address.getHostAddress() + "/" + this.bits;
		}

	}

}
