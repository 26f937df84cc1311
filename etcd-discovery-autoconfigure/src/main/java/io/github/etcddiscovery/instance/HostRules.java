package io.github.etcddiscovery.instance;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/**
 * Which hosts a record may name. A host ends up unescaped in the URI of a request, so
 * anything that could smuggle in user-info, a path or another host is refused.
 */
final class HostRules {

	/**
	 * RFC 1123 labels, with the underscore that Docker and Windows names contain; 253 is
	 * the longest name DNS can carry.
	 */
	private static final Pattern NAME = Pattern.compile("(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
			+ "(\\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*");

	/**
	 * A last label of digits only means an IPv4 address: 1.2.3.4, and never 1.2.3.444.
	 */
	private static final Pattern NUMERIC_END = Pattern.compile("(.*\\.)?[0-9]+");

	private static final Pattern IPV4 = Pattern.compile("((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\\.(?!$)|$)){4}");

	private static final Pattern IPV6_CHARACTERS = Pattern.compile("[0-9A-Fa-f:.]{2,45}");

	private HostRules() {
	}

	static boolean isIpv6(String host) {
		if (host.indexOf(':') < 0 || !IPV6_CHARACTERS.matcher(host).matches()) {
			return false;
		}
		try {
			// A text with a colon is parsed as a literal and never looked up.
			InetAddress.getByName(host);
			return true;
		}
		catch (UnknownHostException ex) {
			return false;
		}
	}

	static void check(String host) {
		boolean numeric = NUMERIC_END.matcher(host).matches();
		boolean valid = (numeric ? IPV4 : NAME).matcher(host).matches() || isIpv6(host);
		if (!valid) {
			throw new InvalidValueException("host", host, "a host name, an IPv4 address or an IPv6 address");
		}
	}

}
