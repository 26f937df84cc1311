package io.github.etcddiscovery.client;

import io.etcd.jetcd.ClientBuilder;

/**
 * Changes jetcd's client before it is built, for what no property covers. Beans of this
 * type are called in order, and again whenever the connection is replaced after an
 * outage, on any thread. Endpoints, credentials, TLS, deadlines and the executor are set
 * after them.
 */
@FunctionalInterface
public interface EtcdClientBuilderCustomizer {

	/**
	 * Changes the builder.
	 * @param builder jetcd's builder
	 */
	void customize(ClientBuilder builder);

}
