package shapes;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cloud.openfeign.EnableFeignClients;
import org.springframework.cloud.openfeign.FeignClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

@SpringBootApplication
@EnableFeignClients
@RestController
public class Application {

	private final Peer peer;

	Application(Peer peer) {
		this.peer = peer;
	}

	public static void main(String[] args) {
		SpringApplication.run(Application.class, args);
	}

	@GetMapping("/call")
	String call() {
		return this.peer.hello();
	}

	@FeignClient("peer")
	interface Peer {

		@GetMapping("/hello")
		String hello();

	}

}
