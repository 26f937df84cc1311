package io.github.etcddiscovery.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

import io.github.etcddiscovery.client.JetcdEtcdClient;
import io.github.etcddiscovery.cloud.CertificateExpiry;
import io.github.etcddiscovery.support.EventLoop;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.ssl.SslBundles;

/**
 * Reconnects when a property of the connection has changed, a file of certificates or a
 * key, or an SSL bundle. The new connection is tried first: if it cannot be used, the old
 * one stays. Registrations survive, since their lease is etcd's, and views go on where
 * they were.
 */
final class ConnectionUpdater implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(ConnectionUpdater.class);

	/** Files are small, and one that is used within a minute is early enough. */
	private static final Duration INTERVAL = Duration.ofSeconds(10);

	private final Supplier<? extends EtcdConnectionProperties> binding;

	private final JetcdEtcdClient client;

	private final @Nullable SslBundles sslBundles;

	private final CertificateExpiry expiry;

	/** May block, unlike others: it has nothing else to do. */
	private final EventLoop loop;

	/** What the user's own details are made of is not known. */
	private final boolean fromProperties;

	private EtcdConnectionDetails details;

	private EtcdConnectionProperties properties;

	private Connection applied;

	private boolean watching;

	private @Nullable String failure;

	ConnectionUpdater(Supplier<? extends EtcdConnectionProperties> binding, JetcdEtcdClient client,
			EtcdConnectionDetails details, EtcdConnectionProperties properties, @Nullable SslBundles sslBundles,
			CertificateExpiry expiry, EventLoop loop) {
		this.binding = binding;
		this.client = client;
		this.details = details;
		this.fromProperties = details instanceof PropertiesEtcdConnectionDetails made && made.isOf(properties);
		this.properties = properties;
		this.sslBundles = sslBundles;
		this.expiry = expiry;
		this.loop = loop;
		this.applied = Connection.of(properties);
	}

	/** Begins to look after certificates, if there are any. */
	synchronized void start() {
		watch();
	}

	/** Connects as the properties say by now. */
	synchronized void refresh() {
		try {
			// Not the bean: it is bound again by a refresh too, before or after this.
			EtcdConnectionProperties changed = this.binding.get();
			if (!Connection.of(changed).equals(this.applied)) {
				connect(changed);
			}
		}
		catch (RuntimeException ex) {
			// A refresh is of others too: it must go on.
			logger.error(
					"Staying connected to etcd as before, since what spring.cloud.etcd{} says now cannot be used: {}."
							+ " Correct it and refresh again",
					this.properties.group(), InvalidProperties.describe(ex));
		}
	}

	private void connect(EtcdConnectionProperties changed) {
		EtcdConnectionDetails changedDetails = this.fromProperties
				? new PropertiesEtcdConnectionDetails(changed, this.sslBundles) : this.details;
		this.client.reconnect(EtcdClientOptionsFactory.create(changedDetails, changed));
		this.details = changedDetails;
		this.properties = changed;
		this.applied = Connection.of(changed);
		watch();
		this.expiry.update(changedDetails.getSslBundle());
	}

	private void watch() {
		if (!this.watching && this.fromProperties && this.details instanceof PropertiesEtcdConnectionDetails own
				&& own.hasCertificates()) {
			this.watching = true;
			this.loop.schedule(this::checkAgainAndAgain, INTERVAL);
		}
	}

	private void checkAgainAndAgain() {
		try {
			check();
			this.expiry.warn();
		}
		finally {
			this.loop.schedule(this::checkAgainAndAgain, INTERVAL);
		}
	}

	private synchronized void check() {
		try {
			if (this.details instanceof PropertiesEtcdConnectionDetails own && own.isOutdated()) {
				connect(this.properties);
			}
			this.failure = null;
		}
		catch (RuntimeException ex) {
			String problem = InvalidProperties.describe(ex);
			if (!problem.equals(this.failure)) {
				this.failure = problem;
				logger.error("Staying connected to etcd with the certificates that were, since those that are there now"
						+ " cannot be used: {}. They are tried every {} s", problem, INTERVAL.toSeconds());
			}
		}
	}

	@Override
	public void close() {
		this.loop.close();
	}

	/**
	 * All properties that a connection depends on.
	 */
	private record Connection(@Nullable List<String> endpoints, @Nullable String caCert, @Nullable String cert,
			@Nullable String key, @Nullable String bundle, @Nullable String username, @Nullable String password,
			boolean allowPlaintextCredentials, Duration dialTimeout, Duration dialKeepAlive, Duration requestTimeout) {

		static Connection of(EtcdConnectionProperties properties) {
			List<String> endpoints = properties.getEndpoints();
			return new Connection((endpoints != null) ? List.copyOf(endpoints) : null, properties.getCaCert(),
					properties.getCert(), properties.getKey(), properties.getSsl().getBundle(),
					properties.getUsername(), properties.getPassword(), properties.isAllowPlaintextCredentials(),
					properties.getDialTimeout(), properties.getDialKeepAlive(), properties.getRequestTimeout());
		}

	}

}
