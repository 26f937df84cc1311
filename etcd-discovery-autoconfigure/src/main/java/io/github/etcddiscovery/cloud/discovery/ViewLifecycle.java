package io.github.etcddiscovery.cloud.discovery;

import java.time.Duration;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.cloud.CertificateExpiry;
import io.github.etcddiscovery.cloud.EtcdUnavailableException;
import io.github.etcddiscovery.view.CatalogSource;
import io.github.etcddiscovery.view.ServiceView;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.context.SmartLifecycle;

/**
 * Waits for the first sync, and for what else the application needs of others, before
 * anything else starts. The view itself begins with its bean, so that connecting goes on
 * beside the building of the context, and outlives this lifecycle, since requests that
 * are still being served call others.
 */
@Internal
public final class ViewLifecycle implements SmartLifecycle {

	private static final Logger logger = LoggerFactory.getLogger(ViewLifecycle.class);

	private final ServiceView<ServiceInstance> view;

	private final EtcdClient client;

	private final boolean failFast;

	private final Duration timeout;

	private final Runnable remotes;

	private final CatalogSource<ServiceInstance> instances;

	private final AwaitedInstances awaited;

	private final @Nullable CertificateExpiry certificates;

	private volatile boolean running;

	private volatile boolean waited;

	/**
	 * Creates the lifecycle.
	 * @param view the view, started
	 * @param client names the endpoints
	 * @param failFast whether starting fails if etcd cannot be read
	 * @param timeout how long to wait for etcd
	 * @param remotes waits for the remote clusters that starting depends on
	 * @param instances the instances of all clusters
	 * @param awaited the instances to wait for at the end
	 * @param certificates when those of the connection end, {@code null} if that is not
	 * known
	 */
	public ViewLifecycle(ServiceView<ServiceInstance> view, EtcdClient client, boolean failFast, Duration timeout,
			Runnable remotes, CatalogSource<ServiceInstance> instances, AwaitedInstances awaited,
			@Nullable CertificateExpiry certificates) {
		this.view = view;
		this.client = client;
		this.failFast = failFast;
		this.timeout = timeout;
		this.remotes = remotes;
		this.instances = instances;
		this.awaited = awaited;
		this.certificates = certificates;
	}

	/**
	 * Waits for the first sync if starting is to fail without it, and for the instances
	 * that this application needs.
	 * @throws EtcdUnavailableException if etcd cannot be read
	 * @throws InstancesMissingException if there are not enough instances in time
	 */
	@Override
	public void start() {
		if (this.failFast) {
			try {
				this.view.awaitSync(this.timeout);
			}
			catch (EtcdException ex) {
				throw new EtcdUnavailableException(this.client.describe(),
						(this.certificates != null) ? this.certificates.explain(ex) : ex);
			}
		}
		// Only at the first start: after a stop, the application has served before.
		if (!this.waited) {
			this.remotes.run();
			awaitInstances();
			this.waited = true;
		}
		this.running = true;
	}

	private void awaitInstances() {
		try {
			this.awaited.await(this.instances);
		}
		catch (InstancesMissingException ex) {
			if (this.failFast || Thread.currentThread().isInterrupted()) {
				throw ex;
			}
			logger.warn("{}: starting without them", ex.getMessage());
		}
	}

	@Override
	public void stop() {
		this.running = false;
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public boolean isPauseable() {
		return false;
	}

	@Override
	public int getPhase() {
		return Integer.MIN_VALUE;
	}

}
