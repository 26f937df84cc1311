package io.github.etcddiscovery.instance;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Which hosts a record may name. A host ends up unescaped in the URI of a request, so
 * anything that could smuggle in user-info, a path or another host is refused.
 */
final class HostRules {

	private static final String LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";

	/**
	 * RFC 1123 labels; 253 is the longest name DNS can carry. The last of several begins
	 * with a letter, or {@link java.net.URI} takes the name for none.
	 */
	private static final Pattern NAME = Pattern
		.compile("(?=.{1,253}$)(" + LABEL + "|(" + LABEL + "\\.)+(?=[A-Za-z])" + LABEL + ")");

	/**
	 * What ends like this means an IPv4 address to those who read it as browsers do: only
	 * 1.2.3.4 may, and never 1.2.3.444 or 0x7f000001.
	 */
	private static final Pattern NUMERIC_END = Pattern.compile("(.*\\.)?(0[xX][0-9A-Fa-f]*|[0-9]+)");

	private static final Pattern IPV4 = Pattern.compile("((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\\.(?!$)|$)){4}");

	/**
	 * With no more than four digits a group and without the dots of an IPv4 address at
	 * the end: the JDK reads both, but Spring's builders of URIs refuse them.
	 */
	private static final Pattern IPV6_CHARACTERS = Pattern.compile("(?!.*[0-9A-Fa-f]{5})[0-9A-Fa-f:]{2,39}");

	private HostRules() {
	}

	/**
	 * Returns a host of a URI as it stands in a record: an IPv6 address without brackets.
	 */
	static String withoutBrackets(String host) {
		return (host.startsWith("[") && host.endsWith("]")) ? host.substring(1, host.length() - 1) : host;
	}

	static boolean isIpv6(String host) {
		return host.indexOf(':') >= 0 && IPV6_CHARACTERS.matcher(host).matches() && parse(host) != null;
	}

	/**
	 * Returns the address that a host is; an IPv4 address mapped to IPv6 is the former.
	 * @return the address, {@code null} if the host is a name or nothing at all
	 */
	static @Nullable InetAddress address(String host) {
		return (IPV4.matcher(host).matches() || isIpv6(host)) ? parse(host) : null;
	}

	/** What is in brackets is never looked up, nor are four numbers. */
	private static @Nullable InetAddress parse(String address) {
		try {
			return InetAddress.getByName((address.indexOf(':') >= 0) ? "[" + address + "]" : address);
		}
		catch (UnknownHostException ex) {
			return null;
		}
	}

	static void check(String host) {
		boolean numeric = NUMERIC_END.matcher(host).matches();
		if (!(numeric ? IPV4 : NAME).matcher(host).matches() && !isIpv6(host)) {
			throw new InvalidValueException("host", host, "a host name, an IPv4 address or an IPv6 address");
		}
	}

}
