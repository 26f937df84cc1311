package io.github.etcddiscovery.grpc;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.Subscription;
import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.Status;
import io.grpc.StatusOr;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.cloud.client.ServiceInstance;

/**
 * The instances of one service for one channel: those of now as soon as the view has read
 * etcd, and again whenever they change. What the view tells on a thread on which others
 * wait is resolved on one of the channel's, where names of hosts may be looked up.
 */
final class EtcdNameResolver extends NameResolver {

	/** As long as a call to etcd may take by default. */
	private static final Duration FIRST_SYNC_TIMEOUT = Duration.ofSeconds(3);

	private static final Logger logger = LoggerFactory.getLogger(EtcdNameResolver.class);

	private final ServiceView<ServiceInstance> view;

	private final String serviceId;

	private final Args args;

	private @Nullable Subscription subscription;

	/** What the view told last, {@code null} before it has read etcd. */
	private volatile @Nullable List<ServiceInstance> newest;

	private @Nullable Listener2 listener;

	EtcdNameResolver(ServiceView<ServiceInstance> view, String serviceId, Args args) {
		this.view = view;
		this.serviceId = serviceId;
		this.args = args;
	}

	@Override
	public String getServiceAuthority() {
		return this.serviceId;
	}

	@Override
	public void start(Listener2 listener) {
		this.listener = listener;
		this.subscription = this.view.subscribe((catalog) -> follow(catalog));
		// Or calls without a deadline would wait for as long as etcd is away.
		this.args.getScheduledExecutorService()
			.schedule(this::failIfUnread, FIRST_SYNC_TIMEOUT.toNanos(), TimeUnit.NANOSECONDS);
	}

	/** A connection has failed: the name of a host may stand for another address. */
	@Override
	public void refresh() {
		List<ServiceInstance> current = this.newest;
		if (current != null) {
			resolve(current);
		}
		else {
			failIfUnread();
		}
	}

	@Override
	public void shutdown() {
		if (this.subscription != null) {
			this.subscription.close();
		}
	}

	private void follow(Catalog<ServiceInstance> catalog) {
		List<ServiceInstance> current = catalog.available(this.serviceId);
		if (catalog.isSynced() && current != this.newest) {
			this.newest = current;
			resolve(current);
		}
	}

	private void resolve(List<ServiceInstance> instances) {
		this.args.getOffloadExecutor().execute(() -> tell(instances, addresses(instances)));
	}

	private void failIfUnread() {
		tell(null, unavailable("etcd has not been read yet: " + this.view.failure()));
	}

	private StatusOr<List<EquivalentAddressGroup>> addresses(List<ServiceInstance> instances) {
		List<EquivalentAddressGroup> groups = new ArrayList<>();
		List<String> unknown = new ArrayList<>();
		for (ServiceInstance instance : instances) {
			try {
				groups.add(new EquivalentAddressGroup(addresses(instance)));
			}
			catch (UnknownHostException ex) {
				unknown.add(instance.getHost());
			}
		}
		if (!unknown.isEmpty()) {
			logger.warn("Leaving out instances of {}, whose hosts are not known here: {}", this.serviceId, unknown);
		}
		if (groups.isEmpty()) {
			return unavailable("none of its instances in etcd may be called");
		}
		return StatusOr.fromValue(groups);
	}

	private static List<SocketAddress> addresses(ServiceInstance instance) throws UnknownHostException {
		Map<String, String> metadata = instance.getMetadata();
		String other = (metadata != null) ? metadata.get(ServiceRecord.GRPC_PORT) : null;
		int port = (other != null) ? Integer.parseInt(other) : instance.getPort();
		return Arrays.stream(InetAddress.getAllByName(instance.getHost()))
			.<SocketAddress>map((address) -> new InetSocketAddress(address, port))
			.toList();
	}

	private StatusOr<List<EquivalentAddressGroup>> unavailable(String why) {
		return StatusOr.fromStatus(Status.UNAVAILABLE.withDescription("Cannot call " + this.serviceId + ": " + why));
	}

	/** Looking up hosts may have been overtaken by the next change. */
	private void tell(@Nullable List<ServiceInstance> instances, StatusOr<List<EquivalentAddressGroup>> addresses) {
		this.args.getSynchronizationContext().execute(() -> {
			if (this.listener != null && instances == this.newest) {
				this.listener.onResult2(ResolutionResult.newBuilder().setAddressesOrError(addresses).build());
			}
		});
	}

}
