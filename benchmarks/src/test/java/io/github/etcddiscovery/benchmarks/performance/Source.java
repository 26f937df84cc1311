package io.github.etcddiscovery.benchmarks.performance;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.etcddiscovery.benchmarks.registries.EtcdRegistry;
import io.github.etcddiscovery.benchmarks.registries.EurekaRegistry;
import io.github.etcddiscovery.benchmarks.registries.RegistryServer;
import io.github.etcddiscovery.benchmarks.registries.ZooKeeperRegistry;
import io.github.etcddiscovery.testsupport.TestApplications;

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
	STARTER("this starter", Default.class, EtcdRegistry::new),

	/** Spring Cloud's own client, which reads from properties: its fastest. */
	SIMPLE("`SimpleDiscoveryClient`", Default.class, null),

	/** A list that never changes, where this starter puts its own. */
	STATIC_BEAN("a static list, as a bean", StaticBean.class, null),

	/** A list that never changes, right below the load balancer: the floor. */
	STATIC("a static list", Static.class, null),

	/** Spring Cloud ZooKeeper, and a server. */
	ZOOKEEPER("Spring Cloud ZooKeeper", Default.class, ZooKeeperRegistry::new),

	/** Spring Cloud Netflix, and a server. */
	EUREKA("Spring Cloud Eureka", Default.class, EurekaRegistry::new);

	static final String SERVICE = RegistryServer.SERVICE;

	private static final String COUNT = "static.instances";

	private final String title;

	private final Class<?> application;

	private final Callable<RegistryServer> registry;

	Source(String title, Class<?> application, Callable<RegistryServer> registry) {
		this.title = title;
		this.application = application;
		this.registry = registry;
	}

	/** Those that are registries. */
	static List<Source> registries() {
		return Stream.of(values()).filter((source) -> source.registry != null).toList();
	}

	/** Starts the server of one that is a registry. */
	RegistryServer startServer() throws Exception {
		return this.registry.call();
	}

	/** Starts an application that finds so many instances, and what it finds them in. */
	Application start(int instances) throws Exception {
		if (this.registry == null) {
			return new Application(run(instances, Map.of()), List.of());
		}
		RegistryServer server = startServer();
		for (int port = 1; port <= instances; port++) {
			server.register(port);
		}
		return new Application(startCaller(server), List.of(server));
	}

	/** Starts an application that finds what is registered, and does not register. */
	ConfigurableApplicationContext startCaller(RegistryServer server) {
		return run(0, server.properties());
	}

	private ConfigurableApplicationContext run(int instances, Map<String, String> further) {
		Map<String, String> properties = new LinkedHashMap<>(Map.of("spring.application.name", "caller",
				"spring.cloud.etcd.discovery.register", "false", "spring.cloud.zookeeper.discovery.register", "false",
				"eureka.client.register-with-eureka", "false", "logging.level.root", "error"));
		properties.put(COUNT, String.valueOf(instances));
		for (int i = 0; i < instances; i++) {
			properties.put("spring.cloud.discovery.client.simple.instances." + SERVICE + "[" + i + "].uri",
					"http://" + RegistryServer.HOST + ":" + (1 + i));
		}
		properties.putAll(further);
		ConfigurableApplicationContext context = TestApplications
			.run(new SpringApplicationBuilder(this.application).web(WebApplicationType.NONE), properties);
		if (this.application == Default.class) {
			await().atMost(Duration.ofMinutes(2))
				.until(() -> !context.getBean(DiscoveryClient.class).getInstances(SERVICE).isEmpty());
		}
		return context;
	}

	private static ServiceInstance[] staticInstances(Environment environment) {
		return IntStream.rangeClosed(1, environment.getRequiredProperty(COUNT, Integer.class))
			.mapToObj((port) -> new DefaultServiceInstance("id-" + port, SERVICE, RegistryServer.HOST, port, false))
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
