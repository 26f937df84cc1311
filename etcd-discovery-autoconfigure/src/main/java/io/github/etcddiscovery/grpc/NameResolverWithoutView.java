package io.github.etcddiscovery.grpc;

import io.grpc.NameResolver;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.SynchronizationContext;
import org.jspecify.annotations.Nullable;

/**
 * Fails all calls, so that an application in which discovery is switched off starts at
 * least.
 */
final class NameResolverWithoutView extends NameResolver {

	private final String serviceId;

	private final SynchronizationContext context;

	private @Nullable Listener2 listener;

	NameResolverWithoutView(String serviceId, SynchronizationContext context) {
		this.serviceId = serviceId;
		this.context = context;
	}

	@Override
	public String getServiceAuthority() {
		return this.serviceId;
	}

	@Override
	public void start(Listener2 listener) {
		this.listener = listener;
		refresh();
	}

	@Override
	public void refresh() {
		// From within the context: once the channel knows that this has been started.
		this.context.execute(this::tell);
	}

	private void tell() {
		if (this.listener != null) {
			this.listener.onResult2(ResolutionResult.newBuilder()
				.setAddressesOrError(StatusOr.fromStatus(Status.UNAVAILABLE
					.withDescription("Cannot call " + this.serviceId + ": expected discovery over etcd to be enabled,"
							+ " and a channel of Spring gRPC's or one with"
							+ " setNameResolverArg(EtcdNameResolverProvider.VIEW, view)")))
				.build());
		}
	}

	@Override
	public void shutdown() {
		this.listener = null;
	}

}
