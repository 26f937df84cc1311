package io.github.etcddiscovery.cloud;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.client.EtcdException;

/**
 * Starting was ended because etcd cannot be used and {@code spring.cloud.etcd.fail-fast}
 * is on.
 */
public class EtcdUnavailableException extends RuntimeException {

	/** What the names of the home cluster's properties begin with. */
	@Internal
	public static final String HOME = "spring.cloud.etcd";

	private final String endpoints;

	private final EtcdException reason;

	private final String properties;

	/**
	 * Creates the exception.
	 * @param endpoints where etcd was looked for
	 * @param reason what came of it
	 */
	public EtcdUnavailableException(String endpoints, EtcdException reason) {
		this(endpoints, reason, HOME);
	}

	/**
	 * Creates the exception for a cluster.
	 * @param endpoints where etcd was looked for
	 * @param reason what came of it
	 * @param properties what the names of the cluster's properties begin with
	 */
	@Internal
	public EtcdUnavailableException(String endpoints, EtcdException reason, String properties) {
		super("etcd at " + endpoints + " cannot be used: " + reason.getMessage(), reason);
		this.endpoints = endpoints;
		this.reason = reason;
		this.properties = properties;
	}

	/**
	 * Returns where etcd was looked for.
	 * @return the endpoints
	 */
	public String getEndpoints() {
		return this.endpoints;
	}

	/**
	 * Returns where the cluster is configured.
	 * @return what the names of its properties begin with
	 */
	@Internal
	public String getProperties() {
		return this.properties;
	}

	/**
	 * Returns what came of it.
	 * @return the error
	 */
	public EtcdException getReason() {
		return this.reason;
	}

}
