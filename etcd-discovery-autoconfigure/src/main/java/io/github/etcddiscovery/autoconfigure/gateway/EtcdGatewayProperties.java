package io.github.etcddiscovery.autoconfigure.gateway;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.autoconfigure.EtcdDiscoveryProperties;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Properties of the routes from Spring Cloud Gateway Server WebMVC to the services in
 * etcd. The names are those of the discovery locator of Gateway Server WebFlux.
 */
@Internal
@ConfigurationProperties(EtcdGatewayProperties.PREFIX)
public class EtcdGatewayProperties {

	/** The beginning of the names of these properties. */
	static final String PREFIX = EtcdDiscoveryProperties.PREFIX + ".gateway.webmvc";

	/**
	 * Whether Spring Cloud Gateway Server WebMVC has a route to each service in etcd.
	 */
	private boolean enabled;

	/**
	 * Prefix of the route ids, before the service id.
	 */
	private String routeIdPrefix = "etcd_";

	/**
	 * Whether the path contains the service id in lower case.
	 */
	private boolean lowerCaseServiceId;

	/**
	 * SpEL expression over an instance. A service has a route if it is true for one of
	 * its available instances.
	 */
	private String includeExpression = "true";

	public boolean isEnabled() {
		return this.enabled;
	}

	public void setEnabled(boolean enabled) {
		this.enabled = enabled;
	}

	public String getRouteIdPrefix() {
		return this.routeIdPrefix;
	}

	public void setRouteIdPrefix(String routeIdPrefix) {
		this.routeIdPrefix = routeIdPrefix;
	}

	public boolean isLowerCaseServiceId() {
		return this.lowerCaseServiceId;
	}

	public void setLowerCaseServiceId(boolean lowerCaseServiceId) {
		this.lowerCaseServiceId = lowerCaseServiceId;
	}

	public String getIncludeExpression() {
		return this.includeExpression;
	}

	public void setIncludeExpression(String includeExpression) {
		this.includeExpression = includeExpression;
	}

}
