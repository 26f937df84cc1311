package io.github.etcddiscovery.grpc;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.support.LimitedLog;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
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
 * The instances of one service for one channel: those of now as soon as the view has read
 * etcd, and again whenever they change. Everything happens in the channel's
 * synchronization context, but for looking up hosts, which takes one of its threads that
 * may block, one at a time.
 */
final class EtcdNameResolver extends NameResolver {

	/** As long as a call to etcd may take by default. */
	private static final Duration FIRST_SYNC_TIMEOUT = Duration.ofSeconds(3);

	/** For as long the JDK remembers by default that a name is not known. */
	private static final Duration UNKNOWN_HOST_RETRY = Duration.ofSeconds(10);

	private static final Logger logger = LoggerFactory.getLogger(EtcdNameResolver.class);

	private final LimitedLog log = new LimitedLog(logger, System::nanoTime);

	private final ServiceView<ServiceInstance> view;

	private final String serviceId;

	private final Args args;

	private final SynchronizationContext context;

	private final HostLookup lookup;

	private @Nullable Listener2 listener;

	private @Nullable Subscription subscription;

	private @Nullable ScheduledFuture<?> scheduled;

	/** What the view told last, {@code null} before it has read etcd. */
	private @Nullable List<ServiceInstance> instances;

	/** Where hosts were found the last time, so that one failure cuts nobody off. */
	private Map<String, List<InetAddress>> hosts = Map.of();

	private Set<String> unknown = Set.of();

	private boolean lookingUp;

	private boolean outdated;

	EtcdNameResolver(ServiceView<ServiceInstance> view, String serviceId, Args args) {
		this(view, serviceId, args, InetAddress::getAllByName);
	}

	EtcdNameResolver(ServiceView<ServiceInstance> view, String serviceId, Args args, HostLookup lookup) {
		this.lookup = lookup;
		this.view = view;
		this.serviceId = serviceId;
		this.args = args;
		this.context = args.getSynchronizationContext();
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
			// Or calls without a deadline would wait for as long as etcd is away.
			refreshIn(FIRST_SYNC_TIMEOUT);
		}
	}

	/** A connection has failed: the name of a host may stand for another address. */
	@Override
	public void refresh() {
		if (this.instances != null) {
			lookUp(this.instances);
		}
		else {
			String failure = this.view.failure();
			fail("etcd has not been read yet" + ((failure != null) ? ": " + failure : ""));
		}
	}

	@Override
	public void shutdown() {
		this.listener = null;
		if (this.subscription != null) {
			this.subscription.close();
		}
		if (this.scheduled != null) {
			this.scheduled.cancel(false);
		}
	}

	private void refreshIn(Duration delay) {
		if (this.scheduled != null) {
			this.scheduled.cancel(false);
		}
		this.scheduled = this.args.getScheduledExecutorService()
			.schedule(() -> this.context.execute(this::refreshUnlessShutDown), delay.toNanos(), TimeUnit.NANOSECONDS);
	}

	private void refreshUnlessShutDown() {
		if (this.listener != null) {
			refresh();
		}
	}

	private void follow(Catalog<ServiceInstance> catalog) {
		boolean known = catalog.isSynced() || catalog.revision(this.serviceId) > 0;
		List<ServiceInstance> current = catalog.available(this.serviceId);
		if (known && current != this.instances && this.listener != null) {
			this.instances = current;
			lookUp(current);
		}
	}

	private void lookUp(List<ServiceInstance> current) {
		if (this.lookingUp) {
			this.outdated = true;
			return;
		}
		this.lookingUp = true;
		this.args.getOffloadExecutor().execute(() -> {
			Map<String, List<InetAddress>> found = new HashMap<>();
			for (ServiceInstance instance : current) {
				found.computeIfAbsent(instance.getHost(), this::addresses);
			}
			this.context.execute(() -> found(found));
		});
	}

	/** Returns none if the host is not known. */
	private List<InetAddress> addresses(String host) {
		try {
			return Arrays.asList(this.lookup.addresses(host));
		}
		catch (UnknownHostException ex) {
			return List.of();
		}
	}

	private void found(Map<String, List<InetAddress>> found) {
		this.lookingUp = false;
		if (this.listener == null || this.instances == null) {
			return;
		}
		if (this.outdated) {
			this.outdated = false;
			lookUp(this.instances);
			return;
		}
		Set<String> missing = new TreeSet<>();
		found.forEach((host, addresses) -> {
			if (addresses.isEmpty()) {
				missing.add(host);
			}
		});
		missing.forEach((host) -> found.put(host, this.hosts.getOrDefault(host, List.of())));
		this.hosts = found;
		if (!missing.isEmpty()) {
			if (!missing.equals(this.unknown)) {
				this.log.log(Level.WARN, this.serviceId, "unknown hosts",
						"Instances of %s are on hosts that are not known here: %s".formatted(this.serviceId, missing));
			}
			refreshIn(UNKNOWN_HOST_RETRY);
		}
		this.unknown = missing;
		tell(this.instances);
	}

	private void tell(List<ServiceInstance> current) {
		List<EquivalentAddressGroup> groups = new ArrayList<>();
		for (ServiceInstance instance : current) {
			int port = port(instance);
			List<SocketAddress> addresses = this.hosts.getOrDefault(instance.getHost(), List.of())
				.stream()
				.<SocketAddress>map((address) -> new InetSocketAddress(address, port))
				.toList();
			if (!addresses.isEmpty()) {
				groups.add(new EquivalentAddressGroup(addresses));
			}
		}
		if (!groups.isEmpty()) {
			tell(StatusOr.fromValue(groups));
		}
		else if (this.view.follows(this.serviceId)) {
			fail("none of its instances in etcd may be called");
		}
		else {
			fail("expected it among spring.cloud.etcd.discovery.services, which says what to follow");
		}
	}

	private static int port(ServiceInstance instance) {
		Map<String, String> metadata = instance.getMetadata();
		String other = (metadata != null) ? metadata.get(ServiceRecord.GRPC_PORT) : null;
		return (other != null) ? Integer.parseInt(other) : instance.getPort();
	}

	private void fail(String why) {
		tell(StatusOr.fromStatus(Status.UNAVAILABLE.withDescription("Cannot call " + this.serviceId + ": " + why)));
	}

	private void tell(StatusOr<List<EquivalentAddressGroup>> addresses) {
		if (this.listener != null) {
			this.listener.onResult2(ResolutionResult.newBuilder().setAddressesOrError(addresses).build());
		}
	}

	/**
	 * Looks up the addresses of a host.
	 */
	interface HostLookup {

		InetAddress[] addresses(String host) throws UnknownHostException;

	}

}
