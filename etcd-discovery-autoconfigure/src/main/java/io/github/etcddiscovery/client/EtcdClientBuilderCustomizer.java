package io.github.etcddiscovery.client;

import io.etcd.jetcd.ClientBuilder;

/**
 * Changes jetcd's client before it is built, for what no property covers. Beans of this
 * type are called in order, and again for each connection that is tried, on any thread.
 * The client sets credentials, TLS, deadlines and the executor after all customizers.
 * Settings for Vert.x and for the load balancing policy have no effect.
 * <p>
 * A target that is set here is used instead of the endpoints, as it is: gRPC then chooses
 * among its addresses.
 */
@FunctionalInterface
public interface EtcdClientBuilderCustomizer {

	/**
	 * Changes the builder.
	 * @param builder jetcd's builder
	 */
	void customize(ClientBuilder builder);

}
