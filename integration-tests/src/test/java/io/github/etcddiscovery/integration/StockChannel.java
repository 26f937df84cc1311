package io.github.etcddiscovery.integration;

import io.github.etcddiscovery.grpc.EtcdNameResolverProvider;
import io.github.etcddiscovery.view.ServiceView;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;

import org.springframework.cloud.client.ServiceInstance;

/**
 * In docs/grpc.md.
 *
 * @param view what is registered
 */
record StockChannel(ServiceView<ServiceInstance> view) {

	ManagedChannel open() {
		return ManagedChannelBuilder.forTarget("etcd:///stock")
			.setNameResolverArg(EtcdNameResolverProvider.VIEW, this.view)
			.defaultLoadBalancingPolicy(EtcdNameResolverProvider.LOAD_BALANCING_POLICY)
			.usePlaintext()
			.build();
	}

}
