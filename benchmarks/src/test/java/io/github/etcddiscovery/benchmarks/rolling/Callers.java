package io.github.etcddiscovery.benchmarks.rolling;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import io.github.etcddiscovery.testsupport.TestApplications;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import reactor.netty.http.client.HttpClient;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.HttpComponentsClientHttpRequestFactory;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * A servlet application and a reactive one that call {@link Stock}, over the connection
 * pools of Apache, the JDK and Netty. What these repeat by themselves is switched off,
 * that of a refused attempt to connect in the build; only the JDK's repeats a GET over a
 * connection that turns out to be closed, which cannot be.
 */
final class Callers implements AutoCloseable {

	private static final String PORT = "http://stock/port";

	private final ConfigurableApplicationContext servlet;

	private final ConfigurableApplicationContext reactive;

	Callers(List<String> properties) {
		this.servlet = start("servlet", properties);
		this.reactive = start("reactive", properties);
	}

	private static ConfigurableApplicationContext start(String type, List<String> properties) {
		Map<String, String> all = new LinkedHashMap<>(
				Map.of("spring.application.name", type + "-caller", "spring.main.web-application-type", type));
		properties.forEach((property) -> {
			String[] pair = property.split("=", 2);
			all.put(pair[0], pair[1]);
		});
		return TestApplications.run(new SpringApplicationBuilder(Application.class), all);
	}

	/** All clients, by name, with all of these methods. */
	Map<String, Supplier<String>> clients(List<HttpMethod> methods) {
		RestTemplate restTemplate = this.servlet.getBean(RestTemplate.class);
		RestClient restClient = this.servlet.getBean(RestClient.Builder.class).build();
		WebClient webClient = this.reactive.getBean(WebClient.Builder.class).build();
		Map<String, Supplier<String>> clients = new LinkedHashMap<>();
		for (HttpMethod method : methods) {
			clients.put("RestTemplate " + method,
					() -> restTemplate.exchange(PORT, method, null, String.class).getBody());
			clients.put("RestClient " + method,
					() -> restClient.method(method).uri(PORT).retrieve().body(String.class));
			clients.put("WebClient " + method,
					() -> webClient.method(method).uri(PORT).retrieve().bodyToMono(String.class).block());
		}
		return clients;
	}

	/** The ports of the instances that both see. */
	Set<Integer> seenByBoth() {
		Set<Integer> seen = seenBy(this.servlet);
		seen.retainAll(seenBy(this.reactive));
		return seen;
	}

	/** The ports of the instances that at least one sees. */
	Set<Integer> seenByAny() {
		Set<Integer> seen = seenBy(this.servlet);
		seen.addAll(seenBy(this.reactive));
		return seen;
	}

	private static Set<Integer> seenBy(ConfigurableApplicationContext caller) {
		return caller.getBean(DiscoveryClient.class)
			.getInstances("stock")
			.stream()
			.map(ServiceInstance::getPort)
			.collect(Collectors.toSet());
	}

	@Override
	public void close() {
		this.servlet.close();
		this.reactive.close();
	}

	/**
	 * An application that calls.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		@LoadBalanced
		RestTemplate restTemplate() {
			return new RestTemplate(
					new HttpComponentsClientHttpRequestFactory(HttpClients.custom().disableAutomaticRetries().build()));
		}

		@Bean
		@LoadBalanced
		RestClient.Builder restClientBuilder() {
			return RestClient.builder().requestFactory(new JdkClientHttpRequestFactory());
		}

		@Bean
		@LoadBalanced
		WebClient.Builder webClientBuilder() {
			return WebClient.builder()
				.clientConnector(new ReactorClientHttpConnector(HttpClient.create().disableRetry(true)));
		}

	}

}
