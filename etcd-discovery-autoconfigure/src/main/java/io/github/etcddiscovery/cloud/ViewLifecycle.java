package io.github.etcddiscovery.cloud;

import java.time.Duration;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.view.ServiceView;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.context.SmartLifecycle;

/**
 * Waits for the first sync before anything else starts. The view itself begins with its
 * bean, so that connecting goes on beside the building of the context, and outlives this
 * lifecycle, since requests that are still being served call others.
 */
public final class ViewLifecycle implements SmartLifecycle {

	private final ServiceView<ServiceInstance> view;

	private final EtcdClient client;

	private final boolean failFast;

	private final Duration timeout;

	private volatile boolean running;

	/**
	 * Creates the lifecycle.
	 * @param view the view, started
	 * @param client names the endpoints
	 * @param failFast whether starting fails if etcd cannot be read
	 * @param timeout how long to wait for etcd
	 */
	public ViewLifecycle(ServiceView<ServiceInstance> view, EtcdClient client, boolean failFast, Duration timeout) {
		this.view = view;
		this.client = client;
		this.failFast = failFast;
		this.timeout = timeout;
	}

	/**
	 * Waits for the first sync if starting is to fail without it.
	 * @throws EtcdUnavailableException if etcd cannot be read
	 */
	@Override
	public void start() {
		if (this.failFast) {
			try {
				this.view.awaitSync(this.timeout);
			}
			catch (EtcdException ex) {
				throw new EtcdUnavailableException(this.client.describe(), ex);
			}
		}
		this.running = true;
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
