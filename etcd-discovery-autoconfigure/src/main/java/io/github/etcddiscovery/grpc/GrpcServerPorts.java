package io.github.etcddiscovery.grpc;

import io.github.etcddiscovery.cloud.BoundPorts;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

/**
 * The port of Spring gRPC's server, if that is a server of its own: one that is part of
 * the web server has its port, one within the process has none.
 */
public final class GrpcServerPorts implements BoundPorts {

	private final ListableBeanFactory beans;

	/**
	 * Creates it.
	 * @param beans of the context whose server counts; those of its parents do not
	 */
	public GrpcServerPorts(ListableBeanFactory beans) {
		this.beans = beans;
	}

	@Override
	public int grpc() {
		return this.beans.getBeansOfType(GrpcServerLifecycle.class)
			.values()
			.stream()
			.mapToInt(GrpcServerLifecycle::getPort)
			.filter((port) -> port > 0)
			.findFirst()
			.orElse(0);
	}

}
