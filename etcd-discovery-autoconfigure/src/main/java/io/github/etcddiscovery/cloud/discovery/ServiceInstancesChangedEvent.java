package io.github.etcddiscovery.cloud.discovery;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

import io.github.etcddiscovery.cloud.EtcdServiceInstance;
import io.github.etcddiscovery.view.Catalog;
import org.jspecify.annotations.Nullable;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.context.ApplicationEvent;

/**
 * The instances of a service that may be called have changed: others than at the last
 * event of this service, or some of them otherwise than then. After the first sync there
 * is one event for each service that has instances. Published on a thread of its own
 * which follows the view; listeners may take their time, during which changes add up.
 */
public final class ServiceInstancesChangedEvent extends ApplicationEvent {

	private final String serviceId;

	private final List<ServiceInstance> instances;

	private final List<ServiceInstance> added;

	private final List<ServiceInstance> removed;

	private final List<ServiceInstance> changed;

	private final long revision;

	private ServiceInstancesChangedEvent(Object source, String serviceId, List<ServiceInstance> before,
			List<ServiceInstance> now, long revision) {
		super(source);
		Map<String, ServiceInstance> known = byKey(before);
		Map<String, ServiceInstance> current = byKey(now);
		this.serviceId = serviceId;
		this.instances = now;
		this.added = now.stream().filter((instance) -> !known.containsKey(key(instance))).toList();
		this.removed = before.stream().filter((instance) -> !current.containsKey(key(instance))).toList();
		this.changed = now.stream().filter((instance) -> differs(known.get(key(instance)), instance)).toList();
		this.revision = revision;
	}

	/** Returns {@code null} if nothing is different. */
	static @Nullable ServiceInstancesChangedEvent between(Object source, String serviceId,
			@Nullable Catalog<ServiceInstance> before, Catalog<ServiceInstance> now) {
		List<ServiceInstance> known = (before != null) ? before.available(serviceId) : List.of();
		List<ServiceInstance> current = now.available(serviceId);
		if (known == current) {
			return null;
		}
		ServiceInstancesChangedEvent event = new ServiceInstancesChangedEvent(source, serviceId, known, current,
				now.revision(serviceId));
		return (event.added.isEmpty() && event.removed.isEmpty() && event.changed.isEmpty()) ? null : event;
	}

	private static Map<String, ServiceInstance> byKey(List<ServiceInstance> instances) {
		return instances.stream().collect(Collectors.toMap(ServiceInstancesChangedEvent::key, Function.identity()));
	}

	/** Two clusters may have an instance with the same id. */
	private static String key(ServiceInstance instance) {
		return (instance instanceof EtcdServiceInstance found) ? found.getCluster() + "/" + found.getInstanceId()
				: String.valueOf(instance.getInstanceId());
	}

	private static boolean differs(@Nullable ServiceInstance before, ServiceInstance now) {
		return before != null && before != now
				&& !(before.equals(now) && Objects.equals(before.getMetadata(), now.getMetadata()));
	}

	/**
	 * Returns whose instances have changed.
	 * @return the service
	 */
	public String getServiceId() {
		return this.serviceId;
	}

	/**
	 * Returns the instances that may be called now.
	 * @return the instances, sorted by id, not modifiable
	 */
	public List<ServiceInstance> getInstances() {
		return this.instances;
	}

	/**
	 * Returns the instances that may be called since, for they have come or are
	 * {@code UP} again.
	 * @return the instances, sorted by id, not modifiable
	 */
	public List<ServiceInstance> getAdded() {
		return this.added;
	}

	/**
	 * Returns the instances that may not be called any more, for they have gone or are
	 * not {@code UP}.
	 * @return the instances as they were last, sorted by id, not modifiable
	 */
	public List<ServiceInstance> getRemoved() {
		return this.removed;
	}

	/**
	 * Returns the instances that have other metadata now, or are elsewhere.
	 * @return the instances as they are now, sorted by id, not modifiable
	 */
	public List<ServiceInstance> getChanged() {
		return this.changed;
	}

	/**
	 * Returns the revision of etcd up to which all changes of this service are in.
	 * Revisions begin anew when etcd is wiped.
	 * @return the revision
	 */
	public long getRevision() {
		return this.revision;
	}

	@Override
	public String toString() {
		return "ServiceInstancesChangedEvent[" + this.serviceId + " at revision " + this.revision + ": added="
				+ this.added + ", removed=" + this.removed + ", changed=" + this.changed + "]";
	}

}
