package io.github.etcddiscovery.cloud.loadbalancer;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.support.LimitedLog;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.LoadBalancerProperties;
import org.springframework.cloud.client.loadbalancer.reactive.ReactiveLoadBalancer;
import org.springframework.cloud.loadbalancer.core.DelegatingServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;

/**
 * Supplies only those instances that pass their health checks, as set by
 * {@code spring.cloud.loadbalancer.health-check}. Unlike Spring Cloud's own it checks
 * each instance on its own and keeps the results when others come and go, so a change
 * costs one check and not all of them. A new instance is supplied once it has passed its
 * first check; only where no instance is known to be well are those supplied of which
 * nothing is known yet. Some tens of instances are checked at a time, the others by
 * turns.
 */
@Internal
public final class HealthCheckedInstanceListSupplier extends DelegatingServiceInstanceListSupplier {

	private static final Logger logger = LoggerFactory.getLogger(HealthCheckedInstanceListSupplier.class);

	private static final String DEFAULT_PATH = "/actuator/health";

	/**
	 * How many checks of a service are under way: each takes a connection, and a service
	 * may have thousands of instances that do not answer.
	 */
	private static final int AT_ONCE = 32;

	/**
	 * How many of them may be of instances that did not pass the last check: those that
	 * do not answer must not delay the others.
	 */
	private static final int DOUBTFUL_AT_ONCE = AT_ONCE / 2;

	/** How long a check may take; less if the interval is shorter. */
	private static final Duration LONGEST_CHECK = Duration.ofSeconds(5);

	/** The delay before the list is built again. Building it visits all instances. */
	static final Duration PACE = Duration.ofMillis(20);

	private final LimitedLog log = new LimitedLog(logger, System::nanoTime);

	private final LoadBalancerProperties.HealthCheck settings;

	private final HealthProbe probe;

	private final Sinks.Many<List<ServiceInstance>> supplied = Sinks.many().replay().latest();

	/** Guarded by itself. */
	private final Map<ServiceInstance, Check> checks = new HashMap<>();

	/** Checks whose turn has come, the first one first. Guarded by the checks. */
	private final Queue<Check> due = new ArrayDeque<>();

	/** The same for instances that did not pass the last check. */
	private final Queue<Check> doubtful = new ArrayDeque<>();

	/** Guarded by the checks. */
	private int underWay;

	/** Guarded by the checks. */
	private int doubtfulUnderWay;

	/** Calls of {@code begin()} that the first caller still has to handle. */
	private final AtomicInteger beginning = new AtomicInteger();

	private final AtomicBoolean supplying = new AtomicBoolean();

	private volatile List<ServiceInstance> instances = List.of();

	private boolean anySupplied;

	/** Whether the first choice has waited long enough for a result. */
	private volatile boolean patienceOver;

	/** Ends the first choice's waiting. Begins with the first list of instances. */
	private @Nullable Disposable patience;

	/** Guarded by the checks. */
	private boolean stopped;

	private @Nullable Disposable following;

	/**
	 * Creates a supplier. Checks nothing yet.
	 * @param delegate supplies all instances, and again whenever they change
	 * @param factory knows the settings of the service
	 * @param probe asks an instance
	 */
	public HealthCheckedInstanceListSupplier(ServiceInstanceListSupplier delegate,
			ReactiveLoadBalancer.Factory<ServiceInstance> factory, HealthProbe probe) {
		super(delegate);
		LoadBalancerProperties properties = factory.getProperties(getServiceId());
		this.settings = (properties != null) ? properties.getHealthCheck() : new LoadBalancerProperties.HealthCheck();
		this.probe = probe;
	}

	@Override
	public void afterPropertiesSet() throws Exception {
		super.afterPropertiesSet();
		if (this.following != null) {
			// The one that skips the instance tried before passes this call on as well.
			return;
		}
		this.following = getDelegate().get().delaySubscription(this.settings.getInitialDelay()).subscribe(this::follow);
	}

	/**
	 * Checks no more. What the last checks have found stays: requests that are finished
	 * before an application ends still call others.
	 */
	public void stop() {
		synchronized (this.checks) {
			this.stopped = true;
			this.checks.values().forEach(Check::end);
			this.due.clear();
			this.doubtful.clear();
		}
	}

	@Override
	public void destroy() throws Exception {
		stop();
		Disposable last = this.following;
		if (last != null) {
			last.dispose();
		}
		synchronized (this) {
			if (this.patience != null) {
				this.patience.dispose();
			}
		}
		super.destroy();
	}

	@Override
	public Flux<List<ServiceInstance>> get() {
		return this.supplied.asFlux();
	}

	private synchronized void follow(List<ServiceInstance> current) {
		Set<ServiceInstance> kept = new HashSet<>(current);
		synchronized (this.checks) {
			// First, because each check that is cancelled below starts a queued one.
			List.of(this.due, this.doubtful)
				.forEach((queue) -> queue.removeIf((check) -> !kept.contains(check.instance)));
			this.checks.entrySet().removeIf((entry) -> {
				boolean gone = !kept.contains(entry.getKey());
				if (gone) {
					entry.getValue().end();
				}
				return gone;
			});
			current.stream().filter((instance) -> !this.checks.containsKey(instance)).forEach((instance) -> {
				Check check = new Check(instance);
				this.checks.put(instance, check);
				this.due.add(check);
			});
		}
		this.instances = current;
		supply();
		begin();
		if (this.patience == null) {
			this.patience = Schedulers.parallel().schedule(() -> {
				this.patienceOver = true;
				supply();
			}, LONGEST_CHECK.toMillis(), TimeUnit.MILLISECONDS);
		}
	}

	/**
	 * Begins the checks whose turn has come, as many as there may be. One caller at a
	 * time does so for all, since a check may end at once and call again.
	 */
	private void begin() {
		if (this.beginning.getAndIncrement() > 0) {
			return;
		}
		int callers = 1;
		do {
			for (Check check = nextDue(); check != null; check = nextDue()) {
				begin(check);
			}
			callers = this.beginning.addAndGet(-callers);
		}
		while (callers > 0);
	}

	/** A check that cannot begin must not keep all others from being made. */
	private void begin(Check check) {
		try {
			check.begin();
		}
		catch (Throwable ex) {
			logger.error("Unexpected error in the health check of {}", check.instance, ex);
			ended(check);
		}
	}

	private @Nullable Check nextDue() {
		synchronized (this.checks) {
			if (this.stopped || this.underWay >= AT_ONCE) {
				return null;
			}
			Check next = this.due.poll();
			if (next == null && this.doubtfulUnderWay < DOUBTFUL_AT_ONCE) {
				next = this.doubtful.poll();
			}
			if (next != null) {
				count(next, 1);
			}
			return next;
		}
	}

	private void count(Check check, int change) {
		this.underWay += change;
		this.doubtfulUnderWay += check.isDoubtful ? change : 0;
	}

	private void ended(Check check) {
		synchronized (this.checks) {
			count(check, -1);
			check.isDoubtful = Boolean.FALSE.equals(check.result);
		}
		if (this.settings.getRepeatHealthCheck()) {
			check.repeatIn(this.settings.getInterval());
		}
		begin();
	}

	private void supplySoon() {
		if (this.supplying.compareAndSet(false, true)) {
			Schedulers.parallel().schedule(() -> {
				this.supplying.set(false);
				supply();
			}, PACE.toMillis(), TimeUnit.MILLISECONDS);
		}
	}

	/** Under the lock, so that the last call emits the newest list. */
	private void supply() {
		synchronized (this.supplied) {
			List<ServiceInstance> chosen = choose();
			if (chosen != null) {
				this.anySupplied = true;
				this.supplied.tryEmitNext(chosen);
			}
		}
	}

	/** Returns {@code null} while the first choice waits for a result. */
	private @Nullable List<ServiceInstance> choose() {
		List<ServiceInstance> all = this.instances;
		Map<ServiceInstance, Boolean> results = new HashMap<>();
		synchronized (this.checks) {
			this.checks.forEach((instance, check) -> {
				if (check.result != null) {
					results.put(instance, check.result);
				}
			});
		}
		List<ServiceInstance> well = all.stream().filter((instance) -> results.getOrDefault(instance, false)).toList();
		if (!well.isEmpty()) {
			return well;
		}
		List<ServiceInstance> unknown = all.stream().filter((instance) -> !results.containsKey(instance)).toList();
		return (unknown.isEmpty() || this.anySupplied || this.patienceOver) ? unknown : null;
	}

	/**
	 * The checks of one instance.
	 */
	private final class Check {

		private final ServiceInstance instance;

		private final Disposable.Swap underWay = Disposables.swap();

		private final Disposable.Swap pause = Disposables.swap();

		/** What came of the last one, {@code null} before the first. */
		private volatile @Nullable Boolean result;

		/**
		 * Whether it is, or will be, among the doubtful ones. Guarded by the checks.
		 */
		private boolean isDoubtful;

		Check(ServiceInstance instance) {
			this.instance = instance;
		}

		void begin() {
			Duration interval = HealthCheckedInstanceListSupplier.this.settings.getInterval();
			this.underWay.update(Mono.defer(this::ask)
				.timeout((interval.compareTo(LONGEST_CHECK) < 0) ? interval : LONGEST_CHECK)
				.defaultIfEmpty(false)
				.onErrorResume(this::failed)
				.doFinally((signal) -> ended(this))
				.subscribe(this::found));
		}

		void repeatIn(Duration interval) {
			this.pause.update(Mono.delay(interval).subscribe((passed) -> {
				synchronized (HealthCheckedInstanceListSupplier.this.checks) {
					(this.isDoubtful ? HealthCheckedInstanceListSupplier.this.doubtful
							: HealthCheckedInstanceListSupplier.this.due)
						.add(this);
				}
				HealthCheckedInstanceListSupplier.this.begin();
			}));
		}

		/** A check under way is cancelled, which closes its connection. */
		void end() {
			this.pause.dispose();
			this.underWay.dispose();
		}

		private Mono<Boolean> ask() {
			LoadBalancerProperties.HealthCheck settings = HealthCheckedInstanceListSupplier.this.settings;
			String own = settings.getPath().get(getServiceId());
			if (own != null && own.isBlank()) {
				return Mono.just(true);
			}
			String path = (own != null) ? own : settings.getPath().getOrDefault("default", DEFAULT_PATH);
			Integer port = settings.getPort();
			URI uri = URI
				.create("%s://%s:%d%s%s".formatted(this.instance.isSecure() ? "https" : "http", this.instance.getHost(),
						(port != null) ? port : this.instance.getPort(), path.startsWith("/") ? "" : "/", path));
			return HealthCheckedInstanceListSupplier.this.probe.isWell(uri);
		}

		private Mono<Boolean> failed(Throwable cause) {
			logger.debug("The health check of {} failed", this.instance, cause);
			return Mono.just(false);
		}

		private void found(boolean well) {
			Boolean before = this.result;
			this.result = well;
			if (before == null || before != well) {
				if (before != null) {
					String line = "Health check of %s: now %s".formatted(this.instance, well ? "healthy" : "unhealthy");
					HealthCheckedInstanceListSupplier.this.log.log(Level.INFO, getServiceId(), line, () -> line);
				}
				supplySoon();
			}
		}

	}

}
