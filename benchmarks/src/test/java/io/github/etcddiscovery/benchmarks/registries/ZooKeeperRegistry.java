package io.github.etcddiscovery.benchmarks.registries;

import java.util.Map;

import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.test.TestingServer;
import org.apache.curator.x.discovery.ServiceDiscovery;
import org.apache.curator.x.discovery.ServiceDiscoveryBuilder;
import org.apache.curator.x.discovery.ServiceInstance;
import org.springframework.cloud.zookeeper.discovery.ZookeeperInstance;

/**
 * Spring Cloud ZooKeeper, and a server in this process.
 */
public final class ZooKeeperRegistry implements RegistryServer {

	private final TestingServer server = new TestingServer();

	private final CuratorFramework curator = CuratorFrameworkFactory.newClient(this.server.getConnectString(),
			new RetryOneTime(100));

	private final ServiceDiscovery<ZookeeperInstance> discovery = ServiceDiscoveryBuilder
		.builder(ZookeeperInstance.class)
		.client(this.curator)
		.basePath("/services")
		.build();

	public ZooKeeperRegistry() throws Exception {
		this.curator.start();
		this.discovery.start();
	}

	@Override
	public Map<String, String> properties() {
		return Map.of("spring.cloud.zookeeper.enabled", "true", "spring.cloud.zookeeper.connect-string",
				this.server.getConnectString(), "spring.cloud.zookeeper.discovery.instance-host", "127.0.0.1");
	}

	@Override
	public void register(int port) throws Exception {
		this.discovery.registerService(instance(port));
	}

	@Override
	public void deregister(int port) throws Exception {
		this.discovery.unregisterService(instance(port));
	}

	private static ServiceInstance<ZookeeperInstance> instance(int port) throws Exception {
		String id = "id-" + port;
		return ServiceInstance.<ZookeeperInstance>builder()
			.name(SERVICE)
			.id(id)
			.address(HOST)
			.port(port)
			.payload(new ZookeeperInstance(id, SERVICE, Map.of()))
			.build();
	}

	@Override
	public void close() throws Exception {
		this.discovery.close();
		this.curator.close();
		this.server.close();
	}

}
