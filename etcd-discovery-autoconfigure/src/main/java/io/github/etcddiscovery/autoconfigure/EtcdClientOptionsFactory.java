package io.github.etcddiscovery.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.etcddiscovery.client.EtcdClientOptions;
import io.github.etcddiscovery.client.EtcdEndpoint;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.ssl.SslBundle;
import org.springframework.core.NestedExceptionUtils;

import static io.github.etcddiscovery.autoconfigure.InvalidProperties.invalid;
import static io.github.etcddiscovery.autoconfigure.InvalidProperties.requirePositive;

/**
 * Makes a client's options of connection details and properties, and refuses what cannot
 * work with the reason.
 */
final class EtcdClientOptionsFactory {

	private EtcdClientOptionsFactory() {
	}

	static EtcdClientOptions create(EtcdConnectionDetails details, EtcdConnectionProperties properties) {
		SslBundle bundle = details.getSslBundle();
		List<EtcdEndpoint> endpoints = endpoints(details.getEndpoints(), bundle != null, properties);
		boolean secure = endpoints.get(0).secure();
		for (EtcdEndpoint endpoint : endpoints) {
			if (endpoint.secure() != secure) {
				throw invalid(properties.path("endpoints"), details.getEndpoints(),
						"Expected all endpoints to start with https:// or none.");
			}
		}
		if (bundle != null && !secure) {
			throw invalid(properties.path("endpoints"), details.getEndpoints(),
					"Expected https:// endpoints, since certificates are configured.");
		}
		return new EtcdClientOptions(endpoints, secure ? tls(bundle, properties) : null,
				credentials(details, properties, endpoints),
				requirePositive(properties.path("dial-timeout"), properties.getDialTimeout()),
				requirePositive(properties.path("dial-keep-alive"), properties.getDialKeepAlive()),
				requirePositive(properties.path("request-timeout"), properties.getRequestTimeout()));
	}

	private static List<EtcdEndpoint> endpoints(List<String> texts, boolean secureByDefault,
			EtcdConnectionProperties properties) {
		List<EtcdEndpoint> endpoints = new ArrayList<>();
		for (String text : texts) {
			try {
				endpoints.add(EtcdEndpoint.parse(text, secureByDefault));
			}
			catch (IllegalArgumentException ex) {
				throw invalid(properties.path("endpoints"), text,
						"Expected http://host:port, https://host:port, host:port or dns+srv://name, but "
								+ ex.getMessage() + ".");
			}
		}
		if (endpoints.isEmpty()) {
			throw invalid(properties.path("endpoints"), "",
					"Expected at least one endpoint, such as http://localhost:2379.");
		}
		return endpoints;
	}

	private static EtcdClientOptions.Tls tls(@Nullable SslBundle bundle, EtcdConnectionProperties properties) {
		if (bundle == null) {
			return new EtcdClientOptions.Tls(null, null);
		}
		try {
			boolean ownCertificate = bundle.getStores().getKeyStore() != null;
			return new EtcdClientOptions.Tls(bundle.getManagers().getTrustManagerFactory(),
					ownCertificate ? bundle.getManagers().getKeyManagerFactory() : null);
		}
		catch (RuntimeException ex) {
			throw invalid(properties.path("ssl.bundle"), String.valueOf(properties.getSsl().getBundle()),
					"Expected an SSL bundle whose stores can be read, but "
							+ NestedExceptionUtils.getMostSpecificCause(ex).getMessage() + ".");
		}
	}

	private static EtcdClientOptions.@Nullable Credentials credentials(EtcdConnectionDetails details,
			EtcdConnectionProperties properties, List<EtcdEndpoint> endpoints) {
		String username = details.getUsername();
		String password = details.getPassword();
		if (username == null || username.isEmpty()) {
			return null;
		}
		if (password == null || password.isEmpty()) {
			throw invalid(properties.path("username"), username,
					"Expected spring.cloud.etcd." + properties.path("password") + " to be set along with it.");
		}
		boolean plaintextAllowed = properties.isAllowPlaintextCredentials() || details.isPlaintextCredentialsAllowed();
		if (!plaintextAllowed) {
			for (EtcdEndpoint endpoint : endpoints) {
				if (endpoint.exposesCredentials()) {
					throw invalid(properties.path("endpoints"), endpoint,
							"Expected https://, since user name and password would cross the network unencrypted;"
									+ " set spring.cloud.etcd." + properties.path("allow-plaintext-credentials")
									+ "=true to let them.");
				}
			}
		}
		return new EtcdClientOptions.Credentials(username, password, plaintextAllowed);
	}

}
