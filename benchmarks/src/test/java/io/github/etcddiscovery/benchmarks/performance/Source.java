package io.github.etcddiscovery.benchmarks.performance;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import io.github.etcddiscovery.testing.EtcdBinary;
import io.github.etcddiscovery.testing.EtcdEyes;
import io.github.etcddiscovery.testing.EtcdProcess;
import io.github.etcddiscovery.testing.TestApplications;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.test.TestingServer;
import org.apache.curator.x.discovery.ServiceDiscovery;
import org.apache.curator.x.discovery.ServiceDiscoveryBuilder;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.loadbalancer.annotation.LoadBalancerClient;
import org.springframework.cloud.loadbalancer.core.RoundRobinLoadBalancer;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.support.ServiceInstanceListSuppliers;
import org.springframework.cloud.zookeeper.discovery.ZookeeperInstance;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

import static org.awaitility.Awaitility.await;

/**
 * Where the instances come from that an application finds. All else is as Spring Cloud
 * has it by default.
 */
public enum Source {

	/** This starter, and an etcd. */
	STARTER("this starter") {

		@Override
		Application start(int instances) throws Exception {
			EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest());
			try (EtcdEyes eyes = new EtcdEyes(etcd.endpoint())) {
				for (int i = 0; i < instances; i++) {
					eyes.put("/services/" + SERVICE + "/" + i, "{\"host\":\"10.0.0.1\",\"port\":" + (1 + i) + "}");
				}
			}
			return new Application(run(Default.class, Map.of("spring.cloud.etcd.enabled", "true",
					"spring.cloud.etcd.endpoints", etcd.endpoint(), "spring.cloud.etcd.discovery.register", "false")),
					List.of(etcd));
		}

	},

	/** Spring Cloud's own client, which reads from properties: its fastest. */
	SIMPLE("`SimpleDiscoveryClient`") {

		@Override
		Application start(int instances) {
			Map<String, String> properties = new LinkedHashMap<>();
			for (int i = 0; i < instances; i++) {
				properties.put("spring.cloud.discovery.client.simple.instances." + SERVICE + "[" + i + "].uri",
						"http://10.0.0.1:" + (1 + i));
			}
			return new Application(run(Default.class, properties), List.of());
		}

	},

	/** A list that never changes, where this starter puts its own. */
	STATIC_BEAN("a static list, as a bean") {

		@Override
		Application start(int instances) {
			return new Application(run(StaticBean.class, Map.of(COUNT, String.valueOf(instances))), List.of());
		}

	},

	/** A list that never changes, right below the load balancer: the floor. */
	STATIC("a static list") {

		@Override
		Application start(int instances) {
			return new Application(run(Static.class, Map.of(COUNT, String.valueOf(instances))), List.of());
		}

	},

	/** Spring Cloud ZooKeeper, and a server. */
	ZOOKEEPER("Spring Cloud ZooKeeper") {

		@Override
		Application start(int instances) throws Exception {
			TestingServer server = new TestingServer();
			List<AutoCloseable> servers = new ArrayList<>(List.of(server));
			CuratorFramework curator = CuratorFrameworkFactory.newClient(server.getConnectString(),
					new RetryOneTime(100));
			servers.add(0, curator);
			curator.start();
			ServiceDiscovery<ZookeeperInstance> discovery = ServiceDiscoveryBuilder.builder(ZookeeperInstance.class)
				.client(curator)
				.basePath("/services")
				.build();
			servers.add(0, discovery);
			discovery.start();
			for (int i = 0; i < instances; i++) {
				discovery.registerService(org.apache.curator.x.discovery.ServiceInstance.<ZookeeperInstance>builder()
					.name(SERVICE)
					.address("10.0.0.1")
					.port(1 + i)
					.payload(new ZookeeperInstance("id-" + i, SERVICE, Map.of()))
					.build());
			}
			return new Application(
					run(Default.class,
							Map.of("spring.cloud.zookeeper.enabled", "true", "spring.cloud.zookeeper.connect-string",
									server.getConnectString(), "spring.cloud.zookeeper.discovery.register", "false")),
					servers);
		}

	};

	static final String SERVICE = "stock";

	private static final String COUNT = "static.instances";

	private final String title;

	Source(String title) {
		this.title = title;
	}

	/** Starts an application that finds so many instances. */
	abstract Application start(int instances) throws Exception;

	private static ConfigurableApplicationContext run(Class<?> source, Map<String, String> further) {
		Map<String, String> properties = new LinkedHashMap<>(Map.of("spring.application.name", "caller",
				"spring.cloud.etcd.enabled", "false", "spring.cloud.zookeeper.enabled", "false",
				"spring.main.banner-mode", "off", "logging.level.root", "error"));
		properties.putAll(further);
		ConfigurableApplicationContext context = TestApplications
			.run(new SpringApplicationBuilder(source).web(WebApplicationType.NONE), properties);
		if (source == Default.class) {
			await().until(() -> !context.getBean(DiscoveryClient.class).getInstances(SERVICE).isEmpty());
		}
		return context;
	}

	private static ServiceInstance[] staticInstances(Environment environment) {
		return IntStream.rangeClosed(1, environment.getRequiredProperty(COUNT, Integer.class))
			.mapToObj((port) -> new DefaultServiceInstance("id-" + port, SERVICE, "10.0.0.1", port, false))
			.toArray(ServiceInstance[]::new);
	}

	@Override
	public String toString() {
		return this.title;
	}

	/**
	 * An application, and the servers it needs.
	 *
	 * @param context the application
	 * @param servers in the order in which they are to be closed
	 */
	record Application(ConfigurableApplicationContext context, List<AutoCloseable> servers) implements AutoCloseable {

		@Override
		public void close() throws Exception {
			this.context.close();
			for (AutoCloseable server : this.servers) {
				server.close();
			}
		}

	}

	/**
	 * As it comes.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Default {

	}

	/**
	 * Where the list of a service is made by hand.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@LoadBalancerClient(name = SERVICE, configuration = StaticList.class)
	static class StaticBean {

	}

	/**
	 * Spring Cloud's default load balancer asks its context for this at every request.
	 */
	static class StaticList {

		@Bean
		ServiceInstanceListSupplier supplier(Environment environment) {
			return ServiceInstanceListSuppliers.from(SERVICE, staticInstances(environment));
		}

	}

	/**
	 * Where the load balancer of a service is made by hand.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@LoadBalancerClient(name = SERVICE, configuration = StaticBalancer.class)
	static class Static {

	}

	/**
	 * Spring Cloud's default load balancer right over a list.
	 */
	static class StaticBalancer {

		@Bean
		RoundRobinLoadBalancer balancer(Environment environment) {
			return new RoundRobinLoadBalancer(
					ServiceInstanceListSuppliers.toProvider(SERVICE, staticInstances(environment)), SERVICE);
		}

	}

}
