package io.github.etcddiscovery.grpc;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cloud.registration.BoundPorts;
import io.github.etcddiscovery.cloud.registration.EtcdAutoServiceRegistration;

import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

/**
 * The port of Spring gRPC's server, if that is a server of its own: one that is part of
 * the web server has its port, an in-process server has none.
 */
@Internal
public final class GrpcServerPorts implements BoundPorts, SmartInitializingSingleton {

	private final ConfigurableListableBeanFactory beans;

	/**
	 * Creates it.
	 * @param beans of the context whose server counts; those of its parents do not
	 */
	public GrpcServerPorts(ConfigurableListableBeanFactory beans) {
		this.beans = beans;
	}

	/**
	 * Both are in one phase: so the registration starts after the server, and stops
	 * before it. Told late, since a service may want to know the registration.
	 */
	@Override
	public void afterSingletonsInstantiated() {
		for (String server : this.beans.getBeanNamesForType(GrpcServerLifecycle.class)) {
			for (String registration : this.beans.getBeanNamesForType(EtcdAutoServiceRegistration.class)) {
				this.beans.registerDependentBean(server, registration);
			}
		}
	}

	@Override
	public boolean hasGrpcServer() {
		return this.beans.getBeanNamesForType(GrpcServerLifecycle.class).length > 0;
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
