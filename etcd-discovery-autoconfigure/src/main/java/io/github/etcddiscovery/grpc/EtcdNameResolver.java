package io.github.etcddiscovery.grpc;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import io.github.etcddiscovery.cloud.InstanceMetadata;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.support.LimitedLog;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.CatalogSource;
import io.github.etcddiscovery.view.Subscription;
import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.SynchronizationContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

import org.springframework.cloud.client.ServiceInstance;

/**
 * Tells one channel the instances of one service: as soon as the view has read etcd, and
 * whenever they change. Instances with a known address are passed at once. The others
 * follow after their DNS lookup, so a slow name delays no other instance. Everything
 * happens in the channel's synchronization context, except the lookups.
 */
final class EtcdNameResolver extends NameResolver {

	/** As long as a call to etcd may take by default. */
	private static final Duration FIRST_SYNC_TIMEOUT = Duration.ofSeconds(3);

	/** The same as the JDK's default cache time for failed lookups. */
	private static final Duration UNKNOWN_HOST_RETRY = Duration.ofSeconds(10);

	private static final Logger logger = LoggerFactory.getLogger(EtcdNameResolver.class);

	private final LimitedLog log = new LimitedLog(logger, System::nanoTime);

	private final CatalogSource<ServiceInstance> view;

	private final String serviceId;

	private final Args args;

	private final SynchronizationContext context;

	private final HostLookups hosts;

	private final PublishedServiceConfig serviceConfig;

	private @Nullable Listener2 listener;

	private @Nullable Subscription subscription;

	private @Nullable ScheduledFuture<?> scheduled;

	private boolean refreshPlanned;

	/** What the view told last, {@code null} before it has read etcd. */
	private @Nullable List<ServiceInstance> instances;

	/** What the channel was told last. */
	private @Nullable List<EquivalentAddressGroup> told;

	/** The service config that it was told with them. */
	private @Nullable ConfigOrError toldConfig;

	EtcdNameResolver(CatalogSource<ServiceInstance> view, String serviceId, Args args) {
		this(view, serviceId, args, InetAddress::getAllByName);
	}

	EtcdNameResolver(CatalogSource<ServiceInstance> view, String serviceId, Args args, HostLookups.Lookup lookup) {
		this.view = view;
		this.serviceId = serviceId;
		this.args = args;
		this.context = args.getSynchronizationContext();
		this.hosts = new HostLookups(lookup, (task) -> args.getOffloadExecutor().execute(task), this.context,
				this::tell);
		this.serviceConfig = new PublishedServiceConfig(serviceId, args.getServiceConfigParser(), this.log);
	}

	@Override
	public String getServiceAuthority() {
		return this.serviceId;
	}

	@Override
	public void start(Listener2 listener) {
		this.listener = listener;
		follow(this.view.catalog());
		this.subscription = this.view.subscribe((catalog) -> this.context.execute(() -> follow(catalog)));
		if (this.instances == null) {
			// Calls without a deadline must not wait for as long as etcd is away.
			refreshIn(FIRST_SYNC_TIMEOUT);
		}
	}

	/** A connection has failed: the name of a host may stand for another address. */
	@Override
	public void refresh() {
		if (this.instances != null) {
			this.hosts.lookUpAgain();
			tell();
		}
		else {
			String failure = this.view.failure();
			fail(failure("etcd has not been read yet" + ((failure != null) ? ": " + failure : "")));
		}
	}

	@Override
	public void shutdown() {
		this.listener = null;
		this.hosts.want(Set.of());
		if (this.subscription != null) {
			this.subscription.close();
		}
		if (this.scheduled != null) {
			this.scheduled.cancel(false);
		}
	}

	/** Does nothing if it is planned already: news must not put off a retry for ever. */
	private void refreshIn(Duration delay) {
		if (!this.refreshPlanned) {
			this.refreshPlanned = true;
			this.scheduled = this.args.getScheduledExecutorService()
				.schedule(() -> this.context.execute(this::plannedRefresh), delay.toNanos(), TimeUnit.NANOSECONDS);
		}
	}

	private void plannedRefresh() {
		this.refreshPlanned = false;
		if (this.listener != null) {
			refresh();
		}
	}

	private void follow(Catalog<ServiceInstance> catalog) {
		boolean known = catalog.isSynced() || catalog.revision(this.serviceId) > 0;
		List<ServiceInstance> current = catalog.available(this.serviceId);
		if (known && current != this.instances && this.listener != null) {
			this.instances = current;
			this.hosts.want(current.stream().map(ServiceInstance::getHost).collect(Collectors.toSet()));
			tell();
		}
	}

	private void tell() {
		List<ServiceInstance> current = this.instances;
		if (current == null || this.listener == null) {
			return;
		}
		Set<String> unknown = this.hosts.unknown();
		if (!unknown.isEmpty()) {
			this.log.log(Level.WARN, this.serviceId, "unknown hosts",
					() -> "Cannot resolve %d hosts of %s, such as %s. Instances without an earlier address get no calls"
						.formatted(unknown.size(), this.serviceId, unknown.iterator().next()));
			refreshIn(UNKNOWN_HOST_RETRY);
		}
		List<EquivalentAddressGroup> groups = groups(current);
		if (!groups.isEmpty()) {
			ConfigOrError config = this.serviceConfig.of(current);
			if (!groups.equals(this.told) || config != this.toldConfig) {
				this.told = groups;
				this.toldConfig = config;
				tell(StatusOr.fromValue(groups), config);
			}
		}
		else if (current.isEmpty() || !this.hosts.isLookingUp()) {
			Status failure = failure(this.view.follows(this.serviceId) ? "none of its instances in etcd may be called"
					: "expected it among spring.cloud.etcd.discovery.services, which says what to follow");
			fail(current.isEmpty() ? NoInstanceException.mark(failure) : failure);
		}
	}

	private List<EquivalentAddressGroup> groups(List<ServiceInstance> current) {
		List<EquivalentAddressGroup> groups = new ArrayList<>();
		for (ServiceInstance instance : current) {
			int port = port(instance);
			List<SocketAddress> addresses = this.hosts.addresses(instance.getHost())
				.stream()
				.<SocketAddress>map((address) -> new InetSocketAddress(address, port))
				.toList();
			if (!addresses.isEmpty()) {
				groups.add(new EquivalentAddressGroup(addresses, AddressAttributes.of(instance)));
			}
		}
		return groups;
	}

	private static int port(ServiceInstance instance) {
		String other = InstanceMetadata.of(instance).get(ServiceRecord.GRPC_PORT);
		return (other != null) ? Integer.parseInt(other) : instance.getPort();
	}

	private Status failure(String why) {
		return Status.UNAVAILABLE.withDescription("Cannot call " + this.serviceId + ": " + why);
	}

	private void fail(Status failure) {
		this.told = null;
		tell(StatusOr.fromStatus(failure), null);
	}

	private void tell(StatusOr<List<EquivalentAddressGroup>> addresses, @Nullable ConfigOrError config) {
		if (this.listener != null) {
			this.listener.onResult2(
					ResolutionResult.newBuilder().setAddressesOrError(addresses).setServiceConfig(config).build());
		}
	}

}
