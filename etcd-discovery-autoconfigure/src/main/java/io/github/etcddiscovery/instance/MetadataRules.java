package io.github.etcddiscovery.instance;

import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * How many metadata there may be, and which of them others turn into requests: Spring
 * Cloud Config's client ({@code configPath}), Spring Boot Admin ({@code management.*},
 * {@code health.path}) and gRPC clients ({@code gRPC_port}).
 */
final class MetadataRules {

	private static final int MOST = 128;

	private static final int LONGEST_NAME = 128;

	private static final int LONGEST_VALUE = 4_096;

	/** A path and nothing that would end it: it is appended to host and port. */
	private static final Predicate<String> PATH = Pattern.compile("/(?!/)[A-Za-z0-9._~!$&'()*+,;=:/-]*")
		.asMatchPredicate();

	private static final Predicate<String> PORT = Pattern.compile("[0-9]{1,5}")
		.asMatchPredicate()
		.and((port) -> Integer.parseInt(port) >= 1 && Integer.parseInt(port) <= 65_535);

	private static final Map<String, Predicate<String>> REQUESTED = Map.of("configPath", PATH,
			"management.context-path", PATH, "health.path", PATH, "management.port", PORT, ServiceRecord.GRPC_PORT,
			PORT, "management.scheme", Set.of("http", "https")::contains);

	private static final String MANAGEMENT_ADDRESS = "management.address";

	private static final Pattern SECRET = Pattern.compile("(?i)passw(or)?d|pwd|passphrase|secret|token|credential"
			+ "|(access|api|encryption|private|signing|ssh)[._-]?key");

	private MetadataRules() {
	}

	static void check(Map<String, String> metadata) {
		if (metadata.size() > MOST) {
			throw new InvalidValueException("metadata", metadata.size() + " of them", MOST + " at most");
		}
		metadata.forEach((name, value) -> {
			if (name == null || value == null) {
				throw new InvalidValueException("metadata", name + "=" + value, "a name and a value");
			}
			if (name.isEmpty() || name.length() > LONGEST_NAME || !PlainText.isPlain(name)) {
				throw new InvalidValueException("metadata", name,
						"a name of 1 to " + LONGEST_NAME + " characters, none of them a control character");
			}
			if (value.length() > LONGEST_VALUE) {
				throw new InvalidValueException("metadata." + name, value.length() + " characters",
						LONGEST_VALUE + " characters at most");
			}
		});
	}

	/** Whether what others make requests of it stays at the instance. */
	static boolean isHarmless(String name, String value, String host, AllowedNetworks networks) {
		if (name.equals(MANAGEMENT_ADDRESS)) {
			return value.equals(host) || networks.names(value);
		}
		Predicate<String> rule = REQUESTED.get(name);
		return rule == null || rule.test(value);
	}

	/** Whether a name says that the value is not for everybody. */
	static boolean isSecret(String name) {
		return SECRET.matcher(name).find();
	}

}
