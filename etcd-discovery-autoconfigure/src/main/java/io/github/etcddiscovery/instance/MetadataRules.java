package io.github.etcddiscovery.instance;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

import io.github.etcddiscovery.Internal;
import org.jspecify.annotations.Nullable;

/**
 * Limits for metadata, and the names that other libraries act on: Spring Cloud Config's
 * client ({@code configPath}), Spring Boot Admin ({@code management.*},
 * {@code health.path}, {@code service-url}, {@code sidebar.links}), gRPC clients
 * ({@code gRPC_port}) and Spring Cloud Gateway ({@code cors}, time-outs).
 */
@Internal
public final class MetadataRules {

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
			"management.context-path", PATH, "health.path", PATH, "prometheus.path", PATH, "management.port", PORT,
			ServiceRecord.GRPC_PORT, PORT, "management.scheme", Set.of("http", "https")::contains);

	private static final String MANAGEMENT_ADDRESS = "management.address";

	/** Boot Admin shows it as a link, and makes requests of it. */
	private static final String SERVICE_URL = "service-url";

	/** Boot Admin acts on these, and only the names above are known to be safe. */
	private static final List<String> OF_BOOT_ADMIN = List.of("management.", "health.", "sidebar.links");

	/**
	 * Spring Cloud Gateway makes them settings of the route that it creates for a
	 * service: {@code RouteMetadataUtils}, and
	 * {@code CorsGatewayFilterApplicationListener}, which drops the settings of all
	 * routes when one is wrong.
	 */
	private static final Set<String> OF_GATEWAY = Set.of("cors", "connect-timeout", "response-timeout");

	private static final String STAYS = "a value that points to the instance itself, because other libraries send requests to it";

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

	/**
	 * Returns what was expected instead of metadata on which others act.
	 * @param name its name
	 * @param value its value
	 * @param host the host of the instance
	 * @param networks where instances may be
	 * @return what was expected, {@code null} if the metadata is harmless
	 */
	public static @Nullable String expected(String name, String value, String host, AllowedNetworks networks) {
		if (!PlainText.isPlain(value)) {
			return "no control or format characters, line separators or unpaired surrogates";
		}
		if (OF_GATEWAY.contains(name)) {
			return "no metadata named '" + name + "', since Spring Cloud Gateway makes it a setting of its routes";
		}
		if (name.equals(MANAGEMENT_ADDRESS)) {
			return (value.equals(host) || networks.names(value)) ? null : STAYS;
		}
		if (name.equals(SERVICE_URL)) {
			return isUrlOf(host, value, networks) ? null : STAYS;
		}
		Predicate<String> rule = REQUESTED.get(name);
		if (rule == null) {
			return OF_BOOT_ADMIN.stream().noneMatch(name::startsWith) ? null
					: "no metadata named '" + name + "', since Spring Boot Admin acts on it";
		}
		return rule.test(value) ? null : STAYS;
	}

	private static boolean isUrlOf(String host, String url, AllowedNetworks networks) {
		try {
			URI uri = new URI(url);
			if (uri.getHost() == null || uri.getRawUserInfo() != null) {
				return false;
			}
			String named = HostRules.withoutBrackets(uri.getHost());
			return Set.of("http", "https").contains(String.valueOf(uri.getScheme()))
					&& (named.equals(host) || networks.names(named));
		}
		catch (URISyntaxException ex) {
			return false;
		}
	}

	/**
	 * Whether a name says that the value is not for everybody.
	 * @param name the name
	 * @return whether it contains a word such as {@code password} or {@code token}
	 */
	public static boolean isSecret(String name) {
		return SECRET.matcher(name).find();
	}

}
