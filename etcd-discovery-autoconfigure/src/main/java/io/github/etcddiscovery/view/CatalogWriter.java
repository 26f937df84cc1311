package io.github.etcddiscovery.view;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.KeyRange;
import io.github.etcddiscovery.view.Catalog.Position;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes catalogs of the changes in all ranges. A service is kept in one range only, so
 * ranges do not get into each other's way. Belongs to one thread and does no I/O.
 *
 * @param <T> what the view holds of an instance
 */
final class CatalogWriter<T> {

	private static final Logger logger = LoggerFactory.getLogger(ServiceView.class);

	private final List<KeyRange> ranges;

	private final Predicate<T> availability;

	private final Map<String, Integer> instancesByService = new HashMap<>();

	/**
	 * Differences since the last catalog: service, instance id, instance or {@code null}.
	 */
	private final Map<String, Map<String, @Nullable T>> touched = new HashMap<>();

	private final List<Position> positions;

	/** What is retained since the last catalog, by service; {@code null} for nothing. */
	private final Map<String, @Nullable List<T>> retained = new HashMap<>();

	/** The services whose retained instances come from a snapshot. */
	private final Set<String> restored = new HashSet<>();

	private ViewCatalog<T> catalog;

	CatalogWriter(List<KeyRange> ranges, Predicate<T> availability) {
		this.ranges = List.copyOf(ranges);
		this.availability = availability;
		this.positions = new ArrayList<>(ranges.stream().map((range) -> new Position(range.prefix(), 0, 0)).toList());
		this.catalog = new ViewCatalog<>(this.ranges, List.copyOf(this.positions), ServiceMap.none(),
				ServiceMap.none());
	}

	ViewCatalog<T> catalog() {
		return this.catalog;
	}

	/**
	 * Takes note of a change.
	 * @param key which instance
	 * @param before what was held of it, {@code null} if nothing
	 * @param after what is to be held of it, {@code null} if nothing
	 */
	void touch(InstanceKey key, @Nullable T before, @Nullable T after) {
		int difference = ((after != null) ? 1 : 0) - ((before != null) ? 1 : 0);
		this.instancesByService.merge(key.serviceId(), difference,
				(count, change) -> (count + change != 0) ? count + change : null);
		this.touched.computeIfAbsent(key.serviceId(), (service) -> new HashMap<>()).put(key.instanceId(), after);
	}

	/** Whether an instance may be called; what throws when it is asked may not. */
	boolean isAvailable(T instance) {
		try {
			return this.availability.test(instance);
		}
		catch (RuntimeException ex) {
			logger.debug("Not known whether {} may be called", instance, ex);
			return false;
		}
	}

	/** Counts the instances of a service, whatever their status. */
	int instances(String service) {
		return this.instancesByService.getOrDefault(service, 0);
	}

	/**
	 * Takes note of what is to be served where there is nothing else.
	 * @param changes the instances of services, {@code null} for none any more
	 */
	void retain(Map<String, @Nullable List<T>> changes) {
		this.retained.putAll(changes);
	}

	/** Retains instances of services that have not been read yet. */
	void restore(Map<String, List<T>> instances) {
		this.retained.putAll(instances);
		this.restored.addAll(instances.keySet());
	}

	/** Drops what was restored of some services. */
	void dropRestored(Predicate<String> services) {
		this.restored.removeIf((service) -> {
			boolean dropped = services.test(service);
			if (dropped) {
				this.retained.put(service, null);
			}
			return dropped;
		});
	}

	/**
	 * Makes a catalog of all that happened since the last one.
	 * @param range the index of the range in which it happened
	 * @param epoch how many histories have been seen there
	 * @param revision up to which all changes there are in
	 */
	ViewCatalog<T> publish(int range, long epoch, long revision) {
		this.positions.set(range, new Position(this.positions.get(range).prefix(), epoch, revision));
		return publish();
	}

	/** Makes a catalog of what has changed at the same positions. */
	ViewCatalog<T> publish() {
		ServiceMap<ServiceSnapshot<T>> snapshots = this.catalog.snapshots();
		ServiceMap<List<T>> kept = this.catalog.retainedByService();
		if (!this.retained.isEmpty()) {
			kept = kept.with(this.retained);
			this.retained.clear();
		}
		if (!this.touched.isEmpty()) {
			Map<String, @Nullable ServiceSnapshot<T>> changes = new HashMap<>();
			for (Map.Entry<String, Map<String, @Nullable T>> touched : this.touched.entrySet()) {
				String service = touched.getKey();
				ServiceSnapshot<T> before = snapshots.get(service);
				changes.put(service,
						this.instancesByService.containsKey(service)
								? ((before != null) ? before : ServiceSnapshot.empty(this.availability))
									.with(touched.getValue())
								: null);
			}
			snapshots = snapshots.with(changes);
			this.touched.clear();
		}
		this.catalog = new ViewCatalog<>(this.ranges, List.copyOf(this.positions), snapshots, kept);
		return this.catalog;
	}

}
