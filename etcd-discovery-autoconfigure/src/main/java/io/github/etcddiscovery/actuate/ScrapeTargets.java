package io.github.etcddiscovery.actuate;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

import io.github.etcddiscovery.actuate.EtcdTargetsEndpoint.TargetGroup;
import io.github.etcddiscovery.cloud.EtcdServiceInstance;
import io.github.etcddiscovery.cloud.InstanceMetadata;
import io.github.etcddiscovery.cloud.ManagementServices;
import io.github.etcddiscovery.instance.ServiceRecord;
import io.github.etcddiscovery.view.Catalog;
import org.jspecify.annotations.Nullable;

import org.springframework.cloud.client.ServiceInstance;

/**
 * Turns the instances of a catalog into targets of Prometheus. The metrics of an instance
 * are at its management server, if it has one. Metadata says at which path.
 */
final class ScrapeTargets {

	private static final String META = "__meta_etcd_";

	private static final String DEFAULT_BASE_PATH = "/actuator";

	private static final String DEFAULT_PATH = "/prometheus";

	private final MetadataSanitizer sanitizer;

	ScrapeTargets(MetadataSanitizer sanitizer) {
		this.sanitizer = sanitizer;
	}

	/** Returns a group for each instance, sorted by service and instance id. */
	List<TargetGroup> of(Catalog<ServiceInstance> catalog) {
		Map<String, List<ServiceInstance>> retained = catalog.retained();
		List<TargetGroup> groups = new ArrayList<>();
		for (String service : catalog.services()) {
			List<ServiceInstance> management = instances(service + ManagementServices.SUFFIX, catalog, retained);
			for (ServiceInstance instance : instances(service, catalog, retained)) {
				if (!InstanceMetadata.of(instance).containsKey(ServiceRecord.MANAGEMENT_OF)) {
					groups.add(group(instance, management));
				}
			}
		}
		return groups;
	}

	/** Returns all instances of a service, or the retained ones, which may be alive. */
	static List<ServiceInstance> instances(String service, Catalog<ServiceInstance> catalog,
			Map<String, List<ServiceInstance>> retained) {
		List<ServiceInstance> all = catalog.all(service);
		return all.isEmpty() ? retained.getOrDefault(service, all) : all;
	}

	private TargetGroup group(ServiceInstance instance, List<ServiceInstance> candidates) {
		Map<String, String> metadata = InstanceMetadata.of(instance);
		String port = metadata.get("management.port");
		ServiceInstance management = management(instance, port, candidates);
		Map<String, String> labels = new TreeMap<>();
		this.sanitizer.visible(metadata)
			.forEach((name, value) -> labels.putIfAbsent(META + "metadata_" + name.replaceAll("\\W", "_"), value));
		labels.put("__scheme__", isSecure(instance, management) ? "https" : "http");
		labels.put("__metrics_path__", path(metadata));
		labels.put(META + "service", instance.getServiceId());
		labels.put(META + "instance", String.valueOf(instance.getInstanceId()));
		if (instance instanceof EtcdServiceInstance found) {
			labels.put(META + "status", found.getStatus().name());
			labels.put(META + "cluster", found.getCluster());
		}
		labels.put(META + "zone", metadata.getOrDefault("zone", ""));
		labels.values().removeIf(String::isEmpty);
		String address = (management != null) ? management.getHost() + ":" + management.getPort()
				: instance.getHost() + ":" + Objects.requireNonNullElse(port, String.valueOf(instance.getPort()));
		return new TargetGroup(List.of(address), labels);
	}

	/** An instance id that was chosen is that of the management server, too. */
	private static @Nullable ServiceInstance management(ServiceInstance instance, @Nullable String port,
			List<ServiceInstance> candidates) {
		return candidates.stream()
			.filter((candidate) -> instance.getServiceId()
				.equals(InstanceMetadata.of(candidate).get(ServiceRecord.MANAGEMENT_OF)))
			.filter((candidate) -> Objects.equals(candidate.getInstanceId(), instance.getInstanceId())
					|| (candidate.getHost().equals(instance.getHost())
							&& String.valueOf(candidate.getPort()).equals(port)))
			.findFirst()
			.orElse(null);
	}

	private static boolean isSecure(ServiceInstance instance, @Nullable ServiceInstance management) {
		String scheme = InstanceMetadata.of(instance).get("management.scheme");
		if (management != null) {
			return management.isSecure();
		}
		return (scheme != null) ? scheme.equals("https") : instance.isSecure();
	}

	private static String path(Map<String, String> metadata) {
		String base = metadata.getOrDefault("management.context-path", DEFAULT_BASE_PATH);
		String path = metadata.getOrDefault("prometheus.path", DEFAULT_PATH);
		return (base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + path;
	}

}
