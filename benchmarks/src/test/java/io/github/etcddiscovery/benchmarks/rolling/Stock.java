package io.github.etcddiscovery.benchmarks.rolling;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * The service that is called: each instance answers with its port, after a while, so that
 * there always are requests in flight.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@RestController
class Stock {

	private static final Duration WORK = Duration.ofMillis(10);

	private final WebServerApplicationContext context;

	Stock(WebServerApplicationContext context) {
		this.context = context;
	}

	@RequestMapping("/port")
	String port() {
		LockSupport.parkNanos(WORK.toNanos());
		return String.valueOf(this.context.getWebServer().getPort());
	}

	public static void main(String[] arguments) {
		SpringApplication.run(Stock.class, arguments);
	}

}
