package io.github.etcddiscovery.autoconfigure.loadbalancer;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryProperties;
import io.github.etcddiscovery.autoconfigure.InvalidProperties;
import io.github.etcddiscovery.cloud.loadbalancer.InstanceSelector;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * How the load balancer chooses among the instances of a service.
 */
@Internal
@ConfigurationProperties(EtcdDiscoveryProperties.PREFIX)
public class EtcdLoadBalancingProperties extends ChoiceProperties {

	/**
	 * Settings of single services, by service id. They override the settings of all
	 * services.
	 */
	private final Map<String, ChoiceProperties> clients = new LinkedHashMap<>();

	/**
	 * Allowed metadata values, by service id and metadata key.
	 */
	private final Map<String, Map<String, List<String>>> select = new LinkedHashMap<>();

	/**
	 * Maps a header of the outgoing request to the metadata key by which it selects
	 * instances.
	 */
	private Map<String, String> selectHeaders = new LinkedHashMap<>();

	/**
	 * Whether the headers of select-headers are copied from an incoming request to the
	 * requests that are sent while it is handled.
	 */
	private boolean propagateSelectHeaders;

	public Map<String, ChoiceProperties> getClients() {
		return this.clients;
	}

	public Map<String, Map<String, List<String>>> getSelect() {
		return this.select;
	}

	public Map<String, String> getSelectHeaders() {
		return this.selectHeaders;
	}

	public void setSelectHeaders(Map<String, String> selectHeaders) {
		this.selectHeaders = selectHeaders;
	}

	public boolean isPropagateSelectHeaders() {
		return this.propagateSelectHeaders;
	}

	public void setPropagateSelectHeaders(boolean propagateSelectHeaders) {
		this.propagateSelectHeaders = propagateSelectHeaders;
	}

	/**
	 * Checks the values.
	 * @return the values
	 * @throws org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException
	 * if a value is not allowed
	 */
	LoadBalancingSettings toSettings() {
		Map<String, ChoiceSettings> choices = new HashMap<>();
		this.clients
			.forEach((serviceId, choice) -> choices.put(serviceId, choice.toSettings("clients[" + serviceId + "].")));
		Map<String, InstanceSelector> selectors = new HashMap<>();
		this.select.forEach((serviceId, wanted) -> selectors.put(serviceId, selector(serviceId, wanted)));
		this.selectHeaders.forEach((header, name) -> {
			if (name.isBlank()) {
				throw InvalidProperties.invalid("discovery.select-headers[" + header + "]", name,
						"Expected a metadata key, such as version.");
			}
		});
		if (this.propagateSelectHeaders && this.selectHeaders.isEmpty()) {
			throw InvalidProperties.invalid("discovery.propagate-select-headers", true,
					"Expected a header to copy: set spring.cloud.etcd.discovery.select-headers, or remove this property.");
		}
		return new LoadBalancingSettings(toSettings(""), Map.copyOf(choices), Map.copyOf(selectors),
				Map.copyOf(this.selectHeaders));
	}

	private static InstanceSelector selector(String serviceId, Map<String, List<String>> wanted) {
		Map<String, Set<String>> values = new HashMap<>();
		wanted.forEach((name, list) -> {
			if (list.isEmpty() || list.stream().anyMatch(String::isBlank)) {
				throw InvalidProperties.invalid("discovery.select[" + serviceId + "][" + name + "]", list,
						"Expected metadata values, separated by commas.");
			}
			values.put(name, Set.copyOf(list));
		});
		return new InstanceSelector(values);
	}

}
