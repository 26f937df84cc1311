package io.github.etcddiscovery.cloud.loadbalancer;

import org.springframework.cloud.client.ServiceInstance;

/**
 * Where calls to an instance go. Gateways report calls with instances of their own, which
 * have neither an id nor {@code equals}, so instances are compared by this.
 *
 * @param host the host
 * @param port the port
 */
record InstanceAddress(String host, int port) {

	static InstanceAddress of(ServiceInstance instance) {
		return new InstanceAddress(instance.getHost(), instance.getPort());
	}

	@Override
	public String toString() {
		return this.host + ":" + this.port;
	}

}
