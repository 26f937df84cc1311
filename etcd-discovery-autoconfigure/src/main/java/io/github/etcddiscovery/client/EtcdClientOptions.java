package io.github.etcddiscovery.client;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

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

	/**
	 * Copies the endpoints.
	 * @throws IllegalArgumentException if there is none
	 */
	public EtcdClientOptions {
		if (endpoints.isEmpty()) {
			throw new IllegalArgumentException("No endpoint given: expected at least one");
		}
		endpoints = List.copyOf(endpoints);
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
	 */
	public record Credentials(String username, String password) {

		@Override
		public String toString() {
			return "Credentials[username=" + this.username + "]";
		}

	}

}
