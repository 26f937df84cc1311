package io.github.etcddiscovery.benchmarks.registries;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.cloud.EtcdServiceInstance;
import io.github.etcddiscovery.cloud.discovery.EtcdDiscoveryClient;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.testsupport.Document;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TestApplications;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.discovery.simple.SimpleDiscoveryClient;
import org.springframework.cloud.client.loadbalancer.LoadBalancerClient;
import org.springframework.cloud.netflix.eureka.EurekaDiscoveryClient;
import org.springframework.cloud.netflix.eureka.serviceregistry.EurekaServiceRegistry;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Applications with this starter, Eureka's and instances in properties, and what the page
 * on migrating says of them.
 */
@RequiresEtcd
class BesideEurekaTests {

	/**
	 * Eureka's server answers from a cache of 30 s, and its client reads every second.
	 */
	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final Document PAGE = Document.of("docs/migrating.md");

	private static EtcdRegistry etcd;

	private static EurekaRegistry eureka;

	private final List<ConfigurableApplicationContext> applications = new ArrayList<>();

	@BeforeAll
	static void startServers() throws Exception {
		etcd = new EtcdRegistry();
		eureka = new EurekaRegistry();
	}

	@AfterAll
	static void stopServers() {
		try {
			if (eureka != null) {
				eureka.close();
			}
		}
		finally {
			etcd.close();
		}
	}

	@AfterEach
	void closeApplications() {
		this.applications.forEach(ConfigurableApplicationContext::close);
	}

	@Test
	void applicationIsRegisteredInBothAndCallersFindWhatIsInOneOfThemOnly() throws Exception {
		ConfigurableApplicationContext both = start("both", Map.of());
		start("new", Map.of("eureka.client.enabled", "false"));
		start("old", Map.of("spring.cloud.etcd.enabled", "false"));
		ConfigurableApplicationContext caller = start("caller", Map.of());
		assertThat(both.getBean(EtcdServiceRegistry.class).getRecords()).hasSize(1);
		for (String service : List.of("both", "new", "old")) {
			await(service).atMost(PATIENCE).untilAsserted(() -> {
				assertThat(caller.getBean(DiscoveryClient.class).getInstances(service)).hasSize(1);
				assertThat(caller.getBean(LoadBalancerClient.class).choose(service)).isNotNull();
			});
		}
		assertThat(caller.getBean(DiscoveryClient.class).getInstances("both")).as("etcd is asked first")
			.hasOnlyElementsOfType(EtcdServiceInstance.class);
		assertThat(caller.getBean(LoadBalancerClient.class).choose("both")).isInstanceOf(EtcdServiceInstance.class);
		assertThat(caller.getBean(EurekaDiscoveryClient.class).getInstances("both")).hasSize(1);
		assertThat(caller.getBean(EtcdDiscoveryClient.class).getInstances("old")).isEmpty();
	}

	@Test
	void eitherCanBeSwitchedOff() {
		ConfigurableApplicationContext withoutEureka = start("without-eureka", switchedOff("Eureka"));
		assertThat(withoutEureka.getBeanProvider(EurekaServiceRegistry.class).stream()).isEmpty();
		assertThat(withoutEureka.getBean(EtcdServiceRegistry.class).getRecords()).hasSize(1);
		ConfigurableApplicationContext withoutEtcd = start("without-etcd", switchedOff("etcd"));
		assertThat(withoutEtcd.getBeanProvider(EtcdServiceRegistry.class).stream()).isEmpty();
		assertThat(withoutEtcd.getBeanProvider(EurekaServiceRegistry.class).stream()).hasSize(1);
	}

	@Test
	void eitherIsReadByThoseWhoDoNotRegister() {
		Map<String, String> reading = new LinkedHashMap<>();
		List.of("etcd", "Eureka")
			.forEach((registry) -> PAGE.find("\n\\| " + registry + " \\| `[^`]+` \\| `([^`]+)=false` \\|")
				.forEach((property) -> reading.put(property, "false")));
		assertThat(reading).hasSize(2);
		ConfigurableApplicationContext reader = start("reader", reading);
		start("read", Map.of());
		await().atMost(PATIENCE).untilAsserted(() -> {
			assertThat(reader.getBean(EtcdDiscoveryClient.class).getInstances("read")).hasSize(1);
			assertThat(reader.getBean(EurekaDiscoveryClient.class).getInstances("read")).hasSize(1);
		});
		assertThat(reader.getBean(EtcdDiscoveryClient.class).getServices()).doesNotContain("reader");
		assertThat(reader.getBean(EurekaDiscoveryClient.class).getServices()).doesNotContain("reader");
	}

	@Test
	void instancesInPropertiesAreFoundBesideThoseInEtcd() {
		ConfigurableApplicationContext caller = start("caller", Map.of("eureka.client.enabled", "false",
				"spring.cloud.discovery.client.simple.instances.fixed[0].uri", "http://127.0.0.1:1"));
		assertThat(caller.getBeanProvider(SimpleDiscoveryClient.class).stream()).hasSize(1);
		assertThat(caller.getBean(DiscoveryClient.class).getInstances("fixed")).extracting(ServiceInstance::getPort)
			.containsExactly(1);
		await().atMost(PATIENCE).until(() -> caller.getBean(DiscoveryClient.class).getInstances("caller").size() == 1);
	}

	/** What the page says switches a registry off. */
	private static Map<String, String> switchedOff(String registry) {
		List<String> properties = PAGE.find("\\n\\| " + registry + " \\| `([^`]+)=false` \\|");
		assertThat(properties).hasSize(1);
		return Map.of(properties.get(0), "false");
	}

	private ConfigurableApplicationContext start(String name, Map<String, String> further) {
		Map<String, String> properties = new LinkedHashMap<>(etcd.properties());
		properties.putAll(eureka.properties());
		properties.putAll(Map.of("spring.application.name", name, "server.port", "0", "server.address", "127.0.0.1",
				"eureka.instance.hostname", "127.0.0.1", "eureka.client.registry-fetch-interval-seconds", "1",
				"eureka.client.initial-instance-info-replication-interval-seconds", "0"));
		properties.putAll(further);
		ConfigurableApplicationContext application = TestApplications
			.run(new SpringApplicationBuilder(Application.class).web(WebApplicationType.SERVLET), properties);
		this.applications.add(0, application);
		return application;
	}

	/**
	 * An application with nothing of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
