package io.github.etcddiscovery.cloud.loadbalancer;

import java.time.Duration;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.github.etcddiscovery.Internal;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.loadbalancer.core.DelegatingServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;

/**
 * Supplies the instances at home, and those of a fallback cluster while home has none. If
 * home has too few, some of the fallback fill the gap. Used where more than the status
 * decides which instances at home can be used, such as health checks. Safe to use from
 * any thread.
 */
@Internal
public final class FallbackInstanceListSupplier extends DelegatingServiceInstanceListSupplier {

	private final Supplier<ServiceInstanceListSupplier> fallbacks;

	private final MinAvailable minAvailable;

	private final IntSupplier registered;

	private final Supplier<Duration> failBackAfter;

	private final LongSupplier nanoTime;

	private final CallerSubset subset;

	private final RecentLists<Gap> filled = new RecentLists<>();

	/** Created when home has too few instances for the first time. Guarded by this. */
	private @Nullable ServiceInstanceListSupplier fallback;

	/** Whether the fallback is used instead of home. Written under the lock. */
	private volatile boolean failedOver;

	/** When home had an instance again. Guarded by this. */
	private @Nullable Long backSince;

	/**
	 * Creates a supplier.
	 * @param home supplies the usable instances at home
	 * @param fallbacks creates the supplier of the usable instances of the fallback
	 * @param minAvailable how many instances are enough
	 * @param registered returns how many instances are registered at home, whatever their
	 * status
	 * @param failBackAfter returns how long home must have had an instance before the
	 * fallback is left
	 * @param caller a number that differs from caller to caller
	 */
	public FallbackInstanceListSupplier(ServiceInstanceListSupplier home,
			Supplier<ServiceInstanceListSupplier> fallbacks, MinAvailable minAvailable, IntSupplier registered,
			Supplier<Duration> failBackAfter, long caller) {
		this(home, fallbacks, minAvailable, registered, failBackAfter, caller, System::nanoTime);
	}

	FallbackInstanceListSupplier(ServiceInstanceListSupplier home, Supplier<ServiceInstanceListSupplier> fallbacks,
			MinAvailable minAvailable, IntSupplier registered, Supplier<Duration> failBackAfter, long caller,
			LongSupplier nanoTime) {
		super(home);
		this.fallbacks = fallbacks;
		this.minAvailable = minAvailable;
		this.registered = registered;
		this.failBackAfter = failBackAfter;
		this.nanoTime = nanoTime;
		this.subset = new CallerSubset(caller);
	}

	@Override
	public Flux<List<ServiceInstance>> get() {
		return Flux.combineLatest(this.delegate.get(), Flux.defer(() -> fallback().get()), Lists::new)
			.switchMap((lists) -> {
				List<ServiceInstance> chosen = choose(lists);
				Duration wait = untilFailBack();
				return (wait == null) ? Flux.just(chosen)
						: Flux.just(chosen).concatWith(Mono.delay(wait).map((passed) -> choose(lists)));
			});
	}

	@Override
	@SuppressWarnings("rawtypes")
	public Flux<List<ServiceInstance>> get(Request request) {
		return this.delegate.get(request)
			.switchMap((home) -> (!this.failedOver && home.size() >= enough()) ? Flux.just(home)
					: fallback().get(request).map((fallback) -> choose(new Lists(home, fallback))));
	}

	private int enough() {
		return Math.max(1,
				this.minAvailable.forRegistered(this.minAvailable.isPercentage() ? this.registered.getAsInt() : 0));
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
		if (lists.home().isEmpty()) {
			this.backSince = null;
			this.failedOver = !lists.fallback().isEmpty();
		}
		else if (this.failedOver) {
			this.backSince = (this.backSince != null) ? this.backSince : now;
			this.failedOver = !lists.fallback().isEmpty() && now - this.backSince < this.failBackAfter.get().toNanos();
		}
		return this.failedOver;
	}

	/** Returns {@code null} if the fallback is not used, or home is still empty. */
	private synchronized @Nullable Duration untilFailBack() {
		return (this.failedOver && this.backSince != null)
				? this.failBackAfter.get().minusNanos(this.nanoTime.getAsLong() - this.backSince) : null;
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
