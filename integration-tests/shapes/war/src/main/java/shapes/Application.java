package shapes;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;

@SpringBootApplication
@RestController
public class Application {

	private final DiscoveryClient discovery;

	Application(DiscoveryClient discovery) {
		this.discovery = discovery;
	}

	public static void main(String[] args) {
		SpringApplication.run(Application.class, args);
	}

	@GetMapping("/call")
	String call() {
		return RestClient.create(this.discovery.getInstances("peer").get(0).getUri() + "/hello")
			.get()
			.retrieve()
			.body(String.class);
	}

}
