package io.github.etcddiscovery.autoconfigure;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TestApplications;
import io.github.etcddiscovery.testsupport.TestCertificates;
import io.github.etcddiscovery.testsupport.TestUsers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.awaitility.Awaitility.await;

/**
 * Applications on an etcd that asks who they are.
 */
@RequiresEtcd
@ExtendWith(OutputCaptureExtension.class)
class SecuredEtcdTests {

	private final EtcdBinary binary;

	SecuredEtcdTests() {
		this.binary = EtcdBinary.newest();
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
	void registersAndDiscoversAsAUserWithJustThePermissionsItNeeds() {
		try (EtcdProcess etcd = TestUsers.startWithAuthentication(this.binary)) {
			assertRegistersAndDiscovers(etcd.endpoint(), Map.of("username", "orders", "password", "pw"));
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
