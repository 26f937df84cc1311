package io.github.etcddiscovery.cloud;

import io.github.etcddiscovery.client.EtcdException;

/**
 * Starting was ended because etcd cannot be used and {@code spring.cloud.etcd.fail-fast}
 * is on.
 */
public class EtcdUnavailableException extends RuntimeException {

	private final String endpoints;

	private final EtcdException reason;

	/**
	 * Creates the exception.
	 * @param endpoints where etcd was looked for
	 * @param reason what came of it
	 */
	public EtcdUnavailableException(String endpoints, EtcdException reason) {
		super("etcd at " + endpoints + " cannot be used: " + reason.getMessage(), reason);
		this.endpoints = endpoints;
		this.reason = reason;
	}

	/**
	 * Returns where etcd was looked for.
	 * @return the endpoints
	 */
	public String getEndpoints() {
		return this.endpoints;
	}

	/**
	 * Returns what came of it.
	 * @return the error
	 */
	public EtcdException getReason() {
		return this.reason;
	}

}
