package io.github.etcddiscovery.benchmarks.rolling;

import java.util.List;

/**
 * What services register in. The starters of all are on the class path; all but one are
 * switched off.
 */
enum Registry {

	ETCD("etcd", "spring.cloud.etcd.endpoints", "spring.cloud.zookeeper.enabled"),

	ZOOKEEPER("ZooKeeper", "spring.cloud.zookeeper.connect-string", "spring.cloud.etcd.enabled");

	private final String title;

	private final String servers;

	private final String other;

	Registry(String title, String servers, String other) {
		this.title = title;
		this.servers = servers;
		this.other = other;
	}

	/**
	 * The properties of an application that uses it: defaults, but for what has it listen
	 * on loopback.
	 */
	List<String> properties(String servers) {
		return List.of(this.servers + "=" + servers, this.other + "=false", "server.address=127.0.0.1", "server.port=0",
				"spring.cloud.zookeeper.discovery.instance-host=127.0.0.1", "spring.main.banner-mode=off");
	}

	@Override
	public String toString() {
		return this.title;
	}

}
