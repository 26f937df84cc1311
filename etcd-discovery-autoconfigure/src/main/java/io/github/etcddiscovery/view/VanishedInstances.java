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

import io.github.etcddiscovery.instance.InstanceKey;
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

	/** Or whoever puts and deletes would fill the memory. */
	private final Room room;

	/** Those of the last ttl that are not retained, oldest first. */
	private final Map<InstanceKey, Vanished<T>> recent = new LinkedHashMap<>();

	/** Oldest first. */
	private final Map<InstanceKey, Vanished<T>> retained = new LinkedHashMap<>();

	private final Map<String, TreeMap<String, T>> retainedByService = new HashMap<>();

	/** Made anew for a service only if one of its instances has come or gone. */
	private final Map<String, List<T>> lists = new HashMap<>();

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
		this.room = new Room(limits);
	}

	/** An instance that could be called has gone, and had not said that it would. */
	void vanished(InstanceKey key, T instance) {
		if (!this.ttl.isZero() && this.room.isLeft(key.serviceId())) {
			this.room.take(key.serviceId());
			this.recent.put(key, new Vanished<>(instance, this.nanoTime.getAsLong()));
		}
	}

	/** There is something in its place again. */
	void returned(InstanceKey key) {
		if (this.recent.remove(key) != null) {
			this.room.giveBack(key.serviceId());
		}
		if (this.retained.remove(key) != null) {
			letGo(key);
		}
	}

	/**
	 * Decides about those that have vanished since it was asked last.
	 * @param left how many instances there are now
	 * @param newHistory whether etcd was wiped or restored
	 */
	void settle(int left, boolean newHistory) {
		forgetThoseOfLongAgo();
		int gone = this.recent.size() + this.retained.size();
		boolean crowd = left + gone >= LEAST_CROWD && 2 * gone >= left + gone;
		if (this.recent.isEmpty() || !(crowd || newHistory)) {
			return;
		}
		if (this.retained.isEmpty()) {
			logger.warn(
					"{} of {} instances under {} have vanished {}: services that would have none left are served"
							+ " those for {} s",
					gone, left + gone, this.prefix,
					newHistory ? "with etcd's history" : "almost at once without deregistering", time().toSeconds());
		}
		this.recent.forEach((key, vanished) -> {
			this.retained.put(key, vanished);
			this.retainedByService.computeIfAbsent(key.serviceId(), (service) -> new TreeMap<>())
				.put(key.instanceId(), vanished.instance());
			this.changedServices.add(key.serviceId());
		});
		this.recent.clear();
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
			this.room.giveBack(oldest.getKey().serviceId());
		}
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
		this.room.giveBack(key.serviceId());
		TreeMap<String, T> ofTheService = this.retainedByService.get(key.serviceId());
		if (ofTheService != null) {
			ofTheService.remove(key.instanceId());
			this.changedServices.add(key.serviceId());
		}
	}

	/** Whether something has changed since {@link #byService()} was asked last. */
	boolean hasChanged() {
		return !this.changedServices.isEmpty();
	}

	/**
	 * Those retained, by service, sorted by id. Of a service of which nothing has changed
	 * the same list as before.
	 */
	Map<String, List<T>> byService() {
		for (String service : this.changedServices) {
			TreeMap<String, T> instances = this.retainedByService.getOrDefault(service, new TreeMap<>());
			if (instances.isEmpty()) {
				this.retainedByService.remove(service);
				this.lists.remove(service);
			}
			else {
				this.lists.put(service, List.copyOf(instances.values()));
			}
		}
		this.changedServices.clear();
		return Map.copyOf(this.lists);
	}

	/**
	 * An instance that has vanished.
	 */
	private record Vanished<T>(T instance, long at) {

	}

}
