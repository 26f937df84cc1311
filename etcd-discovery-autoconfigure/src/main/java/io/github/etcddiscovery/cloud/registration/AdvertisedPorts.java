package io.github.etcddiscovery.cloud.registration;

/**
 * The bound ports of an application's servers, as far as they are advertised.
 *
 * @param server the port of the web server, 0 without one
 * @param grpc the port of a gRPC server, 0 without one
 * @param management the port of the management server, 0 without one
 */
record AdvertisedPorts(int server, int grpc, int management) {

	/**
	 * Reads the ports. Beside a web server, the gRPC port counts only if other machines
	 * reach it.
	 */
	static AdvertisedPorts of(BoundPorts ports, boolean grpcIsReached) {
		int server = ports.server();
		return new AdvertisedPorts(server, (server == 0 || grpcIsReached) ? ports.grpc() : 0, ports.management());
	}

	private int main() {
		return (this.server != 0) ? this.server : this.grpc;
	}

	void applyTo(EtcdRegistration application) {
		application.setBoundPorts(main(), this.grpc);
	}

	/** Whether the management server has a port of its own. */
	boolean isManagementSeparate() {
		return this.management != 0 && this.management != this.server;
	}

	/**
	 * Returns the port to advertise for the management server. If the advertised port of
	 * the application differs from the bound one, ports are mapped, and other machines do
	 * not reach the bound management port.
	 * @param application the registration, with its port
	 * @param configured the configured port, 0 if none is set
	 * @return the port, 0 if none can be advertised
	 */
	int management(EtcdRegistration application, int configured) {
		if (!isManagementSeparate()) {
			return 0;
		}
		if (configured != 0) {
			return configured;
		}
		boolean mapped = main() != 0 && application.getPort() != main();
		return mapped ? 0 : this.management;
	}

}
