package io.github.etcddiscovery.benchmarks.rolling;

import java.util.List;

/**
 * What services register in. The starters of all are on the class path, and off unless
 * they are switched on.
 */
enum Registry {

	ETCD("etcd", "spring.cloud.etcd.enabled", "spring.cloud.etcd.endpoints"),

	ZOOKEEPER("ZooKeeper", "spring.cloud.zookeeper.enabled", "spring.cloud.zookeeper.connect-string");

	private final String title;

	private final String enabled;

	private final String servers;

	Registry(String title, String enabled, String servers) {
		this.title = title;
		this.enabled = enabled;
		this.servers = servers;
	}

	/**
	 * The properties of an application that uses it: defaults, but for what has it listen
	 * on loopback.
	 */
	List<String> properties(String servers) {
		return List.of(this.enabled + "=true", this.servers + "=" + servers, "server.address=127.0.0.1",
				"server.port=0", "spring.cloud.zookeeper.discovery.instance-host=127.0.0.1");
	}

	@Override
	public String toString() {
		return this.title;
	}

}
