package io.github.etcddiscovery.view;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

import io.github.etcddiscovery.instance.KeyRange;
import org.jspecify.annotations.Nullable;

/**
 * What a view knew at one revision of etcd. Immutable.
 *
 * @param <T> what the view holds of an instance
 */
public final class Catalog<T> {

	private final List<KeyRange> ranges;

	private final List<Position> positions;

	private final ServiceMap<ServiceSnapshot<T>> snapshots;

	private final ServiceMap<List<T>> retained;

	/** Worked out when it is asked for, by whoever comes first. */
	private volatile @Nullable List<String> services;

	Catalog(List<KeyRange> ranges, List<Position> positions, ServiceMap<ServiceSnapshot<T>> snapshots,
			ServiceMap<List<T>> retained) {
		this.ranges = ranges;
		this.positions = positions;
		this.snapshots = snapshots;
		this.retained = retained;
	}

	/**
	 * Whether etcd has been read at all. Without that, empty means unknown.
	 * @return whether this is what etcd held, under every prefix, at some revision
	 */
	public boolean isSynced() {
		return this.positions.stream().allMatch((position) -> position.epoch() > 0);
	}

	/**
	 * Counts the histories seen: it rises when etcd turns out to have been wiped or
	 * restored, and revisions before and after cannot be compared.
	 * @return the epoch, 0 before the first sync; of several prefixes the sum
	 */
	public long epoch() {
		return this.positions.stream().mapToLong(Position::epoch).sum();
	}

	/**
	 * Returns the revision of etcd that this corresponds to.
	 * @return the revision, 0 before the first sync; of several prefixes, each of which
	 * is at a revision of its own, the lowest
	 */
	public long revision() {
		return this.positions.stream().mapToLong(Position::revision).min().orElse(0);
	}

	/**
	 * Returns the revision of etcd up to which all changes of a service are in.
	 * @param serviceId the service
	 * @return the revision, 0 before the first sync, or if the service is not followed
	 */
	public long revision(String serviceId) {
		for (int i = 0; i < this.ranges.size(); i++) {
			if (this.ranges.get(i).holds(serviceId)) {
				return this.positions.get(i).revision();
			}
		}
		return 0;
	}

	/**
	 * Returns how far each prefix has been followed.
	 * @return the positions, in the order of the prefixes
	 */
	public List<Position> positions() {
		return this.positions;
	}

	/**
	 * Names the services that have an instance, whatever its status, or a retained one.
	 * Whoever asks first after a service has come or gone sorts them.
	 * @return the service ids, sorted
	 */
	public List<String> services() {
		if (this.retained.services().isEmpty()) {
			return this.snapshots.services();
		}
		List<String> known = this.services;
		if (known == null) {
			known = Stream.concat(this.snapshots.services().stream(), this.retained.services().stream())
				.distinct()
				.sorted()
				.toList();
			this.services = known;
		}
		return known;
	}

	/**
	 * Whether anything is known of a service. Costs no more than a look-up.
	 * @param serviceId the service
	 * @return whether it has an instance, whatever its status, or a retained one
	 */
	public boolean contains(String serviceId) {
		return this.snapshots.get(serviceId) != null || this.retained.get(serviceId) != null;
	}

	/**
	 * Returns all instances of a service, whatever their status, without retained ones.
	 * @param serviceId the service
	 * @return the instances, sorted by id; empty if the service is not known
	 */
	public List<T> all(String serviceId) {
		ServiceSnapshot<T> snapshot = this.snapshots.get(serviceId);
		return (snapshot != null) ? snapshot.all() : List.of();
	}

	/**
	 * Returns the instances of a service that may be called; where there are none, those
	 * retained of the service. The same list as long as none of these changes.
	 * @param serviceId the service
	 * @return the instances, sorted by id; empty if the service is not known
	 */
	public List<T> available(String serviceId) {
		ServiceSnapshot<T> snapshot = this.snapshots.get(serviceId);
		List<T> available = (snapshot != null) ? snapshot.available() : List.of();
		return available.isEmpty() ? Objects.requireNonNullElse(this.retained.get(serviceId), available) : available;
	}

	/**
	 * Returns the instances that are not in etcd any more but have vanished in such a
	 * number, and without deregistering, that it is rather etcd's mishap than their end.
	 * They are served for a while where a service has no others.
	 * @return the instances by service, sorted by id; a copy
	 */
	public Map<String, List<T>> retained() {
		return this.retained.asMap();
	}

	/**
	 * Whether this holds just what another catalog of the same view holds. Cheap:
	 * compares no instances.
	 * @param other an earlier or later catalog
	 * @return whether no instance has changed in between
	 */
	public boolean hasSameInstances(Catalog<T> other) {
		return this.snapshots == other.snapshots && this.retained == other.retained;
	}

	ServiceMap<ServiceSnapshot<T>> snapshots() {
		return this.snapshots;
	}

	ServiceMap<List<T>> retainedByService() {
		return this.retained;
	}

	/**
	 * How far a prefix has been followed.
	 *
	 * @param prefix the prefix
	 * @param epoch how many histories have been seen there, 0 before the first sync
	 * @param revision the revision of etcd up to which all changes there are in
	 */
	public record Position(String prefix, long epoch, long revision) {

	}

}
