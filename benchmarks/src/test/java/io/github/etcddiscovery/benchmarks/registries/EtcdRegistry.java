package io.github.etcddiscovery.benchmarks.registries;

import java.util.Map;

import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;

/**
 * This starter, and an etcd.
 */
public final class EtcdRegistry implements RegistryServer {

	private final EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest());

	private final EtcdEyes eyes = new EtcdEyes(this.etcd.endpoint());

	@Override
	public Map<String, String> properties() {
		return Map.of("spring.cloud.etcd.enabled", "true", "spring.cloud.etcd.endpoints", this.etcd.endpoint(),
				"spring.cloud.etcd.discovery.drain", "0");
	}

	@Override
	public void register(int port) {
		this.eyes.put(key(port), "{\"host\":\"" + HOST + "\",\"port\":" + port + "}");
	}

	@Override
	public void deregister(int port) {
		this.eyes.delete(key(port));
	}

	private static String key(int port) {
		return "/services/" + SERVICE + "/" + HOST + ":" + port;
	}

	@Override
	public void close() {
		this.eyes.close();
		this.etcd.close();
	}

}
