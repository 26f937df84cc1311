package io.github.etcddiscovery.autoconfigure;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

import io.github.etcddiscovery.testsupport.LoopbackPorts;
import io.github.etcddiscovery.testsupport.TestApplications;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Starting without etcd. What a user reads when properties are wrong or etcd cannot be
 * used is in {@code docs/troubleshooting.md}, and tested there.
 */
@ExtendWith(OutputCaptureExtension.class)
class StartFailureTests {

	@Test
	void withoutFailFastTheApplicationStartsWithoutEtcd() {
		try (ConfigurableApplicationContext context = start(
				Stream.of("spring.cloud.etcd.endpoints=127.0.0.1:" + LoopbackPorts.next(),
						"spring.cloud.etcd.request-timeout=1s", "spring.cloud.etcd.fail-fast=false"))) {
			assertThat(context.isRunning()).isTrue();
		}
	}

	private static ConfigurableApplicationContext start(Stream<String> properties) {
		Map<String, String> arguments = new LinkedHashMap<>(
				Map.of("spring.application.name", "orders", "spring.main.banner-mode", "off"));
		properties.map((property) -> property.split("=", 2)).forEach((pair) -> arguments.put(pair[0], pair[1]));
		return TestApplications.run(new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE),
				arguments);
	}

	/**
	 * An application with nothing of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
