package io.github.etcddiscovery.cloud;

/**
 * The bound ports of an application's servers, as far as they are advertised.
 *
 * @param server the port of the web server, 0 without one
 * @param grpc the port of a gRPC server, 0 without one
 * @param management the port of the management server, 0 without one
 */
record AdvertisedPorts(int server, int grpc, int management) {

	/** Reads the ports. Beside a web server, gRPC's counts only where it is reached. */
	static AdvertisedPorts of(BoundPorts ports, boolean grpcIsReached) {
		int server = ports.server();
		return new AdvertisedPorts(server, (server == 0 || grpcIsReached) ? ports.grpc() : 0, ports.management());
	}

	private int main() {
		return (this.server != 0) ? this.server : this.grpc;
	}

	void applyTo(EtcdRegistration application) {
		application.setBoundPorts(main(), (this.server != 0) ? this.grpc : 0);
	}

	/** Whether the management server has a port of its own. */
	boolean isManagementSeparate() {
		return this.management != 0 && this.management != this.server;
	}

	/**
	 * Returns the port to advertise for the management server. Where the application is
	 * advertised with another port than the bound one, it is behind a mapping of ports,
	 * and the bound management port means nothing outside.
	 * @param application the registration, with its port
	 * @param said the port that the properties name, 0 for none
	 * @return the port, 0 if there is none to advertise
	 */
	int management(EtcdRegistration application, int said) {
		if (!isManagementSeparate() || said != 0) {
			return isManagementSeparate() ? said : 0;
		}
		boolean mapped = main() != 0 && application.getPort() != main();
		return mapped ? 0 : this.management;
	}

}
