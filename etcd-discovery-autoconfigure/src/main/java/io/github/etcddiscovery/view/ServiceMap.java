package io.github.etcddiscovery.view;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;

/**
 * An immutable map from service ids to values. The services are spread over many small
 * maps, and a change copies only the maps that it is in, so that it costs the same
 * whether there are ten services or ten thousand. The first reader who asks for the names
 * sorts them.
 *
 * @param <V> the values
 */
final class ServiceMap<V> {

	/** With a hundred thousand services each map holds some four hundred. */
	private static final int MAPS = 256;

	private final List<Map<String, V>> maps;

	/** Shared by all that have the same services; {@code null} in it until asked for. */
	private final AtomicReference<@Nullable List<String>> services;

	private ServiceMap(List<Map<String, V>> maps, AtomicReference<@Nullable List<String>> services) {
		this.maps = maps;
		this.services = services;
	}

	static <V> ServiceMap<V> none() {
		return new ServiceMap<>(Collections.nCopies(MAPS, Map.of()), new AtomicReference<>(List.of()));
	}

	/** Returns the value of a service, {@code null} if there is no such service. */
	@Nullable V get(String service) {
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

	/** Returns a copy that is sorted by service. */
	Map<String, V> asMap() {
		Map<String, V> copy = new TreeMap<>();
		this.maps.forEach(copy::putAll);
		return Collections.unmodifiableMap(copy);
	}

	/**
	 * Returns the map that follows this one.
	 * @param changes what has changed, by service; {@code null} for one that has gone
	 */
	ServiceMap<V> with(Map<String, @Nullable V> changes) {
		List<Map<String, V>> next = new ArrayList<>(this.maps);
		boolean sameServices = true;
		for (Map.Entry<String, @Nullable V> change : changes.entrySet()) {
			int index = index(change.getKey());
			if (next.get(index) == this.maps.get(index)) {
				next.set(index, new HashMap<>(this.maps.get(index)));
			}
			V value = change.getValue();
			V before = (value != null) ? next.get(index).put(change.getKey(), value)
					: next.get(index).remove(change.getKey());
			sameServices &= (before != null) == (value != null);
		}
		return new ServiceMap<>(next, sameServices ? this.services : new AtomicReference<>());
	}

	private static int index(String service) {
		int hash = service.hashCode();
		// As in HashMap: names that differ at their beginning only differ in high bits.
		return (hash ^ (hash >>> 16)) & (MAPS - 1);
	}

}
