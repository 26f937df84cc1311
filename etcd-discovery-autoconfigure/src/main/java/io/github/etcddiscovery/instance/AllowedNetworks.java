package io.github.etcddiscovery.instance;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * Where instances may be. Without networks of one's own that is everywhere but at
 * addresses that no instance can have, or at which clouds serve the credentials of a
 * machine. What a name leads to is not known here. Immutable.
 */
public final class AllowedNetworks {

	private static final int IPV6_BYTES = 16;

	private static final String COMPATIBLE = "0".repeat(24);

	private static final String NAT64 = "0064ff9b" + "0".repeat(16);

	private static final String SIX_TO_FOUR = "2002";

	/** Broadcast, and where Amazon serves what others serve at a link-local address. */
	private static final Set<String> NO_PLACES = Set.of("255.255.255.255", "fd00:ec2:0:0:0:0:0:254");

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
	 * Checks where an instance is.
	 * @param host a valid host of a record; never looked up
	 * @throws InvalidValueException if it may not be there
	 */
	void check(String host) {
		if (this.networks.isEmpty()) {
			InetAddress address = HostRules.address(host);
			if (address != null && !isPlace(address)) {
				throw new InvalidValueException("host", host,
						"an address of one machine, neither link-local nor multicast nor a wildcard");
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
		InetAddress embedded = embedded(address);
		return !NO_PLACES.contains(address.getHostAddress()) && !address.isAnyLocalAddress()
				&& !address.isMulticastAddress() && !address.isLinkLocalAddress()
				&& (embedded == null || isPlace(embedded));
	}

	/** The IPv4 address that an IPv6 address leads to: RFC 4291, 6052 and 3056. */
	private static @Nullable InetAddress embedded(InetAddress address) {
		byte[] bytes = address.getAddress();
		if (bytes.length != IPV6_BYTES || address.isLoopbackAddress() || address.isAnyLocalAddress()) {
			return null;
		}
		String hex = HexFormat.of().formatHex(bytes);
		if (hex.startsWith(COMPATIBLE) || hex.startsWith(NAT64)) {
			return ipv4(bytes, 12);
		}
		return hex.startsWith(SIX_TO_FOUR) ? ipv4(bytes, 2) : null;
	}

	private static InetAddress ipv4(byte[] bytes, int begin) {
		try {
			return InetAddress.getByAddress(Arrays.copyOfRange(bytes, begin, begin + 4));
		}
		catch (UnknownHostException ex) {
			throw new IllegalStateException(ex);
		}
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
