package io.github.etcddiscovery.instance.format;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.ServiceRecord;

/**
 * A host and a port as they stand in a URI.
 *
 * @param host a name, an IPv4 address, or an IPv6 address without brackets; not checked
 * @param port the port; not checked
 */
record HostAndPort(String host, int port) {

	private static final Pattern TEXT = Pattern
		.compile("(?:\\[([0-9A-Fa-f:.]+)]|([^\\[\\]:/?#@\\s]+))(?::([0-9]{1,5}))?");

	/**
	 * Reads a text.
	 * @param text what was found
	 * @param defaultPort the port if there is none, 0 if there must be one
	 * @param expected what was expected, for the message
	 * @throws InvalidValueException if it is not a host and a port
	 */
	static HostAndPort parse(String text, int defaultPort, String expected) {
		Matcher matcher = TEXT.matcher(text);
		if (!matcher.matches() || (matcher.group(3) == null && defaultPort == 0)
				|| (matcher.group(1) != null && !isIpv6(matcher.group(1)))) {
			throw new InvalidValueException("record", text, expected);
		}
		return new HostAndPort((matcher.group(1) != null) ? matcher.group(1) : matcher.group(2),
				(matcher.group(3) != null) ? Integer.parseInt(matcher.group(3)) : defaultPort);
	}

	private static boolean isIpv6(String text) {
		return text.indexOf(':') >= 0 && ServiceRecord.isAddress(text);
	}

	static String format(ServiceRecord record) {
		return record.uriHost() + ":" + record.port();
	}

	/** Where there is no room for the scheme, callers would speak plaintext. */
	static String formatPlain(ServiceRecord record, String format) {
		if (record.secure()) {
			throw new InvalidValueException("secure", true,
					"false, since format '" + format + "' has no room for it, and callers would speak plaintext");
		}
		return format(record);
	}

}
