package io.github.etcddiscovery.autoconfigure;

import java.util.List;

import io.github.etcddiscovery.Internal;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * How to connect to the cluster of etcd in which this application registers.
 */
@Internal
@ConfigurationProperties(EtcdProperties.PREFIX)
public class EtcdProperties extends EtcdConnectionProperties {

	static final String PREFIX = "spring.cloud.etcd";

	/**
	 * Whether etcd is used at all.
	 */
	private boolean enabled = true;

	/**
	 * Whether starting fails if etcd cannot be used. Otherwise the application starts,
	 * and registers as soon as it can.
	 */
	private boolean failFast = true;

	@Override
	List<String> defaultEndpoints() {
		return List.of("localhost:2379");
	}

	@Override
	String group() {
		return "";
	}

	public boolean isEnabled() {
		return this.enabled;
	}

	public void setEnabled(boolean enabled) {
		this.enabled = enabled;
	}

	public boolean isFailFast() {
		return this.failFast;
	}

	public void setFailFast(boolean failFast) {
		this.failFast = failFast;
	}

}
