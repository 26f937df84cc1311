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
public class EtcdLoadBalancingProperties extends ServiceChoiceProperties {

	/**
	 * Settings of single services, by service id. They win over those of all services.
	 */
	private final Map<String, ServiceChoiceProperties> clients = new LinkedHashMap<>();

	/**
	 * Metadata that instances must have, by service id and name of the metadata: one of
	 * the values.
	 */
	private final Map<String, Map<String, List<String>>> select = new LinkedHashMap<>();

	/**
	 * Metadata that a header of the outgoing request selects by, by name of the header.
	 */
	private Map<String, String> selectHeaders = new LinkedHashMap<>();

	/**
	 * Whether the select-headers of an incoming request are copied to the requests that
	 * are sent because of it.
	 */
	private boolean propagateSelectHeaders;

	public Map<String, ServiceChoiceProperties> getClients() {
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
	LoadBalancing toLoadBalancing() {
		Map<String, ServiceChoice> choices = new HashMap<>();
		this.clients
			.forEach((serviceId, choice) -> choices.put(serviceId, choice.toChoice("clients[" + serviceId + "].")));
		Map<String, InstanceSelector> selectors = new HashMap<>();
		this.select.forEach((serviceId, wanted) -> selectors.put(serviceId, selector(serviceId, wanted)));
		this.selectHeaders.forEach((header, name) -> {
			if (name.isBlank()) {
				throw InvalidProperties.invalid("discovery.select-headers[" + header + "]", name,
						"Expected the name of the metadata.");
			}
		});
		if (this.propagateSelectHeaders && this.selectHeaders.isEmpty()) {
			throw InvalidProperties.invalid("discovery.propagate-select-headers", true,
					"Expected headers to copy in spring.cloud.etcd.discovery.select-headers.");
		}
		return new LoadBalancing(toChoice(""), Map.copyOf(choices), Map.copyOf(selectors),
				Map.copyOf(this.selectHeaders));
	}

	private static InstanceSelector selector(String serviceId, Map<String, List<String>> wanted) {
		Map<String, Set<String>> values = new HashMap<>();
		wanted.forEach((name, list) -> {
			if (list.isEmpty() || list.stream().anyMatch(String::isBlank)) {
				throw InvalidProperties.invalid("discovery.select[" + serviceId + "][" + name + "]", list,
						"Expected values of the metadata, separated by commas.");
			}
			values.put(name, Set.copyOf(list));
		});
		return new InstanceSelector(values);
	}

}
