package io.github.etcddiscovery.autoconfigure;

import java.util.List;

import io.github.etcddiscovery.Internal;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;

/**
 * Where etcd is and how to log in there. A bean of this type replaces what the properties
 * under {@code spring.cloud.etcd} say of it.
 */
public interface EtcdConnectionDetails extends ConnectionDetails {

	/**
	 * Returns what the properties say.
	 * @param properties those under {@code spring.cloud.etcd}
	 * @param sslBundles Spring's SSL bundles, {@code null} if there are none
	 * @return the details
	 * @throws InvalidConfigurationPropertyValueException if a property is wrong
	 */
	@Internal
	static EtcdConnectionDetails of(EtcdConnectionProperties properties, @Nullable SslBundles sslBundles) {
		return new PropertiesEtcdConnectionDetails(properties, sslBundles);
	}

	/**
	 * Returns the members to connect to.
	 * @return {@code http://host:port}, {@code https://host:port} or {@code host:port},
	 * at least one
	 */
	List<String> getEndpoints();

	/**
	 * Returns the user to authenticate as.
	 * @return the user, {@code null} for nobody
	 */
	default @Nullable String getUsername() {
		return null;
	}

	/**
	 * Returns the user's password.
	 * @return the password, {@code null} without a user
	 */
	default @Nullable String getPassword() {
		return null;
	}

	/**
	 * Returns the keys and certificates for TLS.
	 * @return the bundle; {@code null} for plaintext, or for what the JVM trusts if the
	 * endpoints say {@code https}
	 */
	default @Nullable SslBundle getSslBundle() {
		return null;
	}

	/**
	 * Whether user and password may cross a network unencrypted, as they may to a
	 * container that is there for development or a test. To the machine itself they
	 * always may, and wherever {@code spring.cloud.etcd.allow-plaintext-credentials=true}
	 * says so.
	 * @return whether they may
	 */
	default boolean isPlaintextCredentialsAllowed() {
		return false;
	}

}
