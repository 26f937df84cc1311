package io.github.etcddiscovery.instance;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The IPv4 addresses that an IPv6 address may lead to, over a gateway or a tunnel.
 */
final class EmbeddedAddresses {

	/** Eight digits of an IPv4 address. */
	private static final String IPV4 = "(?<ipv4>[0-9a-f]{8})";

	private static final List<Pattern> FORMS = List.of(
			// IPv4-compatible: RFC 4291, section 2.5.5.1
			Pattern.compile("0{24}" + IPV4),
			// IPv4-translated: RFC 2765, section 2.1
			Pattern.compile("0{16}ffff0000" + IPV4),
			// NAT64: RFC 6052, section 2.1
			Pattern.compile("0064ff9b0{16}" + IPV4),
			// 6to4: RFC 3056, section 2
			Pattern.compile("2002" + IPV4 + "[0-9a-f]{20}"),
			// ISATAP: RFC 5214, section 6.1
			Pattern.compile("[0-9a-f]{16}0[02]005efe" + IPV4));

	/**
	 * NAT64 at a local prefix: RFC 8215. Where the IPv4 address is depends on the
	 * prefix's length, which nobody but the network knows (RFC 6052, section 2.2): 48 or
	 * 96 bits are usual.
	 */
	private static final Pattern LOCAL_NAT64 = Pattern
		.compile("0064ff9b0001(?<high>[0-9a-f]{4})[0-9a-f]{2}(?<low>[0-9a-f]{4})[0-9a-f]{10}");

	/** Teredo's server, and its client with all bits inverted: RFC 4380, section 4. */
	private static final Pattern TEREDO = Pattern.compile("20010000(?<server>[0-9a-f]{8})[0-9a-f]{8}" + IPV4);

	private static final String NOTHING = "00000000";

	private EmbeddedAddresses() {
	}

	/**
	 * Returns the IPv4 addresses.
	 * @param address any address
	 * @return none for an IPv4 address, for loopback and for the wildcard
	 */
	static List<InetAddress> of(InetAddress address) {
		String hex = HexFormat.of().formatHex(address.getAddress());
		if (hex.length() != 32 || address.isLoopbackAddress() || address.isAnyLocalAddress()) {
			return List.of();
		}
		Matcher local = LOCAL_NAT64.matcher(hex);
		if (local.matches()) {
			return Stream.of(local.group("high") + local.group("low"), hex.substring(24))
				.filter((ipv4) -> !ipv4.equals(NOTHING))
				.map(EmbeddedAddresses::ipv4)
				.toList();
		}
		Matcher teredo = TEREDO.matcher(hex);
		if (teredo.matches()) {
			int client = ~Integer.parseUnsignedInt(teredo.group("ipv4"), 16);
			return List.of(ipv4(HexFormat.of().toHexDigits(client)), ipv4(teredo.group("server")));
		}
		return FORMS.stream()
			.map((form) -> form.matcher(hex))
			.filter(Matcher::matches)
			.map((matcher) -> ipv4(matcher.group("ipv4")))
			.toList();
	}

	private static InetAddress ipv4(String hex) {
		try {
			return InetAddress.getByAddress(HexFormat.of().parseHex(hex));
		}
		catch (UnknownHostException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
