package io.github.etcddiscovery.cloud.discovery;

import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.support.EventLoop;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.CatalogSource;
import io.github.etcddiscovery.view.Subscription;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.event.HeartbeatEvent;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.ApplicationEventMulticaster;

/**
 * Tells listeners what has changed for callers, and only then: first a
 * {@link ServiceInstancesChangedEvent} for each service, then a {@link HeartbeatEvent},
 * at each of which Spring Cloud Gateway makes its routes anew. Published on a thread of
 * its own, where listeners hold up nobody but each other: a change at once, those that
 * follow at most every {@link #PACE} together. What a listener throws is logged, and
 * keeps no other event from anybody.
 */
@Internal
public final class CatalogEventPublisher implements SmartLifecycle {

	private static final Logger logger = LoggerFactory.getLogger(CatalogEventPublisher.class);

	/**
	 * Listeners may do a lot at each event, and a service of thousands of instances that
	 * is rolled out changes hundreds of times a second.
	 */
	static final Duration PACE = Duration.ofMillis(100);

	private final CatalogSource<ServiceInstance> view;

	private final ApplicationEventMulticaster listeners;

	private final Supplier<EventLoop> loops;

	/**
	 * The value of the last heartbeat. Gateways ignore a heartbeat with the same value. A
	 * revision of etcd would not do, since it stays the same when retained instances
	 * expire.
	 */
	private final AtomicLong changes = new AtomicLong();

	private @Nullable Run run;

	/**
	 * Creates the publisher. Starts nothing.
	 * @param view what is registered
	 * @param listeners those of this context only: a parent that follows etcd has a
	 * publisher of its own
	 */
	public CatalogEventPublisher(CatalogSource<ServiceInstance> view, ApplicationEventMulticaster listeners) {
		this(view, listeners, () -> EventLoop.onThread("etcd-catalog-events"));
	}

	CatalogEventPublisher(CatalogSource<ServiceInstance> view, ApplicationEventMulticaster listeners,
			Supplier<EventLoop> loops) {
		this.view = view;
		this.listeners = listeners;
		this.loops = loops;
	}

	@Override
	public synchronized void start() {
		if (this.run == null) {
			this.run = new Run();
			this.run.start();
		}
	}

	@Override
	public synchronized void stop() {
		if (this.run != null) {
			this.run.stop();
			this.run = null;
		}
	}

	@Override
	public synchronized boolean isRunning() {
		return this.run != null;
	}

	@Override
	public boolean isPauseable() {
		return false;
	}

	/**
	 * From a start to the next stop. All but signals belongs to the loop; what was told
	 * in an earlier run is told again.
	 */
	private final class Run {

		private final EventLoop loop = CatalogEventPublisher.this.loops.get();

		private final AtomicBoolean signalled = new AtomicBoolean();

		/** When to publish again at the earliest, by the clock of the loop. */
		private long notBefore = this.loop.nanoTime();

		private volatile boolean stopped;

		private @Nullable Subscription subscription;

		private @Nullable Catalog<ServiceInstance> last;

		void start() {
			this.subscription = CatalogEventPublisher.this.view.subscribe((catalog) -> signal());
		}

		private void signal() {
			if (this.signalled.compareAndSet(false, true)) {
				this.loop.execute(this::publish);
			}
		}

		private void publish() {
			long wait = this.notBefore - this.loop.nanoTime();
			if (wait > 0) {
				this.loop.schedule(this::publish, Duration.ofNanos(wait));
				return;
			}
			this.signalled.set(false);
			Catalog<ServiceInstance> before = this.last;
			Catalog<ServiceInstance> now = CatalogEventPublisher.this.view.catalog();
			boolean synced = now.positions().stream().anyMatch((position) -> position.epoch() > 0);
			if (!synced || (before != null && now.hasSameInstances(before))) {
				return;
			}
			this.last = now;
			this.notBefore = this.loop.nanoTime() + PACE.toNanos();
			Set<String> services = new TreeSet<>(now.services());
			if (before != null) {
				services.addAll(before.services());
			}
			boolean changed = before == null || !before.services().equals(now.services());
			for (String service : services) {
				ServiceInstancesChangedEvent event = ServiceInstancesChangedEvent.between(CatalogEventPublisher.this,
						service, before, now);
				if (event != null) {
					changed = true;
					tell(event);
				}
			}
			if (changed) {
				tell(new HeartbeatEvent(CatalogEventPublisher.this,
						CatalogEventPublisher.this.changes.incrementAndGet()));
			}
		}

		private void tell(ApplicationEvent event) {
			if (this.stopped) {
				return;
			}
			try {
				CatalogEventPublisher.this.listeners.multicastEvent(event);
			}
			catch (RuntimeException | LinkageError | StackOverflowError ex) {
				logger.error("A listener failed at {}", event, ex);
			}
		}

		/** Lets a listener that has begun end by itself. */
		void stop() {
			this.stopped = true;
			Objects.requireNonNull(this.subscription).close();
			this.loop.execute(this.loop::close);
		}

	}

}
