package io.github.etcddiscovery.autoconfigure;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.cloud.EtcdServiceInstance;
import io.github.etcddiscovery.cluster.ClusterView;
import io.github.etcddiscovery.instance.AllowedNetworks;
import io.github.etcddiscovery.instance.InstanceFormat;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.instance.KeyRange;
import io.github.etcddiscovery.instance.format.CheckedFormats;
import io.github.etcddiscovery.instance.format.InstanceFormats;
import io.github.etcddiscovery.snapshot.ViewSnapshot;
import io.github.etcddiscovery.support.Telemetry;
import io.github.etcddiscovery.view.InstanceDecoder;
import io.github.etcddiscovery.view.InstanceLimits;
import io.github.etcddiscovery.view.ServiceView;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.util.StringUtils;

/**
 * Creates views, and what they need, from properties.
 */
final class Views {

	private static final Logger logger = LoggerFactory.getLogger(Views.class);

	private Views() {
	}

	static KeyLayout layout(EtcdDiscoveryProperties properties) {
		String prefix = properties.getPrefix();
		InvalidProperties.check(() -> new KeyLayout(prefix));
		if (!prefix.startsWith("/")) {
			logger.warn("spring.cloud.etcd.discovery.prefix is '{}', which is another one than '/{}': without a slash"
					+ " at its beginning it finds only those who leave it out too", prefix, prefix);
		}
		properties.getServicePrefixes()
			.forEach((service, own) -> InvalidProperties.check("service-prefixes." + service,
					() -> new KeyLayout(prefix, Map.of(service, own))));
		return InvalidProperties.check("service-prefixes",
				() -> new KeyLayout(prefix, properties.getServicePrefixes()));
	}

	static CheckedFormats formats(Stream<InstanceFormat> further, EtcdDiscoveryProperties properties) {
		AllowedNetworks networks = InvalidProperties.check("allowed-networks",
				() -> AllowedNetworks.of(properties.getAllowedNetworks()));
		return new CheckedFormats(InstanceFormats.with(further.toList()), networks, properties.isAllowSecretMetadata());
	}

	/** Creates the view of the home cluster. */
	static ServiceView<ServiceInstance> home(EtcdClient client, List<KeyRange> ranges, CheckedFormats formats,
			EtcdDiscoveryProperties properties, Telemetry telemetry) {
		return new ServiceView<>(client, ranges, homeDecoder(formats, properties), Views::isUp, retention(properties),
				limits(properties), telemetry);
	}

	/** Returns the decoder of the view of the home cluster. */
	static InstanceDecoder<ServiceInstance> homeDecoder(CheckedFormats formats, EtcdDiscoveryProperties properties) {
		return properties.getRemotes().isEmpty()
				? (key, keyValue) -> new EtcdServiceInstance(formats.decode(key, keyValue.value()), keyValue.leaseId())
				: inCluster(ClusterView.HOME, formats);
	}

	/** Creates the snapshot of the view of the home cluster. */
	static ViewSnapshot<ServiceInstance> snapshot(ServiceView<ServiceInstance> view, CheckedFormats formats,
			EtcdDiscoveryProperties properties) {
		String file = properties.getSnapshot().getFile();
		Duration maxAge = InvalidProperties.requirePositive("discovery.snapshot.max-age",
				properties.getSnapshot().getMaxAge());
		try {
			if (StringUtils.hasText(file) && Files.isDirectory(Path.of(file))) {
				throw new InvalidPathException(file, "a directory");
			}
			return new ViewSnapshot<>(StringUtils.hasText(file) ? Path.of(file) : null, maxAge, view,
					new SnapshotCodec(homeDecoder(formats, properties)));
		}
		catch (InvalidPathException ex) {
			throw InvalidProperties.invalid("discovery.snapshot.file", ex.getInput(),
					"Expected the path of a file, which need not exist yet.");
		}
	}

	/** Creates the view of a remote cluster. */
	static ServiceView<ServiceInstance> remote(String cluster, EtcdClient client, List<KeyRange> ranges,
			CheckedFormats formats, EtcdDiscoveryProperties properties, Telemetry telemetry) {
		return new ServiceView<>(client, ranges, inCluster(cluster, formats), Views::isUp, retention(properties),
				limits(properties), telemetry, cluster);
	}

	private static InstanceDecoder<ServiceInstance> inCluster(String cluster, CheckedFormats formats) {
		return (key, keyValue) -> EtcdServiceInstance.of(formats.decode(key, keyValue.value()), keyValue.leaseId(),
				cluster);
	}

	private static boolean isUp(ServiceInstance instance) {
		return ((EtcdServiceInstance) instance).isUp();
	}

	private static Duration retention(EtcdDiscoveryProperties properties) {
		return properties.isRetainVanished() ? properties.getTtl() : Duration.ZERO;
	}

	private static InstanceLimits limits(EtcdDiscoveryProperties properties) {
		return InvalidProperties
			.check(() -> new InstanceLimits(properties.getMaxInstances(), properties.getMaxInstancesPerService()));
	}

}
