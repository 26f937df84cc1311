package io.github.etcddiscovery.docker;

import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.Internal;
import org.jspecify.annotations.Nullable;

/**
 * What a container of etcd has been told, as far as its clients need to know.
 *
 * @param environment its environment variables, those of the image included
 * @param arguments its command line, empty if that is not known
 */
@Internal
public record EtcdContainer(Map<String, @Nullable String> environment, List<String> arguments) {

	/**
	 * The images known, without their registries, and {@code etcd} for all that are
	 * called so by a name of the user's. etcd's own are at quay.io and gcr.io; Bitnami's
	 * have moved from the first of the last two to the second.
	 */
	public static final List<String> IMAGES = List.of("etcd", "coreos/etcd", "etcd-development/etcd", "bitnami/etcd",
			"bitnamilegacy/etcd");

	/** Where etcd listens for clients, unless told otherwise. */
	public static final int PORT = 2379;

	/** With etcd's own names, for those who set up nothing else. */
	private static final List<String> TLS_VARIABLES = List.of("ETCD_CERT_FILE", "ETCD_AUTO_TLS");

	private static final List<String> TLS_FLAGS = List.of("cert-file", "auto-tls");

	/** Bitnami's images create the user {@code root} with it. */
	private static final String ROOT_PASSWORD = "ETCD_ROOT_PASSWORD";

	/**
	 * Returns the endpoint for clients.
	 * @param host where the port is published
	 * @param port the port that {@link #PORT} is published as
	 * @param certificates whether there are certificates for the connection
	 * @return {@code https} if there are, or if etcd was given a certificate
	 */
	public String endpoint(String host, int port, boolean certificates) {
		String scheme = (certificates || speaksTls()) ? "https" : "http";
		return scheme + "://" + host + ":" + port;
	}

	private boolean speaksTls() {
		return TLS_VARIABLES.stream().map(this.environment::get).anyMatch(EtcdContainer::isSet)
				|| this.arguments.stream()
					.map((argument) -> argument.replaceFirst("^--?", "").split("=", 2))
					.anyMatch((flag) -> TLS_FLAGS.contains(flag[0]) && (flag.length == 1 || isSet(flag[1])));
	}

	private static boolean isSet(@Nullable String value) {
		return value != null && !value.isEmpty() && !value.equals("false");
	}

	/**
	 * Returns the user to authenticate as.
	 * @return {@code root} if the image gives it a password, otherwise {@code null}
	 */
	public @Nullable String username() {
		return (password() != null) ? "root" : null;
	}

	/**
	 * Returns that user's password.
	 * @return the password, {@code null} if there is none
	 */
	public @Nullable String password() {
		String password = this.environment.get(ROOT_PASSWORD);
		return isSet(password) ? password : null;
	}

	/** Says nothing of the environment, which holds the password. */
	@Override
	public String toString() {
		return "EtcdContainer";
	}

}
