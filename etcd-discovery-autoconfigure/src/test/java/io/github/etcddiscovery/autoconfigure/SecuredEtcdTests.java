package io.github.etcddiscovery.autoconfigure;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.github.etcddiscovery.testing.EtcdBinary;
import io.github.etcddiscovery.testing.EtcdProcess;
import io.github.etcddiscovery.testing.OnEveryEtcd;
import io.github.etcddiscovery.testing.TestApplications;
import io.github.etcddiscovery.testing.TestCertificates;
import io.github.etcddiscovery.testing.TestUsers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/**
 * Applications on an etcd that asks who they are.
 */
@OnEveryEtcd
@ExtendWith(OutputCaptureExtension.class)
class SecuredEtcdTests {

	private final EtcdBinary binary;

	SecuredEtcdTests(EtcdBinary binary) {
		this.binary = binary;
	}

	@Test
	void registersAndDiscoversOverMutualTls(@TempDir Path folder) throws IOException, GeneralSecurityException {
		TestCertificates certificates = TestCertificates.create(folder);
		try (EtcdProcess etcd = EtcdProcess.start(this.binary, certificates)) {
			Map<String, String> pem = Map.of("ca-cert", certificates.authority(), "cert", certificates.certificate(),
					"key", certificates.key());
			assertRegistersAndDiscovers(etcd.endpoint(), pem);
			String bundle = "spring.ssl.bundle.pem.etcd.";
			try (ConfigurableApplicationContext context = start(etcd.endpoint(), Map.of("ssl.bundle", "etcd"),
					Map.of(bundle + "keystore.certificate", certificates.certificate(), bundle + "keystore.private-key",
							certificates.key(), bundle + "truststore.certificate", certificates.authority()))) {
				awaitDiscovered(context);
			}
		}
	}

	@Test
	void certificateThatIsNotTrustedEndsTheStart(@TempDir Path folder, @TempDir Path others, CapturedOutput output)
			throws IOException, GeneralSecurityException {
		TestCertificates certificates = TestCertificates.create(folder);
		TestCertificates untrusted = TestCertificates.create(others);
		try (EtcdProcess etcd = EtcdProcess.start(this.binary, certificates)) {
			assertThatThrownBy(() -> start(etcd.endpoint(), Map.of("ca-cert", untrusted.authority(), "cert",
					certificates.certificate(), "key", certificates.key()), Map.of()));
			assertThat(output).contains("APPLICATION FAILED TO START")
				.contains(etcd.endpoint())
				.contains("no connection (SSLHandshakeException: ");
		}
	}

	@Test
	void registersAndDiscoversAsAUserWithJustThePermissionsItNeeds() {
		try (EtcdProcess etcd = TestUsers.startWithAuthentication(this.binary)) {
			assertRegistersAndDiscovers(etcd.endpoint(), Map.of("username", "orders", "password", "pw"));
		}
	}

	@Test
	void wrongPasswordEndsTheStartAndSaysSo(CapturedOutput output) {
		try (EtcdProcess etcd = TestUsers.startWithAuthentication(this.binary)) {
			assertThatThrownBy(
					() -> start(etcd.endpoint(), Map.of("username", "orders", "password", "wrong!"), Map.of()));
			assertThat(output).contains("APPLICATION FAILED TO START")
				.contains("authentication failed")
				.contains("spring.cloud.etcd.password")
				.doesNotContain("wrong!");
		}
	}

	@Test
	void missingPermissionToReadEndsTheStartAndSaysSo(CapturedOutput output) {
		try (EtcdProcess etcd = TestUsers.startWithAuthentication(this.binary)) {
			assertThatThrownBy(() -> start(etcd.endpoint(),
					Map.of("username", "orders", "password", "pw", "discovery.prefix", "/elsewhere"), Map.of()));
			assertThat(output).contains("APPLICATION FAILED TO START")
				.contains("/elsewhere/")
				.contains("permission denied")
				.contains("spring.cloud.etcd.discovery.prefix");
		}
	}

	@Test
	void missingPermissionToWriteEndsTheStartAndSaysSo(CapturedOutput output) {
		try (EtcdProcess etcd = TestUsers.startWithAuthentication(this.binary)) {
			assertThatThrownBy(() -> start(etcd.endpoint(),
					Map.of("username", "orders", "password", "pw", "discovery.service-name", "stock"), Map.of()));
			assertThat(output).contains("APPLICATION FAILED TO START")
				.contains("/services/stock/127.0.0.1:4711")
				.contains("permission denied");
		}
	}

	@Test
	void missingPermissionForTheManagementPortDoesNotEndTheStart(CapturedOutput output) {
		try (EtcdProcess etcd = TestUsers.startWithAuthentication(this.binary);
				ConfigurableApplicationContext context = TestApplications.run(
						new SpringApplicationBuilder(Application.class),
						Map.of("spring.application.name", "orders", "spring.cloud.etcd.endpoints", etcd.endpoint(),
								"spring.cloud.etcd.username", "orders", "spring.cloud.etcd.password", "pw",
								"server.port", "0", "server.address", "127.0.0.1", "management.server.port", "0"))) {
			awaitDiscovered(context);
			assertThat(output).contains("The management port is not registered yet")
				.contains("/services/orders-management/")
				.contains("register-management=false");
		}
	}

	private static void assertRegistersAndDiscovers(String endpoint, Map<String, String> etcdProperties) {
		try (ConfigurableApplicationContext context = start(endpoint, etcdProperties, Map.of())) {
			awaitDiscovered(context);
		}
	}

	private static void awaitDiscovered(ConfigurableApplicationContext context) {
		await().atMost(10, TimeUnit.SECONDS)
			.until(() -> context.getBean(DiscoveryClient.class).getInstances("orders").size() == 1);
	}

	private static ConfigurableApplicationContext start(String endpoint, Map<String, String> etcdProperties,
			Map<String, String> otherProperties) {
		Map<String, String> properties = new LinkedHashMap<>(otherProperties);
		properties.putAll(Map.of("spring.application.name", "orders", "spring.cloud.etcd.endpoints", endpoint,
				"spring.cloud.etcd.discovery.port", "4711", "spring.cloud.etcd.discovery.host", "127.0.0.1"));
		etcdProperties.forEach((name, value) -> properties.put("spring.cloud.etcd." + name, value));
		return TestApplications.run(new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE),
				properties);
	}

	/**
	 * An application with nothing of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
