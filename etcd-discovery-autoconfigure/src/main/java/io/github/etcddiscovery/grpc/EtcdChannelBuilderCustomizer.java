package io.github.etcddiscovery.grpc;

import java.util.function.Predicate;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.view.CatalogSource;
import io.grpc.ManagedChannelBuilder;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.grpc.client.GrpcChannelBuilderCustomizer;

/**
 * Lets the channels of Spring gRPC resolve {@code etcd:///{service}}, and gives channels
 * to such a target our load balancing policy.
 *
 * @param <T> the builder's type
 */
@Internal
public final class EtcdChannelBuilderCustomizer<T extends ManagedChannelBuilder<T>>
		implements GrpcChannelBuilderCustomizer<T> {

	private final CatalogSource<ServiceInstance> view;

	private final Predicate<String> hasOurPolicy;

	/**
	 * Creates the customizer.
	 * @param view what is registered
	 * @param hasOurPolicy whether a channel, by its name or target, gets our load
	 * balancing policy
	 */
	public EtcdChannelBuilderCustomizer(CatalogSource<ServiceInstance> view, Predicate<String> hasOurPolicy) {
		this.view = view;
		this.hasOurPolicy = hasOurPolicy;
	}

	@Override
	public void customize(String target, T builder) {
		builder.setNameResolverArg(EtcdNameResolverProvider.VIEW, this.view);
		if (this.hasOurPolicy.test(target)) {
			builder.defaultLoadBalancingPolicy(EtcdNameResolverProvider.LOAD_BALANCING_POLICY);
		}
	}

}
