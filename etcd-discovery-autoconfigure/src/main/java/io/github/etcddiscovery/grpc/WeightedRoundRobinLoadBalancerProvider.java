package io.github.etcddiscovery.grpc;

import io.github.etcddiscovery.Internal;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.protobuf.services.HealthCheckingLoadBalancerUtil;

/**
 * Provides {@value EtcdNameResolverProvider#LOAD_BALANCING_POLICY}. gRPC finds it by
 * itself, as a service. With {@code grpc-services} on the class path, the policy also
 * honours the {@code healthCheckConfig} of a service config, as gRPC's
 * {@code round_robin} does.
 */
@Internal
public final class WeightedRoundRobinLoadBalancerProvider extends LoadBalancerProvider {

	/** The same as that of gRPC's own policies. */
	private static final int PRIORITY = 5;

	/** The class of {@code grpc-services} that checks health. */
	public static final String HEALTH_CHECKING = "io.grpc.protobuf.services.HealthCheckingLoadBalancerUtil";

	private static final boolean HEALTH_CHECKS = canCheckHealth();

	private static boolean canCheckHealth() {
		try {
			Class.forName(HEALTH_CHECKING, false, WeightedRoundRobinLoadBalancerProvider.class.getClassLoader());
			return true;
		}
		catch (ClassNotFoundException | LinkageError ex) {
			return false;
		}
	}

	@Override
	public boolean isAvailable() {
		return true;
	}

	@Override
	public int getPriority() {
		return PRIORITY;
	}

	@Override
	public String getPolicyName() {
		return EtcdNameResolverProvider.LOAD_BALANCING_POLICY;
	}

	@Override
	public LoadBalancer newLoadBalancer(LoadBalancer.Helper helper) {
		return HEALTH_CHECKS ? HealthChecked.newLoadBalancer(helper) : new WeightedRoundRobinLoadBalancer(helper);
	}

	/**
	 * Keeps a class that may be missing out of the provider.
	 */
	private static final class HealthChecked {

		static LoadBalancer newLoadBalancer(LoadBalancer.Helper helper) {
			return HealthCheckingLoadBalancerUtil.newHealthCheckingLoadBalancer(new LoadBalancer.Factory() {

				@Override
				public LoadBalancer newLoadBalancer(LoadBalancer.Helper checking) {
					return new WeightedRoundRobinLoadBalancer(checking);
				}

			}, helper);
		}

	}

}
