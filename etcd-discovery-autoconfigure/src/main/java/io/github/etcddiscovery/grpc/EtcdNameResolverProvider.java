package io.github.etcddiscovery.grpc;

import java.net.URI;

import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.view.CatalogSource;
import io.grpc.NameResolver;
import io.grpc.NameResolver.Args;
import io.grpc.NameResolverProvider;
import org.jspecify.annotations.Nullable;

import org.springframework.cloud.client.ServiceInstance;

/**
 * Resolves {@code etcd:///{service}} to the instances of a service that may be called,
 * and tells the channel of every change as it happens. gRPC finds it by itself, as a
 * service; which view to look into, each channel says:
 *
 * <pre class="code">
 * ManagedChannelBuilder.forTarget("etcd:///stock")
 *     .setNameResolverArg(EtcdNameResolverProvider.VIEW, view)
 * </pre>
 *
 * Channels of Spring gRPC's {@code GrpcChannelFactory} have the application's.
 */
public final class EtcdNameResolverProvider extends NameResolverProvider {

	/** The view that a channel looks into. */
	public static final Args.Key<CatalogSource<ServiceInstance>> VIEW = Args.Key
		.create("io.github.etcddiscovery.grpc.VIEW");

	/**
	 * The load balancing policy of channels of Spring gRPC to {@code etcd:///} targets,
	 * unless a property names another one. Other channels use it with
	 * {@code defaultLoadBalancingPolicy}.
	 */
	public static final String LOAD_BALANCING_POLICY = "etcd_weighted_round_robin";

	private static final String SCHEME = "etcd";

	/**
	 * Less than gRPC's own, or this might become what targets without a scheme are
	 * resolved by.
	 */
	private static final int PRIORITY = 4;

	/** Any will do. */
	private static final String SOME_INSTANCE = "any";

	@Override
	protected boolean isAvailable() {
		return true;
	}

	@Override
	protected int priority() {
		return PRIORITY;
	}

	@Override
	public String getDefaultScheme() {
		return SCHEME;
	}

	/**
	 * Creates a resolver.
	 * @param target {@code etcd:///{service}}
	 * @param args with {@link #VIEW}; calls fail without it
	 * @return the resolver; {@code null} for another scheme
	 * @throws IllegalArgumentException if the target names no service
	 */
	@Override
	public @Nullable NameResolver newNameResolver(URI target, Args args) {
		if (!SCHEME.equals(target.getScheme())) {
			return null;
		}
		String serviceId = serviceId(target);
		CatalogSource<ServiceInstance> view = args.getArg(VIEW);
		return (view != null) ? new EtcdNameResolver(view, serviceId, args)
				: new NameResolverWithoutView(serviceId, args.getSynchronizationContext());
	}

	private static String serviceId(URI target) {
		String path = target.getPath();
		if (target.getAuthority() == null && path != null && path.startsWith("/")) {
			try {
				return new InstanceKey(path.substring(1), SOME_INSTANCE).serviceId();
			}
			catch (InvalidValueException ex) {
				throw new IllegalArgumentException("Cannot resolve " + target + ": " + ex.getMessage(), ex);
			}
		}
		throw new IllegalArgumentException("Cannot resolve " + target + ": expected etcd:///{service}");
	}

}
