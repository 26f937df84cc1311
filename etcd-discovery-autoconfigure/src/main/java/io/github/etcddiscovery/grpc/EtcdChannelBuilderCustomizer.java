package io.github.etcddiscovery.grpc;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.view.CatalogSource;
import io.grpc.ManagedChannelBuilder;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.grpc.client.GrpcChannelBuilderCustomizer;

/**
 * Lets the channels of Spring gRPC resolve {@code etcd:///{service}}.
 *
 * @param <T> the builder's type
 */
@Internal
public final class EtcdChannelBuilderCustomizer<T extends ManagedChannelBuilder<T>>
		implements GrpcChannelBuilderCustomizer<T> {

	private final CatalogSource<ServiceInstance> view;

	/**
	 * Creates the customizer.
	 * @param view what is registered
	 */
	public EtcdChannelBuilderCustomizer(CatalogSource<ServiceInstance> view) {
		this.view = view;
	}

	@Override
	public void customize(String target, T builder) {
		builder.setNameResolverArg(EtcdNameResolverProvider.VIEW, this.view);
	}

}
