package io.github.etcddiscovery.autoconfigure;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.cloud.EtcdUnavailableException;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.cluster.Remote;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.instance.format.CheckedFormats;
import io.github.etcddiscovery.support.Telemetry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.core.env.Environment;

/**
 * The remote clusters of the properties. Follows each of them by a client and a view of
 * its own, and has {@link ClusterView} use them. A refresh replaces only the clusters
 * whose properties have changed.
 */
@Internal
public final class RemoteClusters implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(RemoteClusters.class);

	/** As for service ids, but short: the name is part of thread names and meter tags. */
	private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,31}");

	private final Environment environment;

	private final EtcdDiscoveryProperties properties;

	private final ClusterView<ServiceInstance> view;

	private final CheckedFormats formats;

	private final Telemetry telemetry;

	private final @Nullable SslBundles sslBundles;

	private final BeanFactory beans;

	private final @Nullable EtcdConnectionDetails homeDetails;

	/** In the order of the properties. Written under the lock. */
	private volatile Map<String, RemoteCluster> clusters = Map.of();

	/** Guarded by this. */
	private boolean closed;

	RemoteClusters(Environment environment, EtcdDiscoveryProperties properties, ClusterView<ServiceInstance> view,
			CheckedFormats formats, Telemetry telemetry, @Nullable SslBundles sslBundles, BeanFactory beans,
			@Nullable EtcdConnectionDetails homeDetails) {
		this.environment = environment;
		this.properties = properties;
		this.view = view;
		this.formats = formats;
		this.telemetry = telemetry;
		this.sslBundles = sslBundles;
		this.beans = beans;
		this.homeDetails = homeDetails;
	}

	/** Begins to follow the clusters. Does not wait. */
	synchronized void start() {
		Map<String, RemoteCluster> started = new LinkedHashMap<>();
		try {
			this.properties.getRemotes().forEach((name, remote) -> started.put(name, create(name, remote)));
		}
		catch (RuntimeException ex) {
			started.values().forEach(RemoteCluster::close);
			throw ex;
		}
		use(started);
	}

	private RemoteCluster create(String name, RemoteProperties remote) {
		if (!NAME.matcher(name).matches() || name.equals(ClusterView.HOME)) {
			throw InvalidProperties.invalid("discovery.remotes", name,
					"Expected the name of a remote cluster to have up to 32 letters, digits, '.', '_' or '-', and not to be"
							+ " 'home'.");
		}
		return RemoteCluster.start(name, remote, this.properties, this.formats, this.telemetry, this.sslBundles,
				this.beans, this.homeDetails, () -> bind().getOrDefault(name, new RemoteProperties()).named(name));
	}

	private Map<String, RemoteProperties> bind() {
		return Binder.get(this.environment)
			.bindOrCreate(EtcdDiscoveryProperties.PREFIX, EtcdDiscoveryProperties.class)
			.getRemotes();
	}

	private void use(Map<String, RemoteCluster> changed) {
		this.clusters = changed;
		this.view.setRemotes(changed.values().stream().map(RemoteCluster::remote).toList());
	}

	/**
	 * Follows the clusters of the environment from now on. A cluster that replaces
	 * another one of its name has to be read first, or callers would find no instance
	 * meanwhile.
	 */
	synchronized void refresh() {
		if (this.closed) {
			return;
		}
		Map<String, RemoteCluster> before = this.clusters;
		Map<String, RemoteCluster> after = new LinkedHashMap<>();
		try {
			bind().forEach((name, remote) -> {
				RemoteCluster known = before.get(name);
				boolean same = known != null && known.isOf(remote);
				after.put(name, same ? known : replace(name, remote, known));
			});
		}
		catch (RuntimeException ex) {
			// A refresh concerns other beans too: it must go on.
			after.values().stream().filter((cluster) -> !before.containsValue(cluster)).forEach(RemoteCluster::close);
			logger.error(
					"The remote clusters stay as they were, since what {}.remotes says now cannot be used: {}."
							+ " Correct it and refresh again",
					EtcdDiscoveryProperties.PREFIX, InvalidProperties.describe(ex));
			return;
		}
		after.values().stream().filter(before::containsValue).forEach(RemoteCluster::refreshConnection);
		if (!List.copyOf(before.entrySet()).equals(List.copyOf(after.entrySet()))) {
			use(after);
			logger.info("Remote clusters are now {}", after.keySet());
			before.values().stream().filter((cluster) -> !after.containsValue(cluster)).forEach(RemoteCluster::close);
		}
	}

	private RemoteCluster replace(String name, RemoteProperties remote, @Nullable RemoteCluster replaced) {
		RemoteCluster created = create(name, remote);
		EtcdException failure = (replaced != null) ? created.awaitSync() : null;
		if (failure != null) {
			created.close();
			throw new IllegalStateException("cluster %s cannot be read: %s".formatted(name, failure.getMessage()),
					failure);
		}
		return created;
	}

	/**
	 * Waits for the clusters that starting depends on.
	 * @throws EtcdUnavailableException if one of them cannot be read
	 */
	void awaitSync() {
		List<RemoteCluster> needed = this.clusters.values().stream().filter(RemoteCluster::isNeededAtStart).toList();
		for (RemoteCluster cluster : needed) {
			EtcdException failure = cluster.awaitSync();
			if (failure != null) {
				throw cluster.unavailable(failure);
			}
		}
	}

	/**
	 * Returns where this application registers besides home.
	 * @return the clusters by name; a copy
	 */
	public Map<String, RegistrationTarget> registrationTargets() {
		Map<String, RegistrationTarget> targets = new LinkedHashMap<>();
		this.clusters.forEach((name, cluster) -> {
			if (cluster.remote().registers()) {
				targets.put(name, new RegistrationTarget(cluster.client(), cluster.layout()));
			}
		});
		return targets;
	}

	@Override
	public synchronized void close() {
		this.closed = true;
		this.clusters.values().forEach(RemoteCluster::close);
	}

	/**
	 * A remote cluster in which this application registers.
	 *
	 * @param client how to reach it
	 * @param layout where the records are
	 */
	public record RegistrationTarget(EtcdClient client, KeyLayout layout) {

	}

}
