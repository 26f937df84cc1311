package io.github.etcddiscovery.cloud.loadbalancer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.Stream;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cloud.EtcdServiceInstance;
import io.github.etcddiscovery.cloud.InstanceMetadata;
import io.github.etcddiscovery.support.LimitedLog;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import reactor.core.publisher.Flux;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.client.loadbalancer.reactive.ReactiveLoadBalancer;
import org.springframework.cloud.loadbalancer.core.DelegatingServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;

/**
 * Supplies the instances of the first zone that has an available one. If these are too
 * few, instances of the next zones fill the gap. The name of a cluster is a zone, too,
 * for its instances whose own zone is not listed. Instances of other zones, and instances
 * without a zone, form the last zone. The instances that join are picked per caller. Safe
 * to use from any thread.
 */
@Internal
public final class ZonesInstanceListSupplier extends DelegatingServiceInstanceListSupplier {

	private static final Logger logger = LoggerFactory.getLogger(ZonesInstanceListSupplier.class);

	private static final String METADATA = "zone";

	private final LimitedLog log = new LimitedLog(logger, System::nanoTime);

	/** The zones without repetitions. */
	private final List<String> names = new ArrayList<>();

	/** By name, upper and lower case alike, as Spring Cloud compares zones. */
	private final Map<String, Integer> zones = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

	private final MinAvailable minAvailable;

	private final BiFunction<Request<?>, List<ServiceInstance>, List<ServiceInstance>> registered;

	private final CallerSubset subset;

	private final RecentLists<RegisteredInstances> chosen = new RecentLists<>();

	/** The zones of the last list. At first those that are used when nothing is wrong. */
	private volatile List<String> used;

	/**
	 * Creates a supplier.
	 * @param delegate supplies all available instances
	 * @param zones the zones, in the order in which they are used
	 * @param minAvailable how many instances are enough
	 * @param registered function from a request and its available instances to the
	 * registered instances, whatever their status. It must return the same list object
	 * while nothing changes
	 * @param caller a number that differs from caller to caller
	 */
	public ZonesInstanceListSupplier(ServiceInstanceListSupplier delegate, List<String> zones,
			MinAvailable minAvailable, BiFunction<Request<?>, List<ServiceInstance>, List<ServiceInstance>> registered,
			long caller) {
		super(delegate);
		for (String zone : zones) {
			if (this.zones.putIfAbsent(zone, this.names.size()) == null) {
				this.names.add(zone);
			}
		}
		this.used = List.of(zones.get(0));
		this.minAvailable = minAvailable;
		this.registered = registered;
		this.subset = new CallerSubset(caller);
	}

	@Override
	public Flux<List<ServiceInstance>> get() {
		return this.delegate.get().map((available) -> choose(available, ReactiveLoadBalancer.REQUEST));
	}

	@Override
	@SuppressWarnings("rawtypes")
	public Flux<List<ServiceInstance>> get(Request request) {
		return this.delegate.get(request).map((available) -> choose(available, request));
	}

	private List<ServiceInstance> choose(List<ServiceInstance> available, Request<?> request) {
		// Only a percentage needs the registered instances.
		RegisteredInstances all = new RegisteredInstances(
				this.minAvailable.isPercentage() ? this.registered.apply(request, available) : List.of());
		return this.chosen.get(available, all, () -> choose(byZone(available), all.list()));
	}

	private List<ServiceInstance> choose(List<List<ServiceInstance>> available, List<ServiceInstance> registered) {
		int enough = this.minAvailable.forRegistered(
				byZone(registered).stream().mapToInt(List::size).filter((size) -> size > 0).findFirst().orElse(0));
		List<ServiceInstance> result = List.of();
		List<String> zones = new ArrayList<>();
		for (int i = 0; i < available.size(); i++) {
			List<ServiceInstance> zone = available.get(i);
			if (!zone.isEmpty() && result.size() < Math.max(1, enough)) {
				zones.add((i < this.names.size()) ? this.names.get(i) : "others");
				List<ServiceInstance> joining = result.isEmpty() ? zone : this.subset.of(zone, enough - result.size());
				result = Stream.concat(result.stream(), joining.stream()).toList();
			}
		}
		report(zones, result.size(), enough);
		return result;
	}

	/** Logs when instances of another zone join, and when that is over. */
	private void report(List<String> zones, int instances, int enough) {
		if (!zones.isEmpty() && !zones.equals(this.used)) {
			this.used = zones;
			this.log.log(Level.INFO, getServiceId(), zones.toString(),
					() -> "Instances of %s now come from the zones %s: %d in use, %d wanted".formatted(getServiceId(),
							zones, instances, enough));
		}
	}

	private List<List<ServiceInstance>> byZone(List<ServiceInstance> instances) {
		List<List<ServiceInstance>> result = new ArrayList<>();
		for (int zone = 0; zone <= this.zones.size(); zone++) {
			result.add(new ArrayList<>());
		}
		instances.forEach((instance) -> result.get(zone(instance)).add(instance));
		return result;
	}

	private int zone(ServiceInstance instance) {
		Integer index = index(InstanceMetadata.of(instance).get(METADATA));
		if (index == null && instance instanceof EtcdServiceInstance found) {
			index = index(found.getCluster());
		}
		return (index != null) ? index : this.zones.size();
	}

	private @Nullable Integer index(@Nullable String zone) {
		return (zone != null) ? this.zones.get(zone) : null;
	}

	/**
	 * The registered instances, equal only to the very same list.
	 */
	private record RegisteredInstances(List<ServiceInstance> list) {

		@Override
		public boolean equals(Object other) {
			return other instanceof RegisteredInstances that && this.list == that.list;
		}

		@Override
		public int hashCode() {
			return System.identityHashCode(this.list);
		}

	}

}
