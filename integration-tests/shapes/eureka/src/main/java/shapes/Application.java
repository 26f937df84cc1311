package shapes;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.service.annotation.GetExchange;
import org.springframework.web.service.registry.ImportHttpServices;

@SpringBootApplication
@ImportHttpServices(group = "stock", types = Application.Stock.class)
public class Application {

	public static void main(String[] args) {
		SpringApplication.run(Application.class, args);
	}

	interface Stock {

		@GetExchange("/hello")
		String hello();

	}

	@RestController
	record Calls(Stock stock) {

		@GetMapping("/hello")
		String hello() {
			return "hello of a shape";
		}

		@GetMapping("/call")
		String call() {
			return this.stock.hello();
		}

	}

}
