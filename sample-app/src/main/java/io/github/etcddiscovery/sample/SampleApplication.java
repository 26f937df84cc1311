package io.github.etcddiscovery.sample;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

import io.github.etcddiscovery.cloud.registration.EtcdRegistrationCustomizer;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.boot.restclient.RestTemplateBuilder;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.context.annotation.Bean;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Registers itself in etcd, and calls other instances by the name of their service.
 */
@SpringBootApplication
@ConfigurationPropertiesScan
public class SampleApplication {

	@Bean
	@LoadBalanced
	RestTemplate restTemplate(RestTemplateBuilder builder) {
		return builder.build();
	}

	@Bean
	@LoadBalanced
	RestClient.Builder restClientBuilder() {
		return RestClient.builder();
	}

	@Bean
	@LoadBalanced
	WebClient.Builder webClientBuilder() {
		return WebClient.builder();
	}

	/** Lets others see how old this instance is. */
	@Bean
	EtcdRegistrationCustomizer started() {
		String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
		return (registration) -> registration.getMetadata().put("started", now);
	}

	public static void main(String[] args) {
		SpringApplication.run(SampleApplication.class, args);
	}

}
