package io.github.etcddiscovery.autoconfigure.loadbalancer;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryProperties;
import io.github.etcddiscovery.autoconfigure.InvalidProperties;

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
	 * @throws org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException
	 * if a value is not allowed
	 */
	void check() {
		check("");
		this.clients.forEach((serviceId, choice) -> choice.check("clients[" + serviceId + "]."));
		this.select.forEach((serviceId, wanted) -> wanted.forEach((name, values) -> {
			if (values.isEmpty() || values.stream().anyMatch(String::isBlank)) {
				throw InvalidProperties.invalid("discovery.select[" + serviceId + "][" + name + "]", values,
						"Expected values of the metadata, separated by commas.");
			}
		}));
		if (this.propagateSelectHeaders && this.selectHeaders.isEmpty()) {
			throw InvalidProperties.invalid("discovery.propagate-select-headers", true,
					"Expected headers to copy in spring.cloud.etcd.discovery.select-headers.");
		}
		this.selectHeaders.forEach((header, name) -> {
			if (name.isBlank()) {
				throw InvalidProperties.invalid("discovery.select-headers[" + header + "]", name,
						"Expected the name of the metadata.");
			}
		});
	}

	/**
	 * Returns the settings of a service.
	 * @param serviceId the service
	 */
	ServiceChoiceProperties of(String serviceId) {
		return this.clients.getOrDefault(serviceId, this);
	}

}
