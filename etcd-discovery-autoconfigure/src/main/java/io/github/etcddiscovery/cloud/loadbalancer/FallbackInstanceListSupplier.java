package io.github.etcddiscovery.cloud.loadbalancer;

import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.support.LimitedLog;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.loadbalancer.core.DelegatingServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;

/**
 * Supplies the instances at home, and those of a fallback cluster while home has none
 * that can be used. If home has too few, some of the fallback fill the gap. A request
 * that was sent to all instances at home is repeated at the fallback, which changes
 * nothing for other requests. Safe to use from any thread.
 */
@Internal
public final class FallbackInstanceListSupplier extends DelegatingServiceInstanceListSupplier {

	private static final Logger logger = LoggerFactory.getLogger(FallbackInstanceListSupplier.class);

	private final LimitedLog log = new LimitedLog(logger, System::nanoTime);

	private final Supplier<ServiceInstanceListSupplier> fallbacks;

	private final ServiceInstanceListSupplier lastResort;

	private final MinAvailable minAvailable;

	private final Clusters clusters;

	private final LongSupplier nanoTime;

	private final CallerSubset subset;

	private final RecentLists<Gap> filled = new RecentLists<>();

	/** Created when home has too few instances for the first time. Guarded by this. */
	private @Nullable ServiceInstanceListSupplier fallback;

	/** Whether the fallback is used instead of home. Written under the lock. */
	private volatile boolean failedOver;

	/**
	 * Makes each log line a subject of its own, so that no change is left out. Guarded by
	 * this.
	 */
	private int changes;

	/** When home had an instance again. Guarded by this. */
	private @Nullable Long backSince;

	/**
	 * Creates a supplier.
	 * @param home supplies the usable instances at home
	 * @param fallbacks creates the supplier of the usable instances of the fallback
	 * @param lastResort supplies what is used if both are empty
	 * @param minAvailable how many instances are enough
	 * @param clusters what is known of the clusters
	 * @param caller a number that differs from caller to caller
	 */
	public FallbackInstanceListSupplier(ServiceInstanceListSupplier home,
			Supplier<ServiceInstanceListSupplier> fallbacks, ServiceInstanceListSupplier lastResort,
			MinAvailable minAvailable, Clusters clusters, long caller) {
		this(home, fallbacks, lastResort, minAvailable, clusters, caller, System::nanoTime);
	}

	FallbackInstanceListSupplier(ServiceInstanceListSupplier home, Supplier<ServiceInstanceListSupplier> fallbacks,
			ServiceInstanceListSupplier lastResort, MinAvailable minAvailable, Clusters clusters, long caller,
			LongSupplier nanoTime) {
		super(home);
		this.fallbacks = fallbacks;
		this.lastResort = lastResort;
		this.minAvailable = minAvailable;
		this.clusters = clusters;
		this.nanoTime = nanoTime;
		this.subset = new CallerSubset(caller);
	}

	/**
	 * Follows the fallback if there is a remote cluster at the moment of the
	 * subscription.
	 */
	@Override
	public Flux<List<ServiceInstance>> get() {
		return Flux.defer(() -> this.clusters.areSeveral() ? withFallback() : this.delegate.get());
	}

	private Flux<List<ServiceInstance>> withFallback() {
		return Flux.combineLatest(this.delegate.get(), fallback().get(), Lists::new).switchMap((lists) -> {
			List<ServiceInstance> chosen = choose(lists);
			Duration wait = untilFailBack();
			return (wait == null) ? Flux.just(chosen)
					: Flux.just(chosen).concatWith(Mono.delay(wait).map((passed) -> choose(lists)));
		});
	}

	@Override
	@SuppressWarnings("rawtypes")
	public Flux<List<ServiceInstance>> get(Request request) {
		Flux<List<ServiceInstance>> atHome = this.delegate.get(request);
		boolean repeated = UntriedInstanceListSupplier.isRepeated(request);
		if (!this.clusters.areSeveral() || (!repeated && !this.failedOver && this.clusters.areAllUsable())) {
			return atHome;
		}
		return atHome.switchMap((home) -> {
			if (repeated && !home.isEmpty()) {
				return Flux.just(home);
			}
			boolean enough = !this.failedOver && home.size() >= enough();
			return enough ? Flux.just(home)
					: fallback().get(request)
						.map((fallback) -> repeated ? fallback : choose(new Lists(home, fallback)))
						.switchMap((chosen) -> chosen.isEmpty() ? this.lastResort.get(request) : Flux.just(chosen));
		});
	}

	private int enough() {
		return Math.max(1, this.minAvailable
			.forRegistered(this.minAvailable.isPercentage() ? this.clusters.registeredAtHome() : 0));
	}

	private List<ServiceInstance> choose(Lists lists) {
		if (isFailedOver(lists)) {
			return lists.fallback();
		}
		int missing = enough() - lists.home().size();
		return (missing <= 0 || lists.fallback().isEmpty()) ? lists.home()
				: this.filled.get(lists.home(), new Gap(lists.fallback(), missing),
						() -> Stream.concat(lists.home().stream(), this.subset.of(lists.fallback(), missing).stream())
							.toList());
	}

	/** Decides whether the fallback is used instead of home. */
	private synchronized boolean isFailedOver(Lists lists) {
		long now = this.nanoTime.getAsLong();
		boolean before = this.failedOver;
		if (lists.home().isEmpty()) {
			this.backSince = null;
			this.failedOver = !lists.fallback().isEmpty();
		}
		else if (this.failedOver) {
			this.backSince = (this.backSince != null) ? this.backSince : now;
			this.failedOver = !lists.fallback().isEmpty()
					&& now - this.backSince < this.clusters.failBackAfter().toNanos();
		}
		if (this.failedOver != before) {
			report(lists);
		}
		return this.failedOver;
	}

	/** What the status of the instances decides is logged elsewhere. */
	private void report(Lists lists) {
		String what = this.failedOver ? "uses a fallback: each instance at home is ejected, unhealthy or not selected"
				: "uses home again";
		if (!lists.home().isEmpty() || this.clusters.upAtHome() > 0) {
			this.log.log(Level.INFO, getServiceId(), what + ++this.changes,
					() -> "The load balancer of " + getServiceId() + " " + what);
		}
	}

	/** Returns {@code null} if the fallback is not used, or home is still empty. */
	private synchronized @Nullable Duration untilFailBack() {
		return (this.failedOver && this.backSince != null)
				? this.clusters.failBackAfter().minusNanos(this.nanoTime.getAsLong() - this.backSince) : null;
	}

	private synchronized ServiceInstanceListSupplier fallback() {
		ServiceInstanceListSupplier used = this.fallback;
		if (used == null) {
			used = this.fallbacks.get();
			this.fallback = used;
			if (used instanceof InitializingBean bean) {
				try {
					bean.afterPropertiesSet();
				}
				catch (Exception ex) {
					throw new IllegalStateException("The instances of the fallback cannot be followed", ex);
				}
			}
		}
		return used;
	}

	@Override
	public void destroy() throws Exception {
		synchronized (this) {
			if (this.fallback instanceof DisposableBean bean) {
				bean.destroy();
			}
		}
		super.destroy();
	}

	/**
	 * What is known of the clusters and one service.
	 */
	@Internal
	public interface Clusters {

		/**
		 * Whether there is a remote cluster.
		 * @return whether there is one
		 */
		boolean areSeveral();

		/**
		 * Whether all instances at home whose status is {@code UP} can be used: none is
		 * ejected, and nothing else decides.
		 * @return whether all can be used, if there is one at all
		 */
		boolean areAllUsable();

		/**
		 * Counts the instances at home, whatever their status.
		 * @return their number
		 */
		int registeredAtHome();

		/**
		 * Counts the instances at home whose status is {@code UP}.
		 * @return their number
		 */
		int upAtHome();

		/**
		 * Returns how long home must have had an instance before the fallback is left.
		 * @return the time
		 */
		Duration failBackAfter();

	}

	/**
	 * The usable instances.
	 *
	 * @param home those at home
	 * @param fallback those of the fallback
	 */
	private record Lists(List<ServiceInstance> home, List<ServiceInstance> fallback) {

	}

	/**
	 * What fills a gap, equal only for the very same list.
	 *
	 * @param fallback the instances of the fallback
	 * @param missing how many are missing at home
	 */
	private record Gap(List<ServiceInstance> fallback, int missing) {

		@Override
		public boolean equals(Object other) {
			return other instanceof Gap that && this.fallback == that.fallback && this.missing == that.missing;
		}

		@Override
		public int hashCode() {
			return System.identityHashCode(this.fallback) + this.missing;
		}

	}

}
