package io.github.etcddiscovery.integration;

import java.util.stream.Stream;

import io.github.etcddiscovery.testsupport.TestApplications;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

/**
 * The service that is called: it answers with the port of the instance.
 */
final class Stock {

	private Stock() {
	}

	/** Starts an instance, which serves on long enough for all to take note. */
	static ConfigurableApplicationContext start(TestApplications applications, String... properties) {
		return start(applications, Application.class, "stock", Stream
			.concat(Stream.of("spring.main.web-application-type=servlet", "spring.cloud.etcd.discovery.drain=500ms"),
					Stream.of(properties))
			.toArray(String[]::new));
	}

	/**
	 * Starts an application that is not a reactive gateway, unless its properties say so:
	 * that refuses to start in servlet applications.
	 */
	static ConfigurableApplicationContext start(TestApplications applications, Class<?> application, String name,
			String... properties) {
		return applications.start(application, name,
				Stream.concat(Stream.of("spring.cloud.gateway.server.webflux.enabled=false"), Stream.of(properties))
					.toArray(String[]::new));
	}

	static String port(ConfigurableApplicationContext instance) {
		return String.valueOf(TestApplications.port(instance));
	}

	/**
	 * One instance.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@RestController
	static class Application {

		private final Environment environment;

		Application(Environment environment) {
			this.environment = environment;
		}

		/** Those that all share would be closed with it, under a gateway in this JVM. */
		@Bean
		static ReactorResourceFactory reactorResourceFactory() {
			ReactorResourceFactory resources = new ReactorResourceFactory();
			resources.setUseGlobalResources(false);
			return resources;
		}

		@GetMapping("/port")
		String port() {
			return this.environment.getRequiredProperty("local.server.port");
		}

		@GetMapping("/header")
		String header(@RequestHeader("X-Added") String value) {
			return value;
		}

		/** Reads the body: Jetty closes a connection on which a body is left unread. */
		@PostMapping("/post")
		String post(@RequestBody(required = false) String body) {
			return port();
		}

	}

}
