package io.github.etcddiscovery.cloud.registration;

import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link AdvertisedPorts}.
 */
class AdvertisedPortsTests {

	private static EtcdRegistration registration(int port) {
		return new EtcdRegistration("orders", null, "h", port, false, Map.of());
	}

	@ParameterizedTest(name = "server {0}, management {1}, port {2}, management-port {3}: {4}")
	@CsvSource({ "8080, 8081, 0, 0, 8081", "8080, 8081, 8080, 0, 8081", "8080, 8081, 18080, 0, 0",
			"8080, 8081, 18080, 18081, 18081", "8080, 8081, 0, 18081, 18081", "8080, 8080, 0, 0, 0",
			"8080, 8080, 0, 18081, 0", "8080, 0, 0, 0, 0", "8080, 0, 0, 18081, 0", "0, 8081, 4711, 0, 8081" })
	void managementPortIsTheOneSaidOrTheBoundOneUnlessPortsAreMapped(int server, int management, int port,
			int managementPort, int advertised) {
		AdvertisedPorts ports = new AdvertisedPorts(server, 0, management);
		EtcdRegistration application = registration(port);
		ports.applyTo(application);
		assertThat(ports.management(application, managementPort)).isEqualTo(advertised);
	}

	@ParameterizedTest(name = "server {0}, gRPC {1}: port {2}, metadata {3}")
	@CsvSource({ "8080, 9090, 8080, 9090", "0, 9090, 9090, 9090", "8080, 0, 8080," })
	void grpcPortIsMetadata(int server, int grpc, int port, String metadata) {
		EtcdRegistration application = registration(0);
		new AdvertisedPorts(server, grpc, 0).applyTo(application);
		assertThat(application.getPort()).isEqualTo(port);
		assertThat(application.toRecord().metadata().get("gRPC_port")).isEqualTo(metadata);
	}

	@Test
	void grpcServerThatOthersDoNotReachCountsOnlyWithoutAWebServer() {
		assertThat(AdvertisedPorts.of(new Ports(8080), false).grpc()).isZero();
		assertThat(AdvertisedPorts.of(new Ports(8080), true).grpc()).isEqualTo(9090);
		assertThat(AdvertisedPorts.of(new Ports(0), false).grpc()).isEqualTo(9090);
	}

	/**
	 * A web server and a gRPC server.
	 */
	private record Ports(int server) implements BoundPorts {

		@Override
		public int grpc() {
			return 9090;
		}

	}

}
