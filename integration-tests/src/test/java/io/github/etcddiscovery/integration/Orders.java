package io.github.etcddiscovery.integration;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestTemplate;

/**
 * A service in Spring that others call, and that calls others.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@RestController
class Orders {

	private final Environment environment;

	Orders(Environment environment) {
		this.environment = environment;
	}

	/** In a process of its own. */
	public static void main(String[] args) {
		SpringApplication.run(Orders.class, args);
	}

	@Bean
	@LoadBalanced
	static RestTemplate restTemplate() {
		return new RestTemplate();
	}

	@GetMapping("/hello")
	String hello() {
		return "spring@127.0.0.1:" + this.environment.getRequiredProperty("local.server.port");
	}

}
