package io.github.etcddiscovery.instance;

import java.util.regex.Pattern;

/**
 * Which instance of which service.
 *
 * @param serviceId the service, {@code [A-Za-z0-9][A-Za-z0-9._-]{0,127}}
 * @param instanceId the instance, unique within the service: 1 to 255 characters, none of
 * them a slash, a semicolon (sticky sessions put the id into a cookie), white space or a
 * control character; by default {@code host:port}
 */
public record InstanceKey(String serviceId, String instanceId) {

	static final int LONGEST_SERVICE_ID = 128;

	private static final Pattern SERVICE_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

	private static final int LONGEST_INSTANCE_ID = 255;

	/**
	 * Checks both ids.
	 * @throws InvalidValueException if one breaks the rules
	 */
	public InstanceKey {
		checkServiceId(serviceId);
		if (instanceId.isEmpty() || instanceId.length() > LONGEST_INSTANCE_ID || instanceId.indexOf('/') >= 0
				|| instanceId.indexOf(';') >= 0 || PlainText.hasBlank(instanceId) || !PlainText.isPlain(instanceId)) {
			throw new InvalidValueException("instance id", instanceId, "1 to " + LONGEST_INSTANCE_ID
					+ " characters without slash, semicolon, white space, control or invisible characters");
		}
		serviceId = SharedText.of(serviceId);
	}

	static String checkServiceId(String serviceId) {
		if (!SERVICE_ID.matcher(serviceId).matches()) {
			throw new InvalidValueException("service id", serviceId,
					"1 to 128 letters, digits, dots, underscores or hyphens, starting with a letter or digit");
		}
		return serviceId;
	}

	/**
	 * Returns the instance id that an advertised address has by default:
	 * {@code host:port}, an IPv6 address in brackets.
	 * @param host a host name or address
	 * @param port a port
	 * @return the instance id
	 */
	public static String defaultInstanceId(String host, int port) {
		return (HostRules.isIpv6(host) ? "[" + host + "]" : host) + ":" + port;
	}

}
