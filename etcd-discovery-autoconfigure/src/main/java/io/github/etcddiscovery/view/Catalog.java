package io.github.etcddiscovery.view;

import java.util.List;
import java.util.Map;

/**
 * What was known at one revision of etcd. Immutable. Safe to use from any thread; no
 * method blocks.
 *
 * @param <T> what is held of an instance
 */
public interface Catalog<T> {

	/**
	 * Whether etcd has been read at all. Without that, empty means unknown.
	 * @return whether this is what etcd held, under every prefix, at some revision
	 */
	boolean isSynced();

	/**
	 * Counts the histories seen: it rises when etcd turns out to have been wiped or
	 * restored, and revisions before and after cannot be compared.
	 * @return the epoch, 0 before the first sync; of several prefixes the sum
	 */
	long epoch();

	/**
	 * Returns the revision of etcd that this corresponds to.
	 * @return the revision, 0 before the first sync; of several prefixes, each of which
	 * is at a revision of its own, the lowest
	 */
	long revision();

	/**
	 * Returns the revision of etcd up to which all changes of a service are in.
	 * @param serviceId the service
	 * @return the revision, 0 before the first sync, or if the service is not followed
	 */
	long revision(String serviceId);

	/**
	 * Returns how far each prefix has been followed.
	 * @return the positions, in the order of the prefixes
	 */
	List<Position> positions();

	/**
	 * Names the services that have an instance, whatever its status, or a retained one.
	 * After a service has come or gone, the first call sorts them.
	 * @return the service ids, sorted
	 */
	List<String> services();

	/**
	 * Whether anything is known of a service. Costs no more than a look-up.
	 * @param serviceId the service
	 * @return whether it has an instance, whatever its status, or a retained one
	 */
	boolean contains(String serviceId);

	/**
	 * Returns all instances of a service, whatever their status, without retained ones.
	 * @param serviceId the service
	 * @return the instances, sorted by id; empty if the service is not known
	 */
	List<T> all(String serviceId);

	/**
	 * Returns the instances of a service that may be called, without retained ones. The
	 * same list as long as none of these changes.
	 * @param serviceId the service
	 * @return the instances, sorted by id; empty if the service is not known
	 */
	List<T> live(String serviceId);

	/**
	 * Returns the instances of a service that may be called; where there are none, those
	 * retained of the service. The same list as long as none of these changes.
	 * @param serviceId the service
	 * @return the instances, sorted by id; empty if the service is not known
	 */
	List<T> available(String serviceId);

	/**
	 * Returns the instances that are not in etcd any more but have vanished in such a
	 * number, and without deregistering, that it is rather etcd's mishap than their end.
	 * They are served for a while where a service has no others.
	 * @return the instances by service, sorted by id; a copy
	 */
	Map<String, List<T>> retained();

	/**
	 * Whether this holds just what another catalog of the same source holds. Cheap:
	 * compares no instances.
	 * @param other an earlier or later catalog
	 * @return whether no instance has changed in between
	 */
	boolean hasSameInstances(Catalog<T> other);

	/**
	 * How far a prefix has been followed.
	 *
	 * @param prefix the prefix
	 * @param epoch how many histories have been seen there, 0 before the first sync
	 * @param revision the revision of etcd up to which all changes there are in
	 */
	record Position(String prefix, long epoch, long revision) {

	}

}
