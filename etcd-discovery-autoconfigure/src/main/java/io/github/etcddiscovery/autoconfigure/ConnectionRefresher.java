package io.github.etcddiscovery.autoconfigure;

import java.time.Duration;
import java.util.List;

import io.github.etcddiscovery.client.JetcdEtcdClient;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.Environment;

/**
 * Reconnects when a property of the connection has changed. The new connection is tried
 * first: if it cannot be used, the old one stays. Registrations survive, since their
 * lease is etcd's, and views go on where they were.
 */
final class ConnectionRefresher implements ApplicationListener<EnvironmentChangeEvent> {

	private static final Logger logger = LoggerFactory.getLogger(ConnectionRefresher.class);

	private final Environment environment;

	private final JetcdEtcdClient client;

	private final EtcdConnectionDetails details;

	private final @Nullable SslBundles sslBundles;

	private Connection applied;

	ConnectionRefresher(Environment environment, JetcdEtcdClient client, EtcdConnectionDetails details,
			EtcdProperties properties, @Nullable SslBundles sslBundles) {
		this.environment = environment;
		this.client = client;
		this.details = details;
		this.sslBundles = sslBundles;
		this.applied = Connection.of(properties);
	}

	@Override
	public synchronized void onApplicationEvent(EnvironmentChangeEvent event) {
		try {
			// Not the bean: it is bound again by this event too, before or after this.
			EtcdProperties properties = Binder.get(this.environment)
				.bindOrCreate(EtcdProperties.PREFIX, EtcdProperties.class);
			Connection changed = Connection.of(properties);
			if (!changed.equals(this.applied)) {
				this.client.reconnect(EtcdClientOptionsFactory.create(details(properties), properties));
				this.applied = changed;
			}
		}
		catch (RuntimeException ex) {
			// A refresh is of others too: it must go on.
			logger
				.error("Staying connected to etcd as before, since what spring.cloud.etcd says now cannot be used: {}."
						+ " Correct it and refresh again", PropertyRules.describe(ex));
		}
	}

	private EtcdConnectionDetails details(EtcdProperties properties) {
		return (this.details instanceof PropertiesEtcdConnectionDetails)
				? new PropertiesEtcdConnectionDetails(properties, this.sslBundles) : this.details;
	}

	/**
	 * All that a connection depends on.
	 */
	private record Connection(@Nullable List<String> endpoints, @Nullable String caCert, @Nullable String cert,
			@Nullable String key, @Nullable String bundle, @Nullable String username, @Nullable String password,
			boolean allowPlaintextCredentials, Duration dialTimeout, Duration dialKeepAlive, Duration requestTimeout) {

		static Connection of(EtcdProperties properties) {
			List<String> endpoints = properties.getEndpoints();
			return new Connection((endpoints != null) ? List.copyOf(endpoints) : null, properties.getCaCert(),
					properties.getCert(), properties.getKey(), properties.getSsl().getBundle(),
					properties.getUsername(), properties.getPassword(), properties.isAllowPlaintextCredentials(),
					properties.getDialTimeout(), properties.getDialKeepAlive(), properties.getRequestTimeout());
		}

	}

}
