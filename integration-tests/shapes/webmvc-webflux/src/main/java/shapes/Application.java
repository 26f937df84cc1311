package shapes;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.context.annotation.Bean;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerResponse;

@SpringBootApplication
public class Application {

	public static void main(String[] args) {
		SpringApplication.run(Application.class, args);
	}

	@Bean
	@LoadBalanced
	RestTemplate restTemplate() {
		return new RestTemplate();
	}

	@Bean
	@LoadBalanced
	WebClient.Builder webClientBuilder() {
		return WebClient.builder();
	}

	@Bean
	RouterFunction<ServerResponse> call(RestTemplate blocking, WebClient.Builder builder) {
		WebClient reactive = builder.build();
		return RouterFunctions.route()
			.GET("/call",
					(request) -> ServerResponse.ok()
						.body(blocking.getForObject("http://peer/hello", String.class) + ", "
								+ reactive.get().uri("http://peer/hello").retrieve().bodyToMono(String.class).block()))
			.build();
	}

}
