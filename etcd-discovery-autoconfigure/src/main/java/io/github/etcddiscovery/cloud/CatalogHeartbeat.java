package io.github.etcddiscovery.cloud;

import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import org.jspecify.annotations.Nullable;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.event.HeartbeatEvent;
import org.springframework.context.ApplicationEventPublisher;

/**
 * Tells Spring Cloud that the catalogue has changed, and only then: Spring Cloud Gateway
 * rebuilds its routes at every {@link HeartbeatEvent} with a new value. Published on the
 * view's notification thread, since listeners may take their time.
 */
public final class CatalogHeartbeat implements AutoCloseable {

	private final ServiceView.Subscription subscription;

	private @Nullable Catalog<ServiceInstance> last;

	/**
	 * Subscribes to the view.
	 * @param view what is registered
	 * @param publisher receives the events
	 */
	public CatalogHeartbeat(ServiceView<ServiceInstance> view, ApplicationEventPublisher publisher) {
		this.subscription = view.subscribe((catalog) -> {
			boolean changed = catalog.isSynced() && (this.last == null || !catalog.hasSameInstances(this.last));
			this.last = catalog;
			if (changed) {
				publisher.publishEvent(new HeartbeatEvent(this, catalog.epoch() + "/" + catalog.revision()));
			}
		});
	}

	@Override
	public void close() {
		this.subscription.close();
	}

}
