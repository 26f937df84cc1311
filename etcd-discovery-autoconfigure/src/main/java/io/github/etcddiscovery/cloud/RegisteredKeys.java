package io.github.etcddiscovery.cloud;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * Under which key each registration is in etcd, or is to be, and where it still is
 * besides. Guarded by the lock of the registry it belongs to.
 */
final class RegisteredKeys {

	private final Map<EtcdRegistration, Place> places = new LinkedHashMap<>();

	boolean isEmpty() {
		return this.places.isEmpty();
	}

	boolean contains(EtcdRegistration registration) {
		return this.places.containsKey(registration);
	}

	List<EtcdRegistration> all() {
		return List.copyOf(this.places.keySet());
	}

	/** Returns where a registration is wanted, {@code null} if it is not. */
	@Nullable String key(EtcdRegistration registration) {
		Place place = this.places.get(registration);
		return (place != null) ? place.key : null;
	}

	/** A registration is wanted under this key from now on. */
	void move(EtcdRegistration registration, String key) {
		Place place = this.places.computeIfAbsent(registration, (added) -> new Place(key));
		place.former.add(place.key);
		place.former.remove(key);
		place.key = key;
	}

	/**
	 * A registration is not to be seen for now, and need not be where it was before.
	 * @return the keys that may leave, unless others want them
	 */
	Set<String> hide(EtcdRegistration registration) {
		Set<String> leaving = new LinkedHashSet<>();
		Place hidden = this.places.get(registration);
		if (hidden != null) {
			leaving.addAll(hidden.former);
			leaving.add(hidden.key);
			hidden.former.clear();
			this.places.values()
				.stream()
				.filter((place) -> place != hidden)
				.forEach((place) -> leaving.remove(place.key));
		}
		return leaving;
	}

	/** Calls back once a registration is where it is wanted. */
	void whenSettled(EtcdRegistration registration, Runnable callback) {
		Place place = this.places.get(registration);
		if (place != null) {
			place.waiting.add(callback);
		}
	}

	/**
	 * A key has come to be in etcd: what is wanted there need not be anywhere else any
	 * more, and who waits for it is called back.
	 * @return the keys that may leave
	 */
	Set<String> settle(String key) {
		Set<String> leaving = new LinkedHashSet<>();
		List<Runnable> waiting = new ArrayList<>();
		this.places.values().stream().filter((place) -> place.key.equals(key)).forEach((place) -> {
			leaving.addAll(place.former);
			place.former.clear();
			waiting.addAll(place.waiting);
			place.waiting.clear();
		});
		waiting.forEach(Runnable::run);
		leaving.removeIf(this::isWanted);
		return leaving;
	}

	/**
	 * Registrations are not wanted any more.
	 * @return the keys that may leave
	 */
	Set<String> remove(Collection<EtcdRegistration> registrations) {
		Set<String> leaving = new LinkedHashSet<>();
		for (EtcdRegistration registration : registrations) {
			Place place = this.places.remove(registration);
			if (place != null) {
				leaving.add(place.key);
				leaving.addAll(place.former);
			}
		}
		leaving.removeIf(this::isWanted);
		return leaving;
	}

	private boolean isWanted(String key) {
		return this.places.values().stream().anyMatch((place) -> place.key.equals(key));
	}

	void clear() {
		this.places.clear();
	}

	/**
	 * Where a registration is.
	 */
	private static final class Place {

		/** Where it was before, until it is where it is wanted. */
		private final Set<String> former = new LinkedHashSet<>();

		private final List<Runnable> waiting = new ArrayList<>();

		private String key;

		Place(String key) {
			this.key = key;
		}

	}

}
