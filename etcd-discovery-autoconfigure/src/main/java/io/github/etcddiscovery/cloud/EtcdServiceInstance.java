package io.github.etcddiscovery.cloud;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.instance.SmallMap;
import org.jspecify.annotations.Nullable;

import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;

/**
 * A {@link ServiceInstance} found in etcd. Shared between all readers, therefore
 * immutable: the setters it inherits are refused. Two are equal if service, instance id,
 * host, port and secure are; metadata do not count, for an instance stays the same one
 * when they change.
 */
public final class EtcdServiceInstance extends DefaultServiceInstance {

	/** The metadata key under which the cluster is found. */
	public static final String CLUSTER = "cluster";

	private static final String HOME = "home";

	private final ServiceRecord record;

	private final long leaseId;

	private final String cluster;

	/**
	 * Made when it is asked for: most instances of a large view are never called, and it
	 * is a quarter of what each would retain.
	 */
	private volatile @Nullable URI uri;

	private final int hash;

	/**
	 * Creates an instance.
	 * @param record what is known of it
	 * @param leaseId the lease under which its key is in etcd, 0 for none
	 */
	public EtcdServiceInstance(ServiceRecord record, long leaseId) {
		this(record, leaseId, HOME, record.metadata());
	}

	private EtcdServiceInstance(ServiceRecord record, long leaseId, String cluster, Map<String, String> metadata) {
		super(record.key().instanceId(), record.key().serviceId(), record.uriHost(), record.port(), record.secure(),
				metadata);
		this.record = record;
		this.leaseId = leaseId;
		this.cluster = cluster;
		this.hash = Objects.hash(record.key(), record.host(), record.port(), record.secure());
	}

	/**
	 * Creates an instance whose metadata names its cluster. The record's own metadata of
	 * that name does not count.
	 * @param record what is known of it
	 * @param leaseId the lease under which its key is in etcd, 0 for none
	 * @param cluster the cluster in which it was found
	 * @return the instance
	 */
	@Internal
	public static EtcdServiceInstance of(ServiceRecord record, long leaseId, String cluster) {
		Map<String, String> metadata = new LinkedHashMap<>(record.metadata());
		metadata.put(CLUSTER, cluster);
		return new EtcdServiceInstance(record, leaseId, cluster, SmallMap.copyOf(metadata));
	}

	/**
	 * Returns the cluster in which the instance was found.
	 * @return the name of a remote cluster, or {@code home}
	 */
	public String getCluster() {
		return this.cluster;
	}

	/**
	 * Returns what is known of the instance.
	 * @return the record, without the metadata that names the cluster
	 */
	@Internal
	public ServiceRecord toRecord() {
		return this.record;
	}

	/**
	 * Returns what the instance says of itself.
	 * @return the status
	 */
	public InstanceStatus getStatus() {
		return this.record.status();
	}

	/**
	 * Returns the lease under which its key is in etcd, and with which it goes.
	 * @return the lease's id, 0 for none: then it stays until somebody deletes it
	 */
	public long getLeaseId() {
		return this.leaseId;
	}

	/**
	 * Whether the instance takes requests.
	 * @return whether its status is {@link InstanceStatus#UP}
	 */
	public boolean isUp() {
		return getStatus() == InstanceStatus.UP;
	}

	@Override
	public URI getUri() {
		URI known = this.uri;
		if (known == null) {
			known = ServiceInstance.createUri(this);
			this.uri = known;
		}
		return known;
	}

	@Override
	public void setInstanceId(String instanceId) {
		throw immutable();
	}

	@Override
	public void setServiceId(String serviceId) {
		throw immutable();
	}

	@Override
	public void setHost(String host) {
		throw immutable();
	}

	@Override
	public void setPort(int port) {
		throw immutable();
	}

	@Override
	public void setSecure(boolean secure) {
		throw immutable();
	}

	@Override
	public void setUri(URI uri) {
		throw immutable();
	}

	private UnsupportedOperationException immutable() {
		return new UnsupportedOperationException(
				"Instance " + this.record.key() + " is shared and cannot be changed: copy it");
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return this == other || (other instanceof EtcdServiceInstance that
				&& this.record.key().equals(that.record.key()) && this.record.host().equals(that.record.host())
				&& this.record.port() == that.record.port() && this.record.secure() == that.record.secure());
	}

	@Override
	public int hashCode() {
		return this.hash;
	}

	@Override
	public String toString() {
		return "EtcdServiceInstance[" + this.record.key().serviceId() + "/" + this.record.key().instanceId() + " at "
				+ getUri() + ", " + getStatus() + (this.cluster.equals(HOME) ? "" : " in cluster " + this.cluster)
				+ "]";
	}

}
