package webflux;

import reactor.core.publisher.Mono;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;

@SpringBootApplication
@RestController
public class Application {

	private final Environment environment;

	private final WebClient http;

	Application(Environment environment, WebClient http) {
		this.environment = environment;
		this.http = http;
	}

	public static void main(String[] args) {
		SpringApplication.run(Application.class, args);
	}

	@Bean
	@LoadBalanced
	static WebClient.Builder webClientBuilder() {
		return WebClient.builder();
	}

	@Bean
	static WebClient webClient(WebClient.Builder builder) {
		return builder.build();
	}

	@GetMapping("/hello")
	String hello() {
		return this.environment.getProperty("local.server.port");
	}

	@GetMapping("/call/{service}")
	Mono<String> call(@PathVariable String service) {
		return this.http.get().uri("http://{service}/hello", service).retrieve().bodyToMono(String.class);
	}

}
