package io.github.etcddiscovery.cloud.loadbalancer;

import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

import io.github.etcddiscovery.support.LimitedLog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

import org.springframework.cloud.client.ServiceInstance;

/**
 * The instances of one service to which calls failed, and the ejected instances among
 * them. Safe to use from any thread. A choice takes a lock only when an ejection has just
 * ended. The report of a response takes one only while there are failures to remember.
 */
final class Outliers {

	private static final Logger logger = LoggerFactory.getLogger(OutlierDetection.class);

	/** A failure older than this, and older than the longest ejection, is forgotten. */
	private static final long MEMORY = TimeUnit.MINUTES.toNanos(1);

	private final LimitedLog log;

	private final String serviceId;

	private final OutlierSettings settings;

	private final IntSupplier available;

	private final BooleanSupplier elsewhere;

	private final LongSupplier nanoTime;

	private final Runnable ejected;

	/** In the order of their last failures. Guarded by this. */
	private final Map<InstanceAddress, Suspect> suspects = new LinkedHashMap<>();

	private final RecentLists<Ejections> lists = new RecentLists<>();

	private final RecentLists<Ejections> unlimitedLists = new RecentLists<>();

	/** Whether there are suspects. */
	private volatile boolean suspicious;

	private volatile Ejections ejections = Ejections.NONE;

	/**
	 * Creates an empty set.
	 * @param serviceId the service
	 * @param settings when an instance is ejected
	 * @param available returns the number of available instances
	 * @param elsewhere returns whether callers can use another cluster instead, so that
	 * all instances at home may be ejected
	 * @param nanoTime the clock
	 * @param ejected runs at each ejection, under the lock of this object
	 */
	Outliers(String serviceId, OutlierSettings settings, IntSupplier available, BooleanSupplier elsewhere,
			LongSupplier nanoTime, Runnable ejected) {
		this.log = new LimitedLog(logger, nanoTime);
		this.serviceId = serviceId;
		this.settings = settings;
		this.available = available;
		this.elsewhere = elsewhere;
		this.nanoTime = nanoTime;
		this.ejected = ejected;
	}

	/**
	 * Whether no instance is ejected.
	 */
	boolean noneEjected() {
		return current().isEmpty();
	}

	/**
	 * Returns a list without the ejected instances. If they are more than the allowed
	 * share of the list, only that share is left out.
	 */
	List<ServiceInstance> leaveOut(List<ServiceInstance> instances) {
		Ejections current = current();
		return current.isEmpty() ? instances
				: this.lists.get(instances, current, () -> leaveOut(current, instances, most(instances.size())));
	}

	/**
	 * Returns a list without the ejected instances, which may be all of them.
	 */
	List<ServiceInstance> leaveOutAll(List<ServiceInstance> instances) {
		Ejections current = current();
		return current.isEmpty() ? instances
				: this.unlimitedLists.get(instances, current, () -> leaveOut(current, instances, instances.size()));
	}

	/** Whether callers can use another cluster instead. */
	boolean isElsewhere() {
		return this.elsewhere.getAsBoolean();
	}

	private static List<ServiceInstance> leaveOut(Ejections current, List<ServiceInstance> instances, int most) {
		Set<InstanceAddress> present = instances.stream().map(InstanceAddress::of).collect(Collectors.toSet());
		Set<InstanceAddress> left = current.ends()
			.keySet()
			.stream()
			.filter(present::contains)
			.limit(most)
			.collect(Collectors.toSet());
		return left.isEmpty() ? instances
				: instances.stream().filter((instance) -> !left.contains(InstanceAddress.of(instance))).toList();
	}

	private int most(int instances) {
		return (int) ((long) instances * this.settings.maxEjectionPercent() / 100);
	}

	/** Returns the ejected instances and the end of each ejection, by the clock. */
	Map<InstanceAddress, Long> ends() {
		return current().ends();
	}

	private Ejections current() {
		Ejections known = this.ejections;
		if (known.isEmpty() || this.nanoTime.getAsLong() - known.firstEnd() < 0) {
			return known;
		}
		synchronized (this) {
			return update();
		}
	}

	/**
	 * Records a successful response.
	 */
	void succeeded(ServiceInstance instance) {
		if (!this.suspicious) {
			return;
		}
		synchronized (this) {
			if (this.suspects.remove(InstanceAddress.of(instance)) != null) {
				update();
			}
		}
	}

	/**
	 * Records a connection that could not be made.
	 * @param instance the instance
	 * @param reason why not
	 */
	synchronized void failedToConnect(ServiceInstance instance, Throwable reason) {
		eject(instance, suspect(instance), "no connection (" + reason.getClass().getSimpleName() + ")");
	}

	/**
	 * Records a response with a status of 500 or more.
	 */
	synchronized void answered5xx(ServiceInstance instance) {
		Suspect suspect = suspect(instance);
		suspect.timeouts = 0;
		if (++suspect.errors >= this.settings.consecutive5xx()) {
			suspect.errors = 0;
			eject(instance, suspect, this.settings.consecutive5xx() + " consecutive 5xx responses");
		}
	}

	/**
	 * Records a read timeout.
	 */
	synchronized void timedOut(ServiceInstance instance) {
		Suspect suspect = suspect(instance);
		suspect.errors = 0;
		if (++suspect.timeouts >= this.settings.consecutiveTimeouts()) {
			suspect.timeouts = 0;
			eject(instance, suspect, this.settings.consecutiveTimeouts() + " consecutive timeouts");
		}
	}

	private Suspect suspect(ServiceInstance instance) {
		forget();
		InstanceAddress address = InstanceAddress.of(instance);
		Suspect suspect = this.suspects.remove(address);
		if (suspect == null) {
			suspect = new Suspect();
		}
		suspect.lastFailure = this.nanoTime.getAsLong();
		this.suspects.put(address, suspect);
		this.suspicious = true;
		return suspect;
	}

	/** Removes old entries: an instance that has left never reports a success. */
	private void forget() {
		long memory = Math.max(MEMORY, 2 * this.settings.maxEjectionTime().toNanos());
		Iterator<Suspect> oldest = this.suspects.values().iterator();
		while (oldest.hasNext() && this.nanoTime.getAsLong() - oldest.next().lastFailure > memory) {
			oldest.remove();
		}
	}

	private void eject(ServiceInstance instance, Suspect suspect, String reason) {
		long now = this.nanoTime.getAsLong();
		// A call that was under way already does not count again.
		if ((suspect.isEjected && now - suspect.end < 0)
				|| (!isElsewhere() && update().ends().size() >= most(this.available.getAsInt()))) {
			return;
		}
		long time = ejectionTime(suspect.times);
		suspect.times++;
		suspect.isEjected = true;
		suspect.end = now + time;
		update();
		this.ejected.run();
		InstanceAddress address = InstanceAddress.of(instance);
		this.log.log(Level.INFO, this.serviceId, address.toString(),
				() -> "Ejected %s at %s for %d ms: %s. See spring.cloud.etcd.discovery.outlier"
					.formatted(this.serviceId, address, TimeUnit.NANOSECONDS.toMillis(time), reason));
	}

	/** Doubles the time without overflow. */
	private long ejectionTime(int times) {
		long base = this.settings.baseEjectionTime().toNanos();
		long longest = this.settings.maxEjectionTime().toNanos();
		return (base > longest >> Math.min(times, Long.SIZE - 1)) ? longest : base << times;
	}

	private Ejections update() {
		long now = this.nanoTime.getAsLong();
		Map<InstanceAddress, Long> ends = new LinkedHashMap<>();
		this.suspects.forEach((address, suspect) -> {
			suspect.isEjected &= now - suspect.end < 0;
			if (suspect.isEjected) {
				ends.put(address, suspect.end);
			}
		});
		this.suspicious = !this.suspects.isEmpty();
		if (!ends.equals(this.ejections.ends())) {
			this.ejections = new Ejections(Collections.unmodifiableMap(ends),
					ends.values().stream().mapToLong(Long::longValue).min().orElse(0));
		}
		return this.ejections;
	}

	/**
	 * What is known of an instance to which a call failed.
	 */
	private static final class Suspect {

		private long lastFailure;

		/** The number of ejections since the last success. */
		private int times;

		private boolean isEjected;

		private long end;

		private int errors;

		private int timeouts;

	}

	/**
	 * The ejected instances. Equal only to the very same object.
	 */
	private static final class Ejections {

		static final Ejections NONE = new Ejections(Map.of(), 0);

		private final Map<InstanceAddress, Long> ends;

		private final long firstEnd;

		Ejections(Map<InstanceAddress, Long> ends, long firstEnd) {
			this.ends = ends;
			this.firstEnd = firstEnd;
		}

		Map<InstanceAddress, Long> ends() {
			return this.ends;
		}

		long firstEnd() {
			return this.firstEnd;
		}

		boolean isEmpty() {
			return this.ends.isEmpty();
		}

	}

}
