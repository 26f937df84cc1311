package io.github.etcddiscovery.client;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;

import org.jspecify.annotations.Nullable;

/**
 * How to connect to etcd: go-kit's {@code ClientOptions}.
 *
 * @param endpoints the members to connect to, at least one, all with TLS or all without
 * @param tls the keys and certificates if they are spoken to over TLS
 * @param credentials whom to authenticate as, {@code null} for nobody
 * @param dialTimeout how long to wait for a connection, go-kit's {@code DialTimeout}
 * @param dialKeepAlive how often an idle connection is pinged, go-kit's
 * {@code DialKeepAlive}; gRPC for Java raises it to ten seconds
 * @param requestTimeout how long to wait for the answer to one call
 */
public record EtcdClientOptions(List<EtcdEndpoint> endpoints, @Nullable Tls tls, @Nullable Credentials credentials,
		Duration dialTimeout, Duration dialKeepAlive, Duration requestTimeout) {

	private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(3);

	/**
	 * Copies the endpoints.
	 * @throws IllegalArgumentException if there is none, not all are with TLS or all
	 * without, credentials would cross a network unencrypted without being allowed to, or
	 * a duration is not more than 0
	 */
	public EtcdClientOptions {
		if (endpoints.isEmpty()) {
			throw new IllegalArgumentException("No endpoint given: expected at least one");
		}
		boolean secure = tls != null;
		if (endpoints.stream().anyMatch((endpoint) -> endpoint.secure() != secure)) {
			throw new IllegalArgumentException("Endpoints %s given: expected all to start with %s".formatted(endpoints,
					secure ? "https" : "http"));
		}
		if (credentials != null && !credentials.plaintextAllowed()) {
			endpoints.stream().filter(EtcdEndpoint::exposesCredentials).findFirst().ifPresent((exposing) -> {
				throw new IllegalArgumentException(
						"Endpoint %s given: expected https://, because user name and password would cross the network unencrypted. To allow that, call withPlaintextCredentials"
							.formatted(exposing));
			});
		}
		requirePositive("dial timeout", dialTimeout);
		requirePositive("dial keep-alive", dialKeepAlive);
		requirePositive("request timeout", requestTimeout);
		endpoints = List.copyOf(endpoints);
	}

	private static void requirePositive(String name, Duration value) {
		if (value.isZero() || value.isNegative()) {
			throw new IllegalArgumentException("Invalid %s '%s': expected more than 0".formatted(name, value));
		}
	}

	/**
	 * Returns options for these endpoints: without credentials, checked against what the
	 * JVM trusts if they are spoken to over TLS, with go-kit's time-outs of three seconds
	 * each.
	 * @param endpoints {@code http://host:port}, {@code https://host:port} or
	 * {@code host:port}, at least one
	 * @return the options
	 * @throws IllegalArgumentException if one is none of these; the message says why
	 */
	public static EtcdClientOptions of(String... endpoints) {
		List<EtcdEndpoint> parsed = Stream.of(endpoints).map((text) -> EtcdEndpoint.parse(text, false)).toList();
		boolean secure = parsed.stream().anyMatch(EtcdEndpoint::secure);
		return new EtcdClientOptions(parsed, secure ? new Tls(null, null) : null, null, DEFAULT_TIMEOUT,
				DEFAULT_TIMEOUT, DEFAULT_TIMEOUT);
	}

	/**
	 * Returns the same options with other keys and certificates.
	 * @param tls the keys and certificates
	 * @return the options
	 * @throws IllegalArgumentException if the endpoints do not start with {@code https}
	 */
	public EtcdClientOptions withTls(Tls tls) {
		return new EtcdClientOptions(this.endpoints, tls, this.credentials, this.dialTimeout, this.dialKeepAlive,
				this.requestTimeout);
	}

	/**
	 * Returns the same options with another user.
	 * @param username the user
	 * @param password the password
	 * @return the options
	 * @throws IllegalArgumentException if an endpoint is neither over TLS nor on this
	 * machine
	 */
	public EtcdClientOptions withCredentials(String username, String password) {
		return with(new Credentials(username, password, false));
	}

	/**
	 * Returns the same options with another user, whose name and password may cross the
	 * network unencrypted.
	 * @param username the user
	 * @param password the password
	 * @return the options
	 */
	public EtcdClientOptions withPlaintextCredentials(String username, String password) {
		return with(new Credentials(username, password, true));
	}

	private EtcdClientOptions with(Credentials other) {
		return new EtcdClientOptions(this.endpoints, this.tls, other, this.dialTimeout, this.dialKeepAlive,
				this.requestTimeout);
	}

	/**
	 * Returns the same options with other time-outs.
	 * @param dialTimeout how long to wait for a connection
	 * @param dialKeepAlive how often an idle connection is pinged
	 * @param requestTimeout how long to wait for the answer to one call
	 * @return the options
	 * @throws IllegalArgumentException if one is not more than 0
	 */
	public EtcdClientOptions withTimeouts(Duration dialTimeout, Duration dialKeepAlive, Duration requestTimeout) {
		return new EtcdClientOptions(this.endpoints, this.tls, this.credentials, dialTimeout, dialKeepAlive,
				requestTimeout);
	}

	/**
	 * Names the endpoints, for messages.
	 * @return the endpoints, separated by commas
	 */
	public String describeEndpoints() {
		return this.endpoints.stream().map(EtcdEndpoint::toString).collect(Collectors.joining(", "));
	}

	/**
	 * Keys and certificates for TLS. Host names are always verified.
	 *
	 * @param trust whom to trust, {@code null} for what the JVM trusts
	 * @param key the client's own certificate, {@code null} for none
	 */
	public record Tls(@Nullable TrustManagerFactory trust, @Nullable KeyManagerFactory key) {

	}

	/**
	 * User name and password.
	 *
	 * @param username the user
	 * @param password the password
	 * @param plaintextAllowed whether both may cross a network unencrypted
	 */
	public record Credentials(String username, String password, boolean plaintextAllowed) {

		@Override
		public String toString() {
			return "Credentials[username=" + this.username + "]";
		}

	}

}
