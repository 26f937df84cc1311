package io.github.etcddiscovery.view;

import java.util.List;
import java.util.Map;

/**
 * What a view knew at one revision of etcd. Immutable.
 *
 * @param <T> what the view holds of an instance
 */
public final class Catalog<T> {

	private final long epoch;

	private final long revision;

	private final Map<String, ServiceSnapshot<T>> snapshots;

	private final List<String> services;

	Catalog(long epoch, long revision, Map<String, ServiceSnapshot<T>> snapshots, List<String> services) {
		this.epoch = epoch;
		this.revision = revision;
		this.snapshots = snapshots;
		this.services = services;
	}

	static <T> Catalog<T> notSynced() {
		return new Catalog<>(0, 0, Map.of(), List.of());
	}

	/**
	 * Whether etcd has been read at all. Without that, empty means unknown.
	 * @return whether this is what etcd held at some revision
	 */
	public boolean isSynced() {
		return this.epoch > 0;
	}

	/**
	 * Counts the histories seen: it rises when etcd turns out to have been wiped or
	 * restored, and revisions before and after cannot be compared.
	 * @return the epoch, 0 before the first sync
	 */
	public long epoch() {
		return this.epoch;
	}

	/**
	 * Returns the revision of etcd that this corresponds to.
	 * @return the revision, 0 before the first sync
	 */
	public long revision() {
		return this.revision;
	}

	/**
	 * Names the services that have an instance, whatever its status.
	 * @return the service ids, sorted
	 */
	public List<String> services() {
		return this.services;
	}

	/**
	 * Returns all instances of a service, whatever their status.
	 * @param serviceId the service
	 * @return the instances, sorted by id; empty if the service is not known
	 */
	public List<T> all(String serviceId) {
		ServiceSnapshot<T> snapshot = this.snapshots.get(serviceId);
		return (snapshot != null) ? snapshot.all() : List.of();
	}

	/**
	 * Returns the instances of a service that may be called. The same list as long as
	 * none of the service's instances changes.
	 * @param serviceId the service
	 * @return the instances, sorted by id; empty if the service is not known
	 */
	public List<T> available(String serviceId) {
		ServiceSnapshot<T> snapshot = this.snapshots.get(serviceId);
		return (snapshot != null) ? snapshot.available() : List.of();
	}

	/**
	 * Whether this holds just what another catalog of the same view holds. Cheap:
	 * compares no instances.
	 * @param other an earlier or later catalog
	 * @return whether no instance has changed in between
	 */
	public boolean hasSameInstances(Catalog<T> other) {
		return this.snapshots == other.snapshots;
	}

	Map<String, ServiceSnapshot<T>> snapshots() {
		return this.snapshots;
	}

}
