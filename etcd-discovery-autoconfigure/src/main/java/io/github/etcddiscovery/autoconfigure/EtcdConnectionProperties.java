package io.github.etcddiscovery.autoconfigure;

import java.time.Duration;
import java.util.List;

import io.github.etcddiscovery.Internal;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * How to connect to a cluster of etcd: go-kit's {@code ClientOptions}.
 */
@Internal
public abstract class EtcdConnectionProperties {

	/**
	 * Members of the cluster to connect to, separated by commas: http://host:port,
	 * https://host:port or host:port. Or dns+srv://name, for the SRV records of a name.
	 */
	private @Nullable List<String> endpoints;

	/**
	 * PEM file with the certificates to trust. Setting it means TLS.
	 */
	private @Nullable String caCert;

	/**
	 * PEM file with the client's own certificate.
	 */
	private @Nullable String cert;

	/**
	 * PEM file with the private key of the client's own certificate.
	 */
	private @Nullable String key;

	private final Ssl ssl = new Ssl();

	/**
	 * User to authenticate as.
	 */
	private @Nullable String username;

	/**
	 * Password of the user.
	 */
	private @Nullable String password;

	/**
	 * Whether user name and password may cross a network unencrypted.
	 */
	private boolean allowPlaintextCredentials;

	/**
	 * How long to wait for a connection.
	 */
	private Duration dialTimeout = Duration.ofSeconds(3);

	/**
	 * How often an idle connection is pinged; gRPC for Java raises it to 10 seconds.
	 */
	private Duration dialKeepAlive = Duration.ofSeconds(3);

	/**
	 * How long to wait for the answer to one call.
	 */
	private Duration requestTimeout = Duration.ofSeconds(3);

	/**
	 * Returns what the names of these properties begin with, after
	 * {@code spring.cloud.etcd}.
	 */
	abstract String group();

	/**
	 * Returns the members to connect to if none is set.
	 */
	abstract List<String> defaultEndpoints();

	/**
	 * Returns the name of a property, for messages.
	 * @param property the last part of the name, such as {@code endpoints}
	 * @return the name after {@code spring.cloud.etcd.}
	 */
	final String path(String property) {
		return (group() + "." + property).substring(1);
	}

	public @Nullable List<String> getEndpoints() {
		return this.endpoints;
	}

	public void setEndpoints(@Nullable List<String> endpoints) {
		this.endpoints = endpoints;
	}

	public @Nullable String getCaCert() {
		return this.caCert;
	}

	public void setCaCert(@Nullable String caCert) {
		this.caCert = orNull(caCert);
	}

	public @Nullable String getCert() {
		return this.cert;
	}

	public void setCert(@Nullable String cert) {
		this.cert = orNull(cert);
	}

	public @Nullable String getKey() {
		return this.key;
	}

	public void setKey(@Nullable String key) {
		this.key = orNull(key);
	}

	public Ssl getSsl() {
		return this.ssl;
	}

	public @Nullable String getUsername() {
		return this.username;
	}

	public void setUsername(@Nullable String username) {
		this.username = orNull(username);
	}

	public @Nullable String getPassword() {
		return this.password;
	}

	public void setPassword(@Nullable String password) {
		this.password = orNull(password);
	}

	public boolean isAllowPlaintextCredentials() {
		return this.allowPlaintextCredentials;
	}

	public void setAllowPlaintextCredentials(boolean allowPlaintextCredentials) {
		this.allowPlaintextCredentials = allowPlaintextCredentials;
	}

	public Duration getDialTimeout() {
		return this.dialTimeout;
	}

	public void setDialTimeout(Duration dialTimeout) {
		this.dialTimeout = dialTimeout;
	}

	public Duration getDialKeepAlive() {
		return this.dialKeepAlive;
	}

	public void setDialKeepAlive(Duration dialKeepAlive) {
		this.dialKeepAlive = dialKeepAlive;
	}

	public Duration getRequestTimeout() {
		return this.requestTimeout;
	}

	public void setRequestTimeout(Duration requestTimeout) {
		this.requestTimeout = requestTimeout;
	}

	/** An empty value takes back what another source has set. */
	private static @Nullable String orNull(@Nullable String value) {
		return StringUtils.hasText(value) ? value : null;
	}

	/**
	 * TLS from an SSL bundle.
	 */
	public static class Ssl {

		/**
		 * SSL bundle with keys and certificates, instead of PEM files. Setting it means
		 * TLS.
		 */
		private @Nullable String bundle;

		public @Nullable String getBundle() {
			return this.bundle;
		}

		public void setBundle(@Nullable String bundle) {
			this.bundle = orNull(bundle);
		}

	}

}
