package startup;

import java.lang.management.ManagementFactory;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.context.annotation.Bean;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;

/**
 * A small web application that calls others. When it has started, it prints the time in
 * milliseconds since 1970, and how many threads and loaded classes it has.
 */
@SpringBootApplication
@RestController
public class Application {

	public static void main(String[] args) {
		SpringApplication.run(Application.class, args);
		System.out.println("ready " + System.currentTimeMillis() + " " + Thread.getAllStackTraces().size() + " "
				+ ManagementFactory.getClassLoadingMXBean().getLoadedClassCount());
	}

	@Bean
	@LoadBalanced
	RestClient.Builder restClientBuilder() {
		return RestClient.builder();
	}

	@GetMapping("/hello")
	String hello() {
		return "hello";
	}

}
