package io.github.etcddiscovery.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.etcddiscovery.Internal;
import org.jspecify.annotations.Nullable;

/**
 * Another cluster of etcd whose instances are used.
 */
@Internal
public class RemoteProperties extends EtcdConnectionProperties {

	private String name = "";

	/**
	 * Common prefix of all keys. By default that of the home cluster.
	 */
	private @Nullable String prefix;

	/**
	 * Services to discover there, each by a watch of its own. By default all under the
	 * prefix, by one watch.
	 */
	private List<String> services = new ArrayList<>();

	/**
	 * When to use the instances: only while home has none of the service (fallback), or
	 * together with those at home (merge).
	 */
	private Use use = Use.FALLBACK;

	/**
	 * How long home must have had an instance of a service again before the fallback is
	 * left.
	 */
	private Duration failBackAfter = Duration.ofSeconds(10);

	/**
	 * Whether this application registers in this cluster, too.
	 */
	private boolean register;

	/**
	 * Whether starting waits until this cluster has been read.
	 */
	private boolean waitForSync;

	/** Sets the name, which messages contain. */
	RemoteProperties named(String name) {
		this.name = name;
		return this;
	}

	@Override
	List<String> defaultEndpoints() {
		return List.of();
	}

	@Override
	String group() {
		return ".discovery.remotes." + this.name;
	}

	public @Nullable String getPrefix() {
		return this.prefix;
	}

	public void setPrefix(@Nullable String prefix) {
		this.prefix = prefix;
	}

	public List<String> getServices() {
		return this.services;
	}

	public void setServices(List<String> services) {
		this.services = services;
	}

	public Use getUse() {
		return this.use;
	}

	public void setUse(Use use) {
		this.use = use;
	}

	public Duration getFailBackAfter() {
		return this.failBackAfter;
	}

	public void setFailBackAfter(Duration failBackAfter) {
		this.failBackAfter = failBackAfter;
	}

	public boolean isRegister() {
		return this.register;
	}

	public void setRegister(boolean register) {
		this.register = register;
	}

	public boolean isWaitForSync() {
		return this.waitForSync;
	}

	public void setWaitForSync(boolean waitForSync) {
		this.waitForSync = waitForSync;
	}

	/**
	 * When the instances of another cluster are used.
	 */
	public enum Use {

		/** Only while home has none. */
		FALLBACK,

		/** Together with those at home. */
		MERGE

	}

}
