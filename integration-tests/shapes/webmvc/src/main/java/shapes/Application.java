package shapes;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.context.annotation.Bean;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerResponse;

@SpringBootApplication
@RestController
public class Application {

	public static void main(String[] args) {
		SpringApplication.run(Application.class, args);
	}

	@Bean
	@LoadBalanced
	RestClient.Builder restClientBuilder() {
		return RestClient.builder();
	}

	@GetMapping("/hello")
	String hello() {
		return "hello of a shape";
	}

	@Bean
	RouterFunction<ServerResponse> call(RestClient.Builder builder) {
		RestClient http = builder.build();
		return RouterFunctions.route()
			.GET("/call",
					(request) -> ServerResponse.ok()
						.body(http.get().uri("http://peer/hello").retrieve().body(String.class)))
			.build();
	}

}
