package io.github.etcddiscovery.cloud;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;

import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.ServiceRecord;
import org.jspecify.annotations.Nullable;

import org.springframework.cloud.client.serviceregistry.Registration;

/**
 * What this application registers itself as. The port of an application with a web server
 * is known only once that listens; until then it is 0. Changes take effect with the next
 * call of {@link EtcdServiceRegistry#register(EtcdRegistration)}.
 */
public class EtcdRegistration implements Registration {

	private final String serviceId;

	private final @Nullable String instanceId;

	private final String host;

	private final boolean secure;

	private final Map<String, String> metadata;

	private volatile int port;

	private volatile InstanceStatus status = InstanceStatus.UP;

	/**
	 * Creates a registration with status UP.
	 * @param serviceId the service
	 * @param instanceId the instance, {@code null} for {@code host:port}
	 * @param host where others reach it
	 * @param port the port, 0 if it is not known yet
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
		this.metadata = new LinkedHashMap<>(metadata);
	}

	@Override
	public String getServiceId() {
		return this.serviceId;
	}

	@Override
	public String getInstanceId() {
		return (this.instanceId != null) ? this.instanceId : InstanceKey.defaultInstanceId(this.host, this.port);
	}

	@Override
	public String getHost() {
		return this.host;
	}

	@Override
	public int getPort() {
		return this.port;
	}

	/**
	 * Sets the port others reach this application at.
	 * @param port the port
	 */
	public void setPort(int port) {
		this.port = port;
	}

	@Override
	public boolean isSecure() {
		return this.secure;
	}

	@Override
	public URI getUri() {
		return new EtcdServiceInstance(toRecord()).getUri();
	}

	/**
	 * Returns the metadata, which may be changed until the registration is registered.
	 */
	@Override
	public Map<String, String> getMetadata() {
		return this.metadata;
	}

	/**
	 * Returns the status that is published.
	 * @return the status
	 */
	public InstanceStatus getStatus() {
		return this.status;
	}

	void setStatus(InstanceStatus status) {
		this.status = status;
	}

	/**
	 * Returns what is to stand in etcd.
	 * @return the record
	 * @throws InvalidValueException if a part breaks the rules; the message names it
	 */
	public ServiceRecord toRecord() {
		return new ServiceRecord(new InstanceKey(this.serviceId, getInstanceId()), this.host, this.port, this.secure,
				this.status, this.metadata);
	}

	@Override
	public String toString() {
		return "EtcdRegistration[" + this.serviceId + "/" + getInstanceId() + ", " + this.status + "]";
	}

}
