package io.github.etcddiscovery.client;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * One address at which a member of the cluster listens.
 *
 * @param endpoint the endpoint that it was found for
 * @param address the address
 * @param port the port
 */
record MemberAddress(EtcdEndpoint endpoint, InetAddress address, int port) {

	InetSocketAddress socketAddress() {
		return new InetSocketAddress(this.address, this.port);
	}

	/**
	 * Returns the address as a target of jetcd's, so that gRPC looks up no name. A URI
	 * has no brackets in its path.
	 */
	String target() {
		String host = this.address.getHostAddress();
		return "ip:///" + (host.contains(":") ? "%5B" + host + "%5D" : host) + ":" + this.port;
	}

	/** Names the endpoint, and the address if the endpoint does not. */
	@Override
	public String toString() {
		String host = this.address.getHostAddress();
		boolean literal = this.endpoint.host().equals(host) || this.endpoint.host().startsWith("[");
		return literal ? this.endpoint.toString() : "%s (%s, port %d)".formatted(this.endpoint, host, this.port);
	}

}
