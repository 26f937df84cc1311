package io.github.etcddiscovery.integration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.etcddiscovery.cloud.discovery.EtcdDiscoveryClient;
import io.github.etcddiscovery.testsupport.Document;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TestApplications;
import io.github.etcddiscovery.testsupport.TestAuthority;
import io.github.etcddiscovery.testsupport.TestCertificates;
import io.github.etcddiscovery.testsupport.TestUsers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.discovery.event.HeartbeatEvent;
import org.springframework.cloud.config.server.EnableConfigServer;
import org.springframework.cloud.context.encrypt.EncryptorFactory;
import org.springframework.cloud.context.refresh.ContextRefresher;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/**
 * Applications that find Spring Cloud Config's server in etcd, with the properties of the
 * page. Tests of {@link ConfigServerInstances}.
 */
@RequiresEtcd
@ExtendWith(OutputCaptureExtension.class)
class ConfigServerTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	private static final String GREETING = "greeting";

	private static final List<String> YAML = Document.of("docs/config-server.md").blocks("yaml");

	private final EtcdBinary binary;

	@TempDir
	private Path folder;

	ConfigServerTests() {
		this.binary = EtcdBinary.newest();
	}

	@Test
	void serverIsFoundAndFoundAgainWhenItHasMoved() throws IOException {
		try (EtcdProcess etcd = EtcdProcess.start(this.binary)) {
			ConfigurableApplicationContext server = server(etcd, "hello", Map.of());
			try (ConfigurableApplicationContext client = client(etcd, Map.of())) {
				assertThat(client.getEnvironment().getProperty(GREETING)).isEqualTo("hello");
				try (ConfigurableApplicationContext next = server(etcd, "good day", Map.of())) {
					server.close();
					int port = TestApplications.port(next);
					EtcdDiscoveryClient discovery = client.getBean(EtcdDiscoveryClient.class);
					await().atMost(SOON)
						.untilAsserted(() -> assertThat(discovery.getInstances("configserver")).singleElement()
							.satisfies((instance) -> assertThat(instance.getPort()).isEqualTo(port)));
					await("asks the one that is there").atMost(SOON).ignoreExceptions().until(() -> {
						client.getBean(ContextRefresher.class).refresh();
						return "good day".equals(client.getEnvironment().getProperty(GREETING));
					});
				}
			}
			finally {
				server.close();
			}
		}
	}

	@Test
	void connectionIsThatOfTheApplicationAndClosedAgain() throws Exception {
		TestCertificates certificates = new TestAuthority(Files.createDirectory(this.folder.resolve("ca")))
			.issue("own");
		String bundle = "spring.ssl.bundle.pem.etcd.";
		Map<String, String> tls = Map.of("spring.cloud.etcd.ssl.bundle", "etcd", bundle + "keystore.certificate",
				certificates.certificate(), bundle + "keystore.private-key", certificates.key(),
				bundle + "truststore.certificate", certificates.authority());
		try (EtcdProcess etcd = EtcdProcess.start(this.binary, certificates)) {
			try (ConfigurableApplicationContext server = server(etcd, "hello", tls)) {
				Map<String, String> properties = new LinkedHashMap<>(tls);
				// So that all connections there are were opened to find the server.
				properties.put("spring.autoconfigure.exclude",
						"io.github.etcddiscovery.autoconfigure.EtcdClientAutoConfiguration");
				long before = threads();
				try (ConfigurableApplicationContext client = client(etcd, properties)) {
					assertThat(client.getEnvironment().getProperty(GREETING)).isEqualTo("hello");
					await("neither view nor connection is left").atMost(SOON).until(() -> threads() <= before);
				}
			}
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "spring.cloud.discovery.enabled", "spring.cloud.etcd.enabled",
			"spring.cloud.etcd.discovery.enabled" })
	void switchesHold(String property) {
		try (EtcdProcess etcd = EtcdProcess.start(this.binary); EtcdEyes eyes = new EtcdEyes(etcd.endpoint())) {
			eyes.put("/services/configserver/a", "{\"host\":\"127.0.0.1\",\"port\":1}");
			assertThatThrownBy(() -> client(etcd,
					Map.of(property, "false", "spring.cloud.config.fail-fast", "true",
							"spring.cloud.config.retry.max-attempts", "1")))
				.hasStackTraceContaining("No instances found of configserver");
		}
	}

	@Test
	void etcdThatCannotBeUsedIsNamed(CapturedOutput output) {
		try (EtcdProcess etcd = EtcdProcess.start(this.binary)) {
			etcd.kill();
			assertThatThrownBy(() -> client(etcd,
					Map.of("spring.cloud.config.fail-fast", "true", "spring.cloud.config.retry.max-attempts", "1")))
				.hasStackTraceContaining("etcd at " + etcd.endpoint() + " cannot be used: ");
			assertThat(output).contains("APPLICATION FAILED TO START");
		}
	}

	@Test
	void optionalServerIsDoneWithoutWhileEtcdIsAway(CapturedOutput output) {
		try (EtcdProcess etcd = EtcdProcess.start(this.binary)) {
			etcd.kill();
			try (ConfigurableApplicationContext client = client(etcd,
					Map.of("spring.config.import", "optional:configserver:", "spring.cloud.etcd.fail-fast", "false"))) {
				assertThat(client.getEnvironment().getProperty(GREETING)).isNull();
				assertThat(output).contains("etcd at " + etcd.endpoint() + " cannot be used: ");
			}
		}
	}

	@Test
	void passwordMayBeEncrypted() throws IOException {
		String key = "of-the-test";
		String password = "{cipher}" + new EncryptorFactory("deadbeef").create(key).encrypt("pw");
		try (EtcdProcess etcd = TestUsers.startWithAuthentication(this.binary);
				EtcdEyes eyes = EtcdEyes.asRoot(etcd.endpoint());
				ConfigurableApplicationContext server = server(etcd, "hello",
						Map.of("spring.cloud.etcd.enabled", "false"))) {
			eyes.put("/services/configserver/a",
					"{\"host\":\"127.0.0.1\",\"port\":" + TestApplications.port(server) + "}");
			try (ConfigurableApplicationContext client = client(etcd, Map.of("encrypt.key", key,
					"spring.cloud.etcd.username", "orders", "spring.cloud.etcd.password", password))) {
				assertThat(client.getEnvironment().getProperty(GREETING)).isEqualTo("hello");
			}
		}
	}

	@Test
	void lastServerKnownIsAskedWhereTheApplicationFollowsOthersOrNoneIsLeft() throws IOException {
		try (EtcdProcess etcd = EtcdProcess.start(this.binary);
				EtcdEyes eyes = new EtcdEyes(etcd.endpoint());
				ConfigurableApplicationContext server = server(etcd, "hello", Map.of());
				ConfigurableApplicationContext client = client(etcd, Map.of("spring.cloud.etcd.discovery.services",
						"stock", "spring.cloud.config.fail-fast", "true"))) {
			List<String> heartbeats = new CopyOnWriteArrayList<>();
			client.addApplicationListener(
					(ApplicationListener<HeartbeatEvent>) (event) -> heartbeats.add(String.valueOf(event.getValue())));
			server.close();
			for (int port = 1; port <= 2; port++) {
				int told = heartbeats.size();
				eyes.put("/services/stock/a", "{\"host\":\"127.0.0.1\",\"port\":" + port + "}");
				await("nobody waits for a config server").atMost(Duration.ofSeconds(2))
					.until(() -> heartbeats.size() > told);
			}
		}
	}

	private static long threads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().matches("etcd-view.*|etcd-client-connection"))
			.count();
	}

	private ConfigurableApplicationContext server(EtcdProcess etcd, String greeting, Map<String, String> properties)
			throws IOException {
		Path files = Files.createDirectory(this.folder.resolve(greeting));
		Files.writeString(files.resolve("orders.properties"), GREETING + "=" + greeting);
		Map<String, String> all = properties(etcd, YAML.get(0), properties);
		all.put("spring.profiles.active", "native");
		all.put("spring.cloud.config.server.native.search-locations", files.toUri().toString());
		return TestApplications.run(new SpringApplicationBuilder(Server.class).web(WebApplicationType.SERVLET), all);
	}

	private static ConfigurableApplicationContext client(EtcdProcess etcd, Map<String, String> properties) {
		Map<String, String> all = properties(etcd, YAML.get(1), properties);
		all.put("spring.cloud.config.enabled", "true");
		all.put("spring.cloud.etcd.discovery.register", "false");
		return TestApplications.run(new SpringApplicationBuilder(Client.class).web(WebApplicationType.NONE), all);
	}

	private static Map<String, String> properties(EtcdProcess etcd, String yaml, Map<String, String> further) {
		Map<String, String> properties = Document.properties(yaml);
		assertThat(properties.replace("spring.cloud.etcd.endpoints", etcd.endpoint())).isNotNull();
		properties.putAll(Map.of("server.port", "0", "server.address", "127.0.0.1", "spring.cloud.etcd.discovery.drain",
				"10ms", "spring.main.banner-mode", "off", "spring.cloud.gateway.server.webflux.enabled", "false"));
		properties.putAll(further);
		return properties;
	}

	/**
	 * The server.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EnableConfigServer
	static class Server {

	}

	/**
	 * An application with nothing of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Client {

	}

}
