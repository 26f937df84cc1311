package io.github.etcddiscovery.cluster;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cluster.ClusterCatalog.Changes;
import io.github.etcddiscovery.cluster.ClusterCatalog.Part;
import io.github.etcddiscovery.cluster.ClusterCatalog.Parts;
import io.github.etcddiscovery.support.EventLoop;
import io.github.etcddiscovery.support.LimitedLog;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.CatalogSource;
import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.Subscribers;
import io.github.etcddiscovery.view.Subscription;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The view of the home cluster, combined with the views of any number of remote clusters.
 * Without remote clusters, a catalog is that of the home view. Owns none of the views.
 *
 * @param <T> what a view holds of an instance
 */
@Internal
public final class ClusterView<T> implements CatalogSource<T>, AutoCloseable {

	/** The name of the cluster in which this application registers. */
	public static final String HOME = "home";

	private static final Logger logger = LoggerFactory.getLogger(ClusterView.class);

	private final ServiceView<T> home;

	private final Comparator<T> order;

	private final EventLoop notifier;

	private final Subscribers<Catalog<T>> subscribers;

	private final LimitedLog log;

	private final Changes changes = new LoggedChanges();

	private final List<Runnable> remotesCallbacks = new CopyOnWriteArrayList<>();

	private final Object lock = new Object();

	private volatile List<Remote<T>> remotes = List.of();

	/** {@code null} without remotes. Written under the lock. */
	private volatile @Nullable ClusterCatalog<T> catalog;

	/** When the next timer ends the wait of a service. Guarded by the lock. */
	private @Nullable Long failBackAt;

	/**
	 * Creates a view without remote clusters. Starts nothing.
	 * @param home the view of the home cluster
	 * @param order sorts the instances of a service that come from several clusters
	 */
	public ClusterView(ServiceView<T> home, Comparator<T> order) {
		this(home, order, EventLoop.onThread("etcd-view-events"));
	}

	ClusterView(ServiceView<T> home, Comparator<T> order, EventLoop notifier) {
		this.home = home;
		this.order = order;
		this.notifier = notifier;
		this.subscribers = new Subscribers<>(this::catalog, notifier);
		this.log = new LimitedLog(logger, notifier::nanoTime);
		home.onChange(this::changed);
	}

	/**
	 * Returns the remote clusters.
	 * @return the clusters, in the order in which fallbacks are used
	 */
	public List<Remote<T>> remotes() {
		return this.remotes;
	}

	/**
	 * Whether there is a remote cluster.
	 * @return whether there is one
	 */
	public boolean hasRemotes() {
		return this.catalog != null;
	}

	/**
	 * Replaces the remote clusters.
	 * @param remotes the clusters, in the order in which fallbacks are used
	 */
	public void setRemotes(List<Remote<T>> remotes) {
		synchronized (this.lock) {
			List<Remote<T>> before = this.remotes;
			remotes.stream()
				.filter((remote) -> !before.contains(remote))
				.forEach((remote) -> remote.view().onChange(this::changed));
			this.remotes = List.copyOf(remotes);
		}
		changed();
		this.remotesCallbacks.forEach(ClusterView::run);
	}

	/** One callback that fails must not keep the others from hearing of it. */
	private static void run(Runnable callback) {
		try {
			callback.run();
		}
		catch (RuntimeException ex) {
			logger.error("Something does not follow the change of remote clusters", ex);
		}
	}

	/**
	 * Calls back whenever the remote clusters have been replaced.
	 * @param callback called on the thread that replaces them
	 */
	public void onRemotesChange(Runnable callback) {
		this.remotesCallbacks.add(callback);
	}

	/** Combines the newest catalogs. Runs on the thread of the view that has changed. */
	private void changed() {
		if (!this.remotes.isEmpty() || this.catalog != null) {
			synchronized (this.lock) {
				combine();
			}
		}
		this.subscribers.signal();
	}

	private void combine() {
		if (this.remotes.isEmpty()) {
			this.catalog = null;
			return;
		}
		Parts<T> parts = new Parts<>(this.home.catalog(), this.home::follows,
				this.remotes.stream().map((remote) -> new Part<>(remote, remote.view().catalog())).toList());
		long now = this.notifier.nanoTime();
		ClusterCatalog<T> before = this.catalog;
		ClusterCatalog<T> next = (before != null) ? before.next(parts, now)
				: ClusterCatalog.first(parts, this.order, this.changes);
		this.catalog = next;
		Duration wait = next.untilFailBack(now);
		long at = (wait != null) ? now + wait.toNanos() : 0;
		if (wait != null && (this.failBackAt == null || at - this.failBackAt < 0)) {
			this.failBackAt = at;
			this.notifier.schedule(() -> failBack(at), wait);
		}
	}

	private void failBack(long at) {
		synchronized (this.lock) {
			this.failBackAt = Long.valueOf(at).equals(this.failBackAt) ? null : this.failBackAt;
		}
		changed();
	}

	@Override
	public Catalog<T> catalog() {
		ClusterCatalog<T> combined = this.catalog;
		return (combined != null) ? combined : this.home.catalog();
	}

	/**
	 * Returns the available instances without those of fallbacks.
	 * @param catalog a catalog of this view
	 * @param service the service
	 * @return the instances at home and in the merged clusters. Where no cluster has one,
	 * the retained instances. The same list as long as nothing changes
	 * @param <T> what a view holds of an instance
	 */
	public static <T> List<T> preferred(Catalog<T> catalog, String service) {
		if (!(catalog instanceof ClusterCatalog<T> combined)) {
			return catalog.available(service);
		}
		List<T> preferred = combined.preferred(service);
		return (preferred.isEmpty() && combined.fallbackInstances(service).isEmpty()) ? combined.retained(service)
				: preferred;
	}

	/**
	 * Returns the available instances of the fallback that would be used.
	 * @param catalog a catalog of this view
	 * @param service the service
	 * @return the instances of the first fallback that has any; empty as long as home has
	 * not been read. The same list as long as nothing changes
	 * @param <T> what a view holds of an instance
	 */
	public static <T> List<T> fallback(Catalog<T> catalog, String service) {
		return (catalog instanceof ClusterCatalog<T> combined) ? combined.fallbackInstances(service) : List.of();
	}

	/**
	 * Returns how long home must have had an instance before the fallback is left.
	 * @param service the service
	 * @return the time, of the fallback that is used or would be used
	 */
	public Duration failBackAfter(String service) {
		ClusterCatalog<T> combined = this.catalog;
		return (combined != null) ? combined.failBackAfter(service) : Duration.ZERO;
	}

	/**
	 * Returns the services that a fallback serves at this moment.
	 * @return the name of the fallback by service, sorted; a copy
	 */
	public Map<String, String> failedOver() {
		ClusterCatalog<T> combined = this.catalog;
		return (combined != null) ? combined.failedOver() : Map.of();
	}

	/**
	 * Returns the view of the home cluster.
	 * @return the view
	 */
	public ServiceView<T> home() {
		return this.home;
	}

	@Override
	public boolean follows(String serviceId) {
		return this.home.follows(serviceId)
				|| this.remotes.stream().anyMatch((remote) -> remote.view().follows(serviceId));
	}

	@Override
	public @Nullable String failure() {
		return this.home.failure();
	}

	@Override
	public CompletableFuture<Void> probe() {
		return this.home.probe();
	}

	@Override
	public Subscription subscribe(Consumer<Catalog<T>> listener) {
		return this.subscribers.subscribe(listener);
	}

	/**
	 * Ends the notifications.
	 */
	@Override
	public void close() {
		this.notifier.close();
	}

	/**
	 * Logs on the notifier, since services change on the threads of readers.
	 */
	private final class LoggedChanges implements Changes {

		/** Makes each line a subject of its own, so that no change is left out. */
		private final AtomicLong number = new AtomicLong();

		@Override
		public void failedOver(String service, String remote) {
			log(service, "is served from cluster " + remote + ": home has no instance that is UP");
		}

		@Override
		public void isBack(String service) {
			log(service, "is served from home again");
		}

		private void log(String service, String what) {
			ClusterView.this.notifier.execute(() -> ClusterView.this.log.log(Level.INFO, service,
					what + this.number.incrementAndGet(), () -> "Service " + service + " " + what));
		}

	}

}
