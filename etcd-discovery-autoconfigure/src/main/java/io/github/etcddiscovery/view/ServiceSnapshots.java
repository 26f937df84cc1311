package io.github.etcddiscovery.view;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;

/**
 * The instances of all services at one moment. Immutable to whoever looks at it. They are
 * spread over many small maps, and a change copies only those that it is in, so that it
 * costs the same whether there are ten services or ten thousand. Their names are sorted
 * by the first reader who asks for them.
 *
 * @param <T> what the view holds of an instance
 */
final class ServiceSnapshots<T> {

	/** Of a hundred thousand services each then has some four hundred. */
	private static final int MAPS = 256;

	private final List<Map<String, ServiceSnapshot<T>>> maps;

	/** Shared by all that have the same services; {@code null} in it until asked for. */
	private final AtomicReference<@Nullable List<String>> services;

	private ServiceSnapshots(List<Map<String, ServiceSnapshot<T>>> maps,
			AtomicReference<@Nullable List<String>> services) {
		this.maps = maps;
		this.services = services;
	}

	static <T> ServiceSnapshots<T> none() {
		return new ServiceSnapshots<>(Collections.nCopies(MAPS, Map.of()), new AtomicReference<>(List.of()));
	}

	/** Returns a service's instances, {@code null} if there is no such service. */
	@Nullable ServiceSnapshot<T> get(String service) {
		return this.maps.get(index(service)).get(service);
	}

	/** Names the services, sorted. */
	List<String> services() {
		List<String> known = this.services.get();
		if (known == null) {
			known = this.maps.stream().map(Map::keySet).flatMap(Collection::stream).sorted().toList();
			this.services.set(known);
		}
		return known;
	}

	/**
	 * Returns the snapshots that follow these.
	 * @param changes what has changed, by service; {@code null} for one that has gone
	 */
	ServiceSnapshots<T> with(Map<String, @Nullable ServiceSnapshot<T>> changes) {
		List<Map<String, ServiceSnapshot<T>>> next = new ArrayList<>(this.maps);
		boolean sameServices = true;
		for (Map.Entry<String, @Nullable ServiceSnapshot<T>> change : changes.entrySet()) {
			int index = index(change.getKey());
			if (next.get(index) == this.maps.get(index)) {
				next.set(index, new HashMap<>(this.maps.get(index)));
			}
			ServiceSnapshot<T> snapshot = change.getValue();
			ServiceSnapshot<T> before = (snapshot != null) ? next.get(index).put(change.getKey(), snapshot)
					: next.get(index).remove(change.getKey());
			sameServices &= (before != null) == (snapshot != null);
		}
		return new ServiceSnapshots<>(next, sameServices ? this.services : new AtomicReference<>());
	}

	private static int index(String service) {
		int hash = service.hashCode();
		// As in HashMap: names that differ at their beginning only differ in high bits.
		return (hash ^ (hash >>> 16)) & (MAPS - 1);
	}

}
