package io.github.etcddiscovery.autoconfigure;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

import io.github.etcddiscovery.autoconfigure.RemoteProperties.Use;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.JetcdEtcdClient;
import io.github.etcddiscovery.cloud.CertificateExpiry;
import io.github.etcddiscovery.cloud.EtcdUnavailableException;
import io.github.etcddiscovery.cluster.Remote;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.instance.KeyRange;
import io.github.etcddiscovery.instance.format.CheckedFormats;
import io.github.etcddiscovery.support.EventLoop;
import io.github.etcddiscovery.support.Telemetry;
import io.github.etcddiscovery.view.ServiceView;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.cloud.client.ServiceInstance;

/**
 * The client and the view of one remote cluster. They share nothing with those of home.
 */
final class RemoteCluster implements AutoCloseable {

	private final Settings settings;

	private final Duration timeout;

	private final JetcdEtcdClient client;

	private final ConnectionUpdater updater;

	private final KeyLayout layout;

	private final Remote<ServiceInstance> remote;

	private RemoteCluster(Settings settings, Duration timeout, JetcdEtcdClient client, ConnectionUpdater updater,
			KeyLayout layout, Remote<ServiceInstance> remote) {
		this.settings = settings;
		this.timeout = timeout;
		this.client = client;
		this.updater = updater;
		this.layout = layout;
		this.remote = remote;
	}

	/**
	 * Begins to follow a cluster. Does not wait.
	 * @param name the name of the cluster
	 * @param properties its properties
	 * @param home the properties of the home cluster
	 * @param formats read a record
	 * @param telemetry hears of what is done
	 * @param sslBundles Spring's SSL bundles, {@code null} if there are none
	 * @param beans may have connection details of the cluster's name
	 * @param homeDetails the connection details of the home cluster, {@code null} if not
	 * known
	 * @param binding binds the properties of the cluster again
	 */
	static RemoteCluster start(String name, RemoteProperties properties, EtcdDiscoveryProperties home,
			CheckedFormats formats, Telemetry telemetry, @Nullable SslBundles sslBundles, BeanFactory beans,
			@Nullable EtcdConnectionDetails homeDetails, Supplier<RemoteProperties> binding) {
		properties.named(name);
		Settings settings = Settings.of(properties);
		EtcdConnectionDetails details = details(name, properties, sslBundles, beans, homeDetails);
		KeyLayout layout = layout(properties, home);
		List<KeyRange> ranges = ranges(properties, layout);
		if (properties.getFailBackAfter().isNegative()) {
			throw InvalidProperties.invalid(properties.path("fail-back-after"), properties.getFailBackAfter(),
					"Expected 0 or more.");
		}
		JetcdEtcdClient client = new JetcdEtcdClient(EtcdClientOptionsFactory.create(details, properties), List.of(),
				"etcd-" + name + "-client");
		CertificateExpiry expiry = new CertificateExpiry(InstantSource.system());
		expiry.update(details.getSslBundle());
		ConnectionUpdater updater = new ConnectionUpdater(binding, client, details, properties, sslBundles, expiry,
				EventLoop.onThread("etcd-" + name + "-certificates"));
		updater.start();
		ServiceView<ServiceInstance> view = Views.remote(name, client, ranges, formats, home,
				telemetry.ofCluster(name));
		view.start();
		return new RemoteCluster(settings, properties.getDialTimeout().plus(properties.getRequestTimeout()), client,
				updater, layout,
				new Remote<>(name, view, settings.use() == Use.MERGE, settings.register(), settings.failBackAfter()));
	}

	/**
	 * Takes the bean of the cluster's name. It has to be marked so that it is not taken
	 * for the connection of the home cluster.
	 */
	private static EtcdConnectionDetails details(String name, RemoteProperties properties,
			@Nullable SslBundles sslBundles, BeanFactory beans, @Nullable EtcdConnectionDetails homeDetails) {
		if (beans.containsBean(name) && beans.isTypeMatch(name, EtcdConnectionDetails.class)) {
			EtcdConnectionDetails details = beans.getBean(name, EtcdConnectionDetails.class);
			if (details == homeDetails) {
				throw InvalidProperties.invalid("discovery.remotes", name,
						"Expected the EtcdConnectionDetails bean of this name to be declared with"
								+ " @Bean(defaultCandidate = false), since otherwise it replaces the connection of home.");
			}
			return details;
		}
		if (properties.getEndpoints() == null || properties.getEndpoints().isEmpty()) {
			throw InvalidProperties.invalid(properties.path("endpoints"), "",
					"Expected at least one endpoint, such as https://etcd.us-1:2379, or an EtcdConnectionDetails bean named '"
							+ name + "'.");
		}
		return EtcdConnectionDetails.of(properties, sslBundles);
	}

	private static KeyLayout layout(RemoteProperties properties, EtcdDiscoveryProperties home) {
		String prefix = Objects.requireNonNullElse(properties.getPrefix(), home.getPrefix());
		return InvalidProperties.check(nameInDiscovery(properties, "prefix"), () -> new KeyLayout(prefix));
	}

	private static List<KeyRange> ranges(RemoteProperties properties, KeyLayout layout) {
		List<String> services = properties.getServices();
		return services.isEmpty() ? layout.ranges()
				: InvalidProperties.check(nameInDiscovery(properties, "services"), () -> layout.ranges(services));
	}

	private static String nameInDiscovery(RemoteProperties properties, String property) {
		return properties.path(property).substring("discovery.".length());
	}

	EtcdClient client() {
		return this.client;
	}

	/** Says where this application registers in the cluster. */
	KeyLayout layout() {
		return this.layout;
	}

	Remote<ServiceInstance> remote() {
		return this.remote;
	}

	/** Whether these properties differ in nothing but the connection. */
	boolean isOf(RemoteProperties properties) {
		return this.settings.equals(Settings.of(properties));
	}

	void refreshConnection() {
		this.updater.refresh();
	}

	boolean isNeededAtStart() {
		return this.settings.waitForSync();
	}

	/**
	 * Waits until the cluster has been read.
	 * @return why it cannot be read, {@code null} if it has been read
	 */
	@Nullable EtcdException awaitSync() {
		try {
			this.remote.view().awaitSync(this.timeout);
			return null;
		}
		catch (EtcdException ex) {
			return ex;
		}
	}

	/** Says that starting needs the cluster, which could not be read. */
	EtcdUnavailableException unavailable(EtcdException reason) {
		return new EtcdUnavailableException(this.client.describe(), reason,
				EtcdDiscoveryProperties.PREFIX + ".remotes." + this.remote.name());
	}

	@Override
	public void close() {
		this.remote.view().close();
		this.updater.close();
		this.client.close();
	}

	/**
	 * The properties, other than those of the connection.
	 */
	private record Settings(@Nullable String prefix, List<String> services, Use use, boolean register,
			Duration failBackAfter, boolean waitForSync) {

		static Settings of(RemoteProperties properties) {
			return new Settings(properties.getPrefix(), List.copyOf(properties.getServices()), properties.getUse(),
					properties.isRegister(), properties.getFailBackAfter(), properties.isWaitForSync());
		}

	}

}
