package io.github.etcddiscovery.cloud;

import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.etcddiscovery.support.EventLoop;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.Subscription;
import org.jspecify.annotations.Nullable;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.event.HeartbeatEvent;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.SmartLifecycle;

/**
 * Tells listeners what has changed in the catalogue, and only then: first a
 * {@link ServiceInstancesChangedEvent} for each service, then a {@link HeartbeatEvent},
 * at each of which Spring Cloud Gateway makes its routes anew. Published on a thread of
 * its own, where listeners hold up nobody but each other: a change at once, those that
 * follow at most every {@link #PACE} together.
 */
public final class CatalogEventPublisher implements SmartLifecycle {

	/**
	 * Listeners may do a lot at each event, and a service of thousands of instances that
	 * is rolled out changes hundreds of times a second.
	 */
	static final Duration PACE = Duration.ofMillis(100);

	private final ServiceView<ServiceInstance> view;

	private final ApplicationEventPublisher publisher;

	private final AtomicBoolean pending = new AtomicBoolean();

	/** When to publish again at the earliest, by the clock of the loop. */
	private volatile @Nullable Long notBefore;

	private volatile @Nullable Catalog<ServiceInstance> last;

	private @Nullable EventLoop events;

	private @Nullable Subscription subscription;

	/**
	 * Creates the publisher. Starts nothing.
	 * @param view what is registered
	 * @param publisher receives the events
	 */
	public CatalogEventPublisher(ServiceView<ServiceInstance> view, ApplicationEventPublisher publisher) {
		this.view = view;
		this.publisher = publisher;
	}

	@Override
	public synchronized void start() {
		if (this.subscription == null) {
			EventLoop loop = EventLoop.onThread("etcd-catalog-events");
			this.pending.set(false);
			this.events = loop;
			this.subscription = this.view.subscribe((catalog) -> publishSoon(loop));
		}
	}

	private void publishSoon(EventLoop loop) {
		if (this.pending.compareAndSet(false, true)) {
			Long earliest = this.notBefore;
			long wait = (earliest != null) ? Math.max(0, earliest - loop.nanoTime()) : 0;
			loop.schedule(() -> publish(loop), Duration.ofNanos(wait));
		}
	}

	private void publish(EventLoop loop) {
		this.pending.set(false);
		Catalog<ServiceInstance> before = this.last;
		Catalog<ServiceInstance> now = this.view.catalog();
		boolean synced = now.positions().stream().anyMatch((position) -> position.epoch() > 0);
		if (!synced || (before != null && now.hasSameInstances(before))) {
			return;
		}
		this.last = now;
		this.notBefore = loop.nanoTime() + PACE.toNanos();
		Set<String> services = new TreeSet<>(now.services());
		if (before != null) {
			services.addAll(before.services());
		}
		services.stream()
			.map((service) -> ServiceInstancesChangedEvent.between(this, service, before, now))
			.filter((event) -> event != null)
			.forEach(this.publisher::publishEvent);
		this.publisher.publishEvent(new HeartbeatEvent(this, now.positions()));
	}

	@Override
	public synchronized void stop() {
		if (this.subscription != null && this.events != null) {
			this.subscription.close();
			this.subscription = null;
			this.events.close();
			this.events = null;
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
