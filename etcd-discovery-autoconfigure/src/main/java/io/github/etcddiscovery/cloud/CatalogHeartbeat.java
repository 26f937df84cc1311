package io.github.etcddiscovery.cloud;

import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.Subscription;
import org.jspecify.annotations.Nullable;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.event.HeartbeatEvent;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.SmartLifecycle;

/**
 * Tells Spring Cloud that the catalogue has changed, and only then: Spring Cloud Gateway
 * rebuilds its routes at every {@link HeartbeatEvent} with a new value. Published on the
 * view's notification thread, since listeners may take their time.
 */
public final class CatalogHeartbeat implements SmartLifecycle {

	private final ServiceView<ServiceInstance> view;

	private final ApplicationEventPublisher publisher;

	private @Nullable Catalog<ServiceInstance> last;

	private @Nullable Subscription subscription;

	/**
	 * Creates the heartbeat. Starts nothing.
	 * @param view what is registered
	 * @param publisher receives the events
	 */
	public CatalogHeartbeat(ServiceView<ServiceInstance> view, ApplicationEventPublisher publisher) {
		this.view = view;
		this.publisher = publisher;
	}

	@Override
	public synchronized void start() {
		if (this.subscription == null) {
			this.subscription = this.view.subscribe(this::publish);
		}
	}

	private void publish(Catalog<ServiceInstance> catalog) {
		boolean synced = catalog.positions().stream().anyMatch((position) -> position.epoch() > 0);
		if (synced && (this.last == null || !catalog.hasSameInstances(this.last))) {
			this.last = catalog;
			this.publisher.publishEvent(new HeartbeatEvent(this, catalog.positions()));
		}
	}

	@Override
	public synchronized void stop() {
		if (this.subscription != null) {
			this.subscription.close();
			this.subscription = null;
		}
	}

	@Override
	public synchronized boolean isRunning() {
		return this.subscription != null;
	}

	@Override
	public boolean isPauseable() {
		return false;
	}

}
