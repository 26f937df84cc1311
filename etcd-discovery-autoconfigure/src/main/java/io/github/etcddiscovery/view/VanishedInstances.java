package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;

import io.github.etcddiscovery.instance.InstanceKey;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Instances that vanished in a crowd, without having deregistered: because etcd was wiped
 * or restored, or let the leases of half a fleet run out whose owners live. They are kept
 * for a while, to be served where a service would be left without any. Belongs to one
 * thread and does no I/O.
 *
 * @param <T> what the view holds of an instance
 */
final class VanishedInstances<T> {

	private static final Logger logger = LoggerFactory.getLogger(ServiceView.class);

	/** Of fewer, half may well have died by themselves. */
	private static final int LEAST_CROWD = 10;

	/** Longer than it takes an instance that lives to notice its loss and come back. */
	private static final Duration GRACE = Duration.ofSeconds(15);

	private final String prefix;

	private final Duration ttl;

	private final LongSupplier nanoTime;

	/** Limits what a process can retain here by putting and deleting keys. */
	private final InstanceQuota quota;

	/** Those of the last ttl that are not retained, oldest first. */
	private final Map<InstanceKey, Vanished<T>> recent = new LinkedHashMap<>();

	/** Oldest first. */
	private final Map<InstanceKey, Vanished<T>> retained = new LinkedHashMap<>();

	private final Map<String, TreeMap<String, T>> retainedByService = new HashMap<>();

	/** How many of a service have vanished: recent and retained ones. */
	private final Map<String, Integer> goneByService = new HashMap<>();

	private final Set<String> changedServices = new HashSet<>();

	/**
	 * Creates an empty set.
	 * @param prefix where the instances were, for the log
	 * @param ttl how close to each other instances vanish that vanish in a crowd; zero:
	 * none is retained
	 * @param limits how many are remembered at most
	 * @param nanoTime the clock
	 */
	VanishedInstances(String prefix, Duration ttl, InstanceLimits limits, LongSupplier nanoTime) {
		this.prefix = prefix;
		this.ttl = ttl;
		this.nanoTime = nanoTime;
		this.quota = new InstanceQuota(limits);
	}

	/** An instance that could be called has gone, and had not said that it would. */
	void vanished(InstanceKey key, T instance) {
		if (!this.ttl.isZero() && this.quota.isLeft(key.serviceId())) {
			this.quota.take(key.serviceId());
			this.goneByService.merge(key.serviceId(), 1, Integer::sum);
			this.recent.put(key, new Vanished<>(instance, this.nanoTime.getAsLong()));
		}
	}

	/** There is something in its place again. */
	void returned(InstanceKey key) {
		if (this.recent.remove(key) != null) {
			forget(key.serviceId());
		}
		if (this.retained.remove(key) != null) {
			letGo(key);
		}
	}

	/**
	 * Decides about those that have vanished since it was asked last.
	 * @param left how many instances there are now
	 * @param leftOf how many a service has now
	 * @param newHistory whether etcd was wiped or restored
	 */
	void settle(int left, ToIntFunction<String> leftOf, boolean newHistory) {
		forgetThoseOfLongAgo();
		if (this.recent.isEmpty()) {
			return;
		}
		int gone = this.recent.size() + this.retained.size();
		boolean none = this.retained.isEmpty();
		Set<String> crowds = newHistory ? this.goneByService.keySet() : crowds(left, leftOf, gone);
		Iterator<Map.Entry<InstanceKey, Vanished<T>>> vanished = this.recent.entrySet().iterator();
		while (vanished.hasNext()) {
			Map.Entry<InstanceKey, Vanished<T>> next = vanished.next();
			if (crowds.contains(next.getKey().serviceId())) {
				vanished.remove();
				retain(next.getKey(), next.getValue());
			}
		}
		if (none && !this.retained.isEmpty()) {
			logger.warn(
					"{} of {} instances under {} have vanished {}: services that would have none left are served"
							+ " those for {} s",
					gone, left + gone, this.prefix,
					newHistory ? "with etcd's history" : "almost at once without deregistering", time().toSeconds());
		}
	}

	/**
	 * Names the services whose instances have vanished in a crowd. The threshold must be
	 * met also when any one other service is not counted. Otherwise deleting one large
	 * service would make dead instances of other services look like a crowd.
	 */
	private Set<String> crowds(int left, ToIntFunction<String> leftOf, int gone) {
		List<String> most = this.goneByService.entrySet()
			.stream()
			.sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
			.limit(2)
			.map(Map.Entry::getKey)
			.toList();
		Set<String> crowds = new HashSet<>();
		for (String service : this.goneByService.keySet()) {
			String other = !service.equals(most.get(0)) ? most.get(0) : (most.size() > 1) ? most.get(1) : null;
			int goneOfOther = (other != null) ? this.goneByService.getOrDefault(other, 0) : 0;
			int leftOfOther = (other != null) ? leftOf.applyAsInt(other) : 0;
			if (isCrowd(left - leftOfOther, gone - goneOfOther)) {
				crowds.add(service);
			}
		}
		return crowds;
	}

	private static boolean isCrowd(int left, int gone) {
		return left + gone >= LEAST_CROWD && 2 * gone >= left + gone;
	}

	private void retain(InstanceKey key, Vanished<T> vanished) {
		this.retained.put(key, vanished);
		this.retainedByService.computeIfAbsent(key.serviceId(), (service) -> new TreeMap<>())
			.put(key.instanceId(), vanished.instance());
		this.changedServices.add(key.serviceId());
	}

	private void forgetThoseOfLongAgo() {
		long now = this.nanoTime.getAsLong();
		Iterator<Map.Entry<InstanceKey, Vanished<T>>> oldestFirst = this.recent.entrySet().iterator();
		while (oldestFirst.hasNext()) {
			Map.Entry<InstanceKey, Vanished<T>> oldest = oldestFirst.next();
			if (now - oldest.getValue().at() <= this.ttl.toNanos()) {
				return;
			}
			oldestFirst.remove();
			forget(oldest.getKey().serviceId());
		}
	}

	private void forget(String serviceId) {
		this.quota.giveBack(serviceId);
		this.goneByService.merge(serviceId, -1, (count, change) -> (count > 1) ? count - 1 : null);
	}

	/** For how long an instance is retained. */
	private Duration time() {
		return this.ttl.plus(GRACE);
	}

	/** In which time the next is to be let go of, zero if there is none. */
	Duration untilNextExpiry() {
		Iterator<Vanished<T>> oldestFirst = this.retained.values().iterator();
		return oldestFirst.hasNext()
				? Duration.ofNanos(Math.max(1, oldestFirst.next().at() + time().toNanos() - this.nanoTime.getAsLong()))
				: Duration.ZERO;
	}

	/** Lets go of those whose time is up. */
	void expire() {
		long now = this.nanoTime.getAsLong();
		Iterator<Map.Entry<InstanceKey, Vanished<T>>> oldestFirst = this.retained.entrySet().iterator();
		while (oldestFirst.hasNext()) {
			Map.Entry<InstanceKey, Vanished<T>> oldest = oldestFirst.next();
			if (now - oldest.getValue().at() < time().toNanos()) {
				return;
			}
			oldestFirst.remove();
			letGo(oldest.getKey());
		}
	}

	private void letGo(InstanceKey key) {
		forget(key.serviceId());
		TreeMap<String, T> ofTheService = this.retainedByService.get(key.serviceId());
		if (ofTheService != null) {
			ofTheService.remove(key.instanceId());
			this.changedServices.add(key.serviceId());
		}
	}

	/**
	 * Returns what has changed since it was asked last: those retained of a service,
	 * sorted by id, {@code null} for none any more.
	 */
	Map<String, @Nullable List<T>> takeChanges() {
		if (this.changedServices.isEmpty()) {
			return Map.of();
		}
		Map<String, @Nullable List<T>> changes = new HashMap<>();
		for (String service : this.changedServices) {
			TreeMap<String, T> instances = this.retainedByService.get(service);
			if (instances == null || instances.isEmpty()) {
				this.retainedByService.remove(service);
				changes.put(service, null);
			}
			else {
				changes.put(service, List.copyOf(instances.values()));
			}
		}
		this.changedServices.clear();
		return changes;
	}

	/**
	 * An instance that has vanished.
	 */
	private record Vanished<T>(T instance, long at) {

	}

}
