package io.github.etcddiscovery.cloud.registration;

import java.net.URI;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

import io.github.etcddiscovery.cloud.EtcdServiceInstance;
import io.github.etcddiscovery.instance.InstanceFormat;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.instance.format.InstanceFormats;
import org.jspecify.annotations.Nullable;

import org.springframework.cloud.client.serviceregistry.Registration;

/**
 * What this application registers itself as, or one of several things. What is changed
 * here takes effect when it is written the next time: at the latest with the next call of
 * {@link EtcdServiceRegistry#register(EtcdRegistration)}. Safe to use from any thread.
 */
public class EtcdRegistration implements Registration {

	private final Map<String, String> metadata = Collections.synchronizedMap(new LinkedHashMap<>());

	private volatile String serviceId;

	private volatile @Nullable String instanceId;

	private volatile String host;

	private volatile String hostReason = "set by hand";

	/** The port asked for, 0 for the one that a server is bound to. */
	private volatile int port;

	private volatile int boundPort;

	/**
	 * The port of a gRPC server, the same one if that is the only server; 0 without one.
	 */
	private volatile int boundGrpcPort;

	private volatile boolean secure;

	private volatile String format = InstanceFormats.DEFAULT;

	private volatile @Nullable WriteAlso writeAlso;

	private volatile InstanceStatus status = InstanceStatus.UP;

	/** Whether the application refuses traffic, whatever its status is set to. */
	private volatile boolean refusing;

	/**
	 * Creates a registration with status UP.
	 * @param serviceId the service
	 * @param instanceId the instance, {@code null} for {@code host:port}
	 * @param host where others reach it
	 * @param port the port, 0 for the one that the web server will be bound to
	 * @param secure whether it speaks TLS
	 * @param metadata further properties
	 */
	public EtcdRegistration(String serviceId, @Nullable String instanceId, String host, int port, boolean secure,
			Map<String, String> metadata) {
		this.serviceId = serviceId;
		this.instanceId = instanceId;
		this.host = host;
		this.port = port;
		this.secure = secure;
		this.metadata.putAll(metadata);
	}

	@Override
	public String getServiceId() {
		return this.serviceId;
	}

	/**
	 * Sets the name to register as.
	 * @param serviceId the service
	 */
	public void setServiceId(String serviceId) {
		this.serviceId = serviceId;
	}

	@Override
	public String getInstanceId() {
		String id = this.instanceId;
		return (id != null) ? id : InstanceKey.defaultInstanceId(this.host, getPort());
	}

	/**
	 * Sets the id of this instance.
	 * @param instanceId the instance, {@code null} for {@code host:port}
	 */
	public void setInstanceId(@Nullable String instanceId) {
		this.instanceId = instanceId;
	}

	@Override
	public String getHost() {
		return this.host;
	}

	/**
	 * Sets where others reach this application.
	 * @param host a host name, an IPv4 address, or an IPv6 address without brackets
	 */
	public void setHost(String host) {
		setHost(host, "set by hand");
	}

	/**
	 * Sets where others reach this application, and why there.
	 * @param host a host name, an IPv4 address, or an IPv6 address without brackets
	 * @param reason where it comes from, in words
	 */
	public void setHost(String host, String reason) {
		this.host = host;
		this.hostReason = reason;
	}

	/**
	 * Says why this host is advertised and no other.
	 * @return where it comes from, in words
	 */
	public String getHostReason() {
		return this.hostReason;
	}

	/**
	 * Returns the port others reach this application at.
	 * @return the port, 0 as long as it is that of a web server which is not started
	 */
	@Override
	public int getPort() {
		int asked = this.port;
		return (asked != 0) ? asked : this.boundPort;
	}

	/**
	 * Sets the port others reach this application at.
	 * @param port the port, 0 for the one that the web server is bound to
	 */
	public void setPort(int port) {
		this.port = port;
	}

	void setBoundPorts(int boundPort, int boundGrpcPort) {
		this.boundPort = boundPort;
		this.boundGrpcPort = boundGrpcPort;
	}

	@Override
	public boolean isSecure() {
		return this.secure;
	}

	/**
	 * Sets whether the port speaks TLS.
	 * @param secure whether it does
	 */
	public void setSecure(boolean secure) {
		this.secure = secure;
	}

	/**
	 * Returns the name of the format to write.
	 * @return the format, {@code json} unless set
	 */
	public String getFormat() {
		return this.format;
	}

	/**
	 * Sets the format to write. Where it says nothing of the status, the registration is
	 * taken out of etcd while that is not {@code UP}.
	 * @param format the name of an {@link InstanceFormat} that can be written
	 */
	public void setFormat(String format) {
		this.format = format;
	}

	/**
	 * Returns the second record to write.
	 * @return where and in which format, {@code null} for none
	 */
	public @Nullable WriteAlso getWriteAlso() {
		return this.writeAlso;
	}

	/**
	 * Sets a second record to write: either both come to be in etcd or none, and they go
	 * together; but where one of the formats has no room for the status, that record is
	 * there only while it is {@code UP}.
	 * @param writeAlso where and in which format, {@code null} for none
	 */
	public void setWriteAlso(@Nullable WriteAlso writeAlso) {
		this.writeAlso = writeAlso;
	}

	@Override
	public URI getUri() {
		return new EtcdServiceInstance(toRecord(), 0).getUri();
	}

	/**
	 * Returns the metadata, which may be changed.
	 */
	@Override
	public Map<String, String> getMetadata() {
		return this.metadata;
	}

	/**
	 * Returns the metadata as they are now.
	 * @return a copy, not modifiable
	 */
	public Map<String, String> metadataSnapshot() {
		synchronized (this.metadata) {
			return Collections.unmodifiableMap(new LinkedHashMap<>(this.metadata));
		}
	}

	/** Sets a property, or removes it, and returns what it was; null for none. */
	@Nullable String changeMetadata(String name, @Nullable String value) {
		return (value != null) ? this.metadata.put(name, value) : this.metadata.remove(name);
	}

	/**
	 * Returns the status that is published: the one that was set, but not UP while the
	 * application refuses traffic.
	 * @return the status
	 */
	public InstanceStatus getStatus() {
		InstanceStatus set = this.status;
		return (set == InstanceStatus.UP && this.refusing) ? InstanceStatus.OUT_OF_SERVICE : set;
	}

	void setStatus(InstanceStatus status) {
		this.status = status;
	}

	void setRefusing(boolean refusing) {
		this.refusing = refusing;
	}

	/**
	 * Takes over the difference between two others, all at once: what somebody else has
	 * changed here stays.
	 */
	void follow(EtcdRegistration before, EtcdRegistration after) {
		synchronized (this.metadata) {
			this.serviceId = before.serviceId.equals(after.serviceId) ? this.serviceId : after.serviceId;
			this.instanceId = Objects.equals(before.instanceId, after.instanceId) ? this.instanceId : after.instanceId;
			if (!before.host.equals(after.host)) {
				setHost(after.host, after.hostReason);
			}
			this.port = (before.port == after.port) ? this.port : after.port;
			this.secure = (before.secure == after.secure) ? this.secure : after.secure;
			this.format = before.format.equals(after.format) ? this.format : after.format;
			this.writeAlso = Objects.equals(before.writeAlso, after.writeAlso) ? this.writeAlso : after.writeAlso;
			before.metadata.forEach((name, value) -> {
				if (!after.metadata.containsKey(name)) {
					this.metadata.remove(name, value);
				}
			});
			after.metadata.forEach((name, value) -> {
				if (!value.equals(before.metadata.get(name))) {
					this.metadata.put(name, value);
				}
			});
		}
	}

	/** Returns a copy with a port, made up if none is known yet. */
	EtcdRegistration copyWithPort() {
		EtcdRegistration copy = copy();
		copy.boundPort = (copy.boundPort != 0) ? copy.boundPort : 1;
		return copy;
	}

	/** Returns one that says the same, and goes its own way from here. */
	EtcdRegistration copy() {
		synchronized (this.metadata) {
			EtcdRegistration copy = new EtcdRegistration(this.serviceId, this.instanceId, this.host, this.port,
					this.secure, this.metadata);
			copy.hostReason = this.hostReason;
			copy.format = this.format;
			copy.writeAlso = this.writeAlso;
			copy.boundPort = this.boundPort;
			copy.boundGrpcPort = this.boundGrpcPort;
			copy.status = this.status;
			copy.refusing = this.refusing;
			return copy;
		}
	}

	/**
	 * Returns what is to stand in etcd. The port of a gRPC server becomes metadata
	 * {@value io.github.etcddiscovery.instance.ServiceRecord#GRPC_PORT}, unless there is
	 * such metadata already.
	 * @return the record
	 * @throws InvalidValueException if a part breaks the rules; the message names it
	 */
	public ServiceRecord toRecord() {
		synchronized (this.metadata) {
			Map<String, String> published = new LinkedHashMap<>(this.metadata);
			if (this.boundGrpcPort != 0) {
				int grpcPort = (this.boundGrpcPort == this.boundPort) ? getPort() : this.boundGrpcPort;
				published.putIfAbsent(ServiceRecord.GRPC_PORT, String.valueOf(grpcPort));
			}
			return new ServiceRecord(new InstanceKey(this.serviceId, getInstanceId()), this.host, getPort(),
					this.secure, getStatus(), published);
		}
	}

	@Override
	public String toString() {
		return "EtcdRegistration[" + this.serviceId + "/" + getInstanceId() + ", " + getStatus() + "]";
	}

}
