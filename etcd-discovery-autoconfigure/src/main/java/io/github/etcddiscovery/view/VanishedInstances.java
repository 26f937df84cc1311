package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

	/** Those of the last ttl, oldest first. */
	private final Map<InstanceKey, Vanished<T>> recent = new LinkedHashMap<>();

	private final Map<InstanceKey, Vanished<T>> retained = new LinkedHashMap<>();

	private boolean changed;

	/**
	 * Creates an empty set.
	 * @param prefix where the instances were, for the log
	 * @param ttl how close to each other instances vanish that vanish in a crowd; zero:
	 * none is retained
	 * @param nanoTime the clock
	 */
	VanishedInstances(String prefix, Duration ttl, LongSupplier nanoTime) {
		this.prefix = prefix;
		this.ttl = ttl;
		this.nanoTime = nanoTime;
	}

	/** For how long an instance is retained. */
	Duration time() {
		return this.ttl.plus(GRACE);
	}

	/** An instance that could be called has gone, and had not said that it would. */
	void vanished(InstanceKey key, T instance) {
		if (!this.ttl.isZero()) {
			this.recent.put(key, new Vanished<>(instance, this.nanoTime.getAsLong()));
		}
	}

	/** There is something in its place again. */
	void returned(InstanceKey key) {
		this.recent.remove(key);
		this.changed |= this.retained.remove(key) != null;
	}

	/**
	 * Decides about those that have vanished since it was asked last.
	 * @param left how many instances there are now
	 * @param newHistory whether etcd was wiped or restored
	 * @return whether there are more to retain
	 */
	boolean settle(int left, boolean newHistory) {
		long now = this.nanoTime.getAsLong();
		this.recent.values().removeIf((vanished) -> now - vanished.at() > this.ttl.toNanos());
		int before = left + this.recent.size();
		boolean crowd = before >= LEAST_CROWD && 2 * this.recent.size() >= before;
		if (this.recent.isEmpty() || !(crowd || newHistory)) {
			return false;
		}
		if (this.retained.isEmpty()) {
			logger.warn(
					"{} of {} instances under {} have vanished {}: services that would have none left are served"
							+ " those for {} s",
					this.recent.size(), before, this.prefix,
					newHistory ? "with etcd's history" : "almost at once without deregistering", time().toSeconds());
		}
		this.retained.putAll(this.recent);
		this.recent.clear();
		this.changed = true;
		return true;
	}

	/** Lets go of those whose time is up. */
	void expire() {
		long now = this.nanoTime.getAsLong();
		this.changed |= this.retained.values().removeIf((vanished) -> now - vanished.at() >= time().toNanos());
	}

	/** Whether something has changed since it was asked last. */
	boolean takeChanged() {
		boolean taken = this.changed;
		this.changed = false;
		return taken;
	}

	/** Those retained, by service, sorted by id. */
	Map<String, List<T>> byService() {
		Map<String, TreeMap<String, T>> sorted = new TreeMap<>();
		this.retained.forEach((key, vanished) -> sorted.computeIfAbsent(key.serviceId(), (service) -> new TreeMap<>())
			.put(key.instanceId(), vanished.instance()));
		Map<String, List<T>> lists = new TreeMap<>();
		sorted.forEach((service, instances) -> lists.put(service, List.copyOf(instances.values())));
		return lists;
	}

	/**
	 * An instance that has vanished.
	 */
	private record Vanished<T>(T instance, long at) {

	}

}
