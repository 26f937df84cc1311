package io.github.etcddiscovery.sample;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.cloud.EtcdServiceInstance;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.cloud.registration.RegisteredRecord;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.CatalogSource;
import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.Subscription;
import io.github.etcddiscovery.view.ViewState;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.serviceregistry.Registration;
import org.springframework.context.SmartLifecycle;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.stereotype.Component;

/**
 * What the page shows, as it happens: {@code services} at every change that etcd pushes,
 * {@code self} twice a second. Ends before the web server stops, which waits for streams
 * that are open.
 */
@Component
class LiveEvents implements SmartLifecycle {

	private static final Duration TICK = Duration.ofMillis(500);

	private final CatalogSource<ServiceInstance> clusters;

	private final ServiceView<ServiceInstance> view;

	private final EtcdServiceRegistry registry;

	private final ObjectProvider<Registration> registration;

	private final EtcdClient client;

	private final ObjectProvider<LocalEtcd> localEtcd;

	private final Sinks.Many<Map<String, List<Instance>>> services = Sinks.many().replay().latest();

	/** Touched by the thread only that the view tells of changes on. */
	private Map<ServiceInstance, Instant> known = Map.of();

	private volatile Sinks.Empty<Void> end = Sinks.empty();

	private volatile Subscription subscription;

	LiveEvents(CatalogSource<ServiceInstance> clusters, ServiceView<ServiceInstance> view, EtcdServiceRegistry registry,
			ObjectProvider<Registration> registration, EtcdClient client, ObjectProvider<LocalEtcd> localEtcd) {
		this.clusters = clusters;
		this.view = view;
		this.registry = registry;
		this.registration = registration;
		this.client = client;
		this.localEtcd = localEtcd;
	}

	/** A reader that is slow skips to what is newest. */
	Flux<ServerSentEvent<Object>> events() {
		Flux<ServerSentEvent<Object>> changes = this.services.asFlux()
			.onBackpressureLatest()
			.map((current) -> event("services", current));
		Flux<ServerSentEvent<Object>> ticks = Flux.interval(Duration.ZERO, TICK)
			.onBackpressureLatest()
			.map((tick) -> event("self", self()));
		return Flux.merge(changes, ticks).takeUntilOther(this.end.asMono());
	}

	private static ServerSentEvent<Object> event(String name, Object data) {
		return ServerSentEvent.builder(data).event(name).build();
	}

	private void changed(Catalog<ServiceInstance> catalog) {
		Map<ServiceInstance, Instant> current = new HashMap<>();
		Map<String, List<Instance>> shown = new TreeMap<>();
		for (String service : catalog.services()) {
			shown.put(service, catalog.all(service).stream().map((instance) -> {
				Instant since = this.known.getOrDefault(instance, Instant.now());
				current.put(instance, since);
				return Instance.of((EtcdServiceInstance) instance, since);
			}).toList());
		}
		this.known = current;
		this.services.tryEmitNext(shown);
	}

	private Self self() {
		Registration own = this.registration.getIfAvailable();
		LocalEtcd local = this.localEtcd.getIfAvailable();
		return new Self((own != null) ? own.getServiceId() : "", (own != null) ? own.getInstanceId() : "",
				(local != null) ? local.describe() : "at " + this.client.describe(), this.view.state(),
				this.view.catalog().isSynced(), this.view.staleness().toMillis(), this.registry.getRecords());
	}

	@Override
	public void start() {
		this.end = Sinks.empty();
		this.subscription = this.clusters.subscribe(this::changed);
	}

	@Override
	public void stop() {
		this.subscription.close();
		this.subscription = null;
		this.end.tryEmitEmpty();
	}

	@Override
	public boolean isRunning() {
		return this.subscription != null;
	}

	/**
	 * What is shown of an instance.
	 *
	 * @param id its id
	 * @param address where it is
	 * @param status what it says of itself
	 * @param metadata its further properties, the zone among them
	 * @param lease the lease it goes with
	 * @param knownSince when this application saw it first
	 */
	record Instance(String id, URI address, InstanceStatus status, Map<String, String> metadata, String lease,
			Instant knownSince) {

		static Instance of(EtcdServiceInstance instance, Instant knownSince) {
			return new Instance(instance.getInstanceId(), instance.getUri(), instance.getStatus(),
					instance.getMetadata(), Long.toHexString(instance.getLeaseId()), knownSince);
		}

	}

	/**
	 * What is shown of this application.
	 *
	 * @param service its name
	 * @param instance its id
	 * @param etcd which etcd it uses
	 * @param view what its view of etcd is doing
	 * @param synced whether that has been read at all
	 * @param staleMillis for how long changes may have gone unseen
	 * @param registrations what it has registered
	 */
	record Self(String service, String instance, String etcd, ViewState view, boolean synced, long staleMillis,
			List<RegisteredRecord> registrations) {

	}

}
