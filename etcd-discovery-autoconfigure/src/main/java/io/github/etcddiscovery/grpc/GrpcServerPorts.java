package io.github.etcddiscovery.grpc;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntSupplier;
import java.util.function.UnaryOperator;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cloud.registration.BoundPorts;
import io.github.etcddiscovery.cloud.registration.EtcdAutoServiceRegistration;
import io.github.etcddiscovery.instance.InvalidValueException;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.grpc.server.InProcessGrpcServerFactory;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

/**
 * The port of Spring gRPC's server, if that is a server of its own. A server that is part
 * of the web server has its port, and an in-process server has none.
 */
@Internal
public final class GrpcServerPorts implements BoundPorts, SmartInitializingSingleton {

	private final ConfigurableListableBeanFactory beans;

	private final @Nullable String advertised;

	private final UnaryOperator<IntSupplier> guard;

	/**
	 * Creates it.
	 * @param beans of the context whose server counts; those of its parents do not
	 * @param advertised the bean name of the server to advertise, {@code null} for the
	 * only one
	 * @param guard throws what a wrong name causes, an {@link InvalidValueException}, as
	 * an exception that names the property
	 */
	public GrpcServerPorts(ConfigurableListableBeanFactory beans, @Nullable String advertised,
			UnaryOperator<IntSupplier> guard) {
		this.beans = beans;
		this.advertised = advertised;
		this.guard = guard;
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
		return !onNetwork().isEmpty();
	}

	@Override
	public int grpc() {
		return this.guard.apply(this::advertisedPort).getAsInt();
	}

	private int advertisedPort() {
		Map<String, GrpcServerLifecycle> servers = onNetwork();
		if (this.advertised != null && !servers.containsKey(this.advertised)) {
			throw new InvalidValueException("gRPC server", this.advertised,
					"the bean name of a gRPC server on the network, one of " + servers.keySet());
		}
		if (this.advertised == null && servers.size() > 1) {
			throw new InvalidValueException("gRPC server", "",
					"one of " + servers.keySet() + ", because the application has several gRPC servers");
		}
		GrpcServerLifecycle server = (this.advertised != null) ? servers.get(this.advertised)
				: servers.values().stream().findFirst().orElse(null);
		return (server != null) ? Math.max(server.getPort(), 0) : 0;
	}

	private Map<String, GrpcServerLifecycle> onNetwork() {
		Map<String, GrpcServerLifecycle> servers = new TreeMap<>(this.beans.getBeansOfType(GrpcServerLifecycle.class));
		servers.values().removeIf((server) -> server.getFactory() instanceof InProcessGrpcServerFactory);
		return servers;
	}

}
