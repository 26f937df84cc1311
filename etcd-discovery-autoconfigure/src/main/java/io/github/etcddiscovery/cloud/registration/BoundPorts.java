package io.github.etcddiscovery.cloud.registration;

import java.util.List;
import java.util.function.ToIntFunction;

import io.github.etcddiscovery.Internal;

/**
 * The ports that the servers of a context are bound to, as they are and not as properties
 * ask for them. Those of its parents and children do not count.
 */
@Internal
public interface BoundPorts {

	/**
	 * Puts together what others know.
	 * @param parts who knows some of the ports
	 * @return all of them; of each kind the first that there is
	 */
	static BoundPorts of(List<? extends BoundPorts> parts) {
		return new BoundPorts() {

			@Override
			public int server() {
				return first(BoundPorts::server);
			}

			@Override
			public int management() {
				return first(BoundPorts::management);
			}

			@Override
			public int grpc() {
				return first(BoundPorts::grpc);
			}

			@Override
			public boolean hasGrpcServer() {
				return parts.stream().anyMatch(BoundPorts::hasGrpcServer);
			}

			@Override
			public boolean isInExternalContainer() {
				return parts.stream().anyMatch(BoundPorts::isInExternalContainer);
			}

			private int first(ToIntFunction<BoundPorts> kind) {
				return parts.stream().mapToInt(kind).filter((port) -> port != 0).findFirst().orElse(0);
			}

		};
	}

	/**
	 * Returns the port of the web server.
	 * @return the port, 0 as long as there is none
	 */
	default int server() {
		return 0;
	}

	/**
	 * Returns the port of the management server, if that is a server of its own.
	 * @return the port, 0 as long as there is none
	 */
	default int management() {
		return 0;
	}

	/**
	 * Returns the port of the gRPC server, if that is a server of its own.
	 * @return the port, 0 as long as there is none
	 * @throws RuntimeException that names the property, if there are several and the
	 * property does not say which one to advertise
	 */
	default int grpc() {
		return 0;
	}

	/**
	 * Whether there is a gRPC server that listens on the network, started or not.
	 * @return whether there is
	 */
	default boolean hasGrpcServer() {
		return false;
	}

	/**
	 * Returns whether a servlet container deployed the application as a WAR, so that the
	 * application starts no server of its own.
	 * @return {@code true} for a WAR
	 */
	default boolean isInExternalContainer() {
		return false;
	}

}
