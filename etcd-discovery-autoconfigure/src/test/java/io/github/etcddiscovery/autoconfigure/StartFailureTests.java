package io.github.etcddiscovery.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

import io.github.etcddiscovery.testing.EtcdProcess;
import io.github.etcddiscovery.testing.TestApplications;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * What a user reads when starting fails.
 */
@ExtendWith(OutputCaptureExtension.class)
class StartFailureTests {

	@TempDir
	private static Path folder;

	static Stream<Arguments> wrongProperties() throws IOException {
		Path noPem = Files.writeString(folder.resolve("no.pem"), "this is not PEM");
		String missing = folder.resolve("missing.pem").toString();
		String discovery = "spring.cloud.etcd.discovery.";
		String etcd = "spring.cloud.etcd.";
		return Stream.of(wrong(discovery + "ttl", "3s", "more than the heartbeat"),
				wrong(discovery + "ttl", "PT1S", "heartbeat"),
				wrong(discovery + "heartbeat", "499ms", "at least 500 ms"),
				wrong(discovery + "prefix", "/", "key prefix"), wrong(discovery + "prefix", "", "key prefix"),
				wrong(discovery + "service-name", "a/b", "letters"), wrong(discovery + "instance-id", "a/b", "slash"),
				wrong(discovery + "host", "user@evil", "host name"),
				wrong(discovery + "port", "65536", "between 1 and 65535"),
				wrong(discovery + "drain", "-1s", "0 or more"), wrong(etcd + "endpoints", "", "at least one endpoint"),
				wrong(etcd + "endpoints", "ftp://h:1", "http://host:port"),
				wrong(etcd + "endpoints", "h:99999", "'99999' is not a port"),
				wrong(etcd + "ca-cert", missing, "cannot be read"),
				wrong(etcd + "ca-cert", noPem.toString(), "certificate"), wrong(etcd + "cert", missing, etcd + "key"),
				wrong(etcd + "key", missing, etcd + "cert"),
				wrong(etcd + "cert", missing, "cannot be read", etcd + "key=" + missing),
				wrong(etcd + "ssl.bundle", "mine", "either", etcd + "ca-cert=" + missing),
				wrong(etcd + "ssl.bundle", "mine", "spring.ssl.bundle"),
				wrong(etcd + "username", "me", etcd + "password"),
				wrong(etcd + "endpoints", "etcd.example:1", "https://", etcd + "username=me", etcd + "password=pw"),
				wrong(etcd + "endpoints", "http://h:1,https://h:2", "https://"),
				wrong(etcd + "dial-timeout", "0s", "more than 0"),
				wrong(etcd + "request-timeout", "-1s", "more than 0"),
				wrong(etcd + "dial-keep-alive", "0s", "more than 0"));
	}

	private static Arguments wrong(String property, String value, String expected, String... others) {
		return Arguments.of(property, value, expected, others);
	}

	@ParameterizedTest
	@MethodSource("wrongProperties")
	void wrongPropertyEndsTheStartWithItsNameItsValueAndWhatWasExpected(String property, String value, String expected,
			String[] others, CapturedOutput output) {
		assertThatThrownBy(() -> start(Stream.concat(Stream.of(property + "=" + value), Arrays.stream(others))));
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("configuration property '" + property + "'")
			.contains("Expected ")
			.contains(expected);
		assertThat(output).contains("Invalid value '");
		if (!value.startsWith("-") && !value.contains(",")) {
			assertThat(output).contains(value);
		}
	}

	@Test
	void applicationWithoutANameIsToldToTakeOne(CapturedOutput output) {
		assertThatThrownBy(() -> start(Stream.of("spring.application.name=")));
		assertThat(output).contains("spring.cloud.etcd.discovery.service-name")
			.contains("spring.application.name")
			.contains("spring.cloud.etcd.discovery.register=false");
	}

	@Test
	void applicationNameThatCannotBeRegisteredIsNamed(CapturedOutput output) {
		assertThatThrownBy(() -> start(Stream.of("spring.application.name=my shop")));
		assertThat(output).contains("Invalid value 'my shop' for configuration property 'spring.application.name'")
			.contains("spring.cloud.etcd.discovery.service-name");
	}

	@Test
	void etcdThatIsNotThereEndsTheStartInTimeWithTheReasonAndTheWayOut(CapturedOutput output) {
		int port = EtcdProcess.freePort();
		long begin = System.nanoTime();
		assertThatThrownBy(() -> start(Stream.of("spring.cloud.etcd.endpoints=127.0.0.1:" + port,
				"spring.cloud.etcd.dial-timeout=1s", "spring.cloud.etcd.request-timeout=1s")));
		assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(15));
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("etcd at http://127.0.0.1:" + port + " cannot be used")
			.contains("Connection refused")
			.contains("spring.cloud.etcd.endpoints")
			.contains("spring.cloud.etcd.fail-fast=false")
			.contains("spring.cloud.etcd.enabled=false");
	}

	@Test
	void withoutFailFastTheApplicationStartsWithoutEtcd() {
		try (ConfigurableApplicationContext context = start(
				Stream.of("spring.cloud.etcd.endpoints=127.0.0.1:" + EtcdProcess.freePort(),
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
