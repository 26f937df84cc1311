package io.github.etcddiscovery.integration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.testsupport.Document;
import io.github.etcddiscovery.testsupport.TestAuthority;
import io.github.etcddiscovery.testsupport.TestCertificates;
import io.github.etcddiscovery.testsupport.TestUsers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.MountableFile;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.testcontainers.context.ImportTestcontainers;
import org.springframework.boot.testcontainers.service.connection.PemKeyStore;
import org.springframework.boot.testcontainers.service.connection.PemTrustStore;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.FileSystemUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Applications find the etcd that Spring Boot has started for them in a container.
 */
@RequiresDocker
class ContainerTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	private static final Document PAGE = Document.of("docs/containers.md");

	private static final String OFFICIAL = "quay.io/coreos/etcd:v3.7.3";

	private static final String GOOGLE = "gcr.io/etcd-development/etcd:v3.7.3";

	private static final String BITNAMI = "bitnami/etcd:3.5";

	private static final String BITNAMI_LEGACY = "bitnamilegacy/etcd:3.5";

	private static final String CUSTOM = "registry.example/discovery:1";

	/** Annotations know constant paths only. */
	private static final String CERTIFICATES = "target/certificates";

	private static final List<String> MADE = new ArrayList<>();

	@TempDir
	private Path folder;

	private ConfigurableApplicationContext context;

	@BeforeAll
	static void makeImagesAndCertificates() throws IOException, GeneralSecurityException {
		Stream.of(OFFICIAL, GOOGLE, BITNAMI, BITNAMI_LEGACY, CUSTOM).filter(Docker::makeImage).forEach(MADE::add);
		Path certificates = Path.of(CERTIFICATES);
		FileSystemUtils.deleteRecursively(certificates);
		TestCertificates issued = new TestAuthority(Files.createDirectories(certificates)).issue("etcd");
		Files.move(Path.of(issued.certificate()), certificates.resolve("etcd.crt"));
		Files.move(Path.of(issued.authority()), certificates.resolve("ca.crt"));
	}

	@AfterAll
	static void removeImages() {
		MADE.forEach(Docker::removeImage);
	}

	@AfterEach
	void close() {
		if (this.context != null) {
			this.context.close();
		}
		if (Files.exists(this.folder.resolve("compose.yaml"))) {
			Docker.run(this.folder, Docker.compose("down", "--timeout=1"));
		}
	}

	@ParameterizedTest
	@ValueSource(classes = { Official.class, Google.class, Bitnami.class, Named.class, EtcdContainers.class })
	void applicationIsRegisteredInTheEtcdOfAContainer(Class<?> containers) {
		start(containers);
		assertRegistered("http://127.0.0.1:" + port());
	}

	@Test
	void certificatesBesideAContainerAreUsed() {
		start(Certified.class);
		assertRegistered("https://127.0.0.1:" + port());
	}

	@Test
	void passwordOfRootThatAContainerIsGivenIsUsed() {
		WithPassword.etcd.start();
		TestUsers.enableAuthentication("http://127.0.0.1:" + WithPassword.etcd.getMappedPort(2379));
		start(WithPassword.class);
		assertRegistered("http://127.0.0.1:" + port());
	}

	@ParameterizedTest
	@CsvSource({ "0, http", "1, http", "2, https" })
	void applicationIsRegisteredInTheEtcdOfAComposeFile(int snippet, String scheme) throws IOException {
		compose(PAGE.blocks("yaml").get(snippet));
		startWithCompose();
		assertRegistered(scheme + "://127.0.0.1:" + composePort(snippet));
	}

	@ParameterizedTest
	@ValueSource(strings = { GOOGLE, BITNAMI, BITNAMI_LEGACY })
	void otherImagesAreKnownInAComposeFile(String image) throws IOException {
		compose(PAGE.blocks("yaml").get(0).replace(OFFICIAL, image));
		startWithCompose();
		assertRegistered("http://127.0.0.1:" + composePort(0));
	}

	@Test
	void passwordOfRootInAComposeFileIsUsed() throws IOException {
		compose(PAGE.blocks("yaml")
			.get(0)
			.replace("ports:", "environment:\n      ETCD_ROOT_PASSWORD: root\n    ports:"));
		Docker.run(this.folder, Docker.compose("up", "--detach", "--wait"));
		String endpoint = "http://127.0.0.1:" + composePort(0);
		TestUsers.enableAuthentication(endpoint);
		startWithCompose();
		assertRegistered(endpoint);
	}

	@Test
	void exampleForTestcontainersIsThatOfACompiledClass() {
		assertThat(PAGE.blocks("java")).singleElement()
			.satisfies((block) -> assertThat(Document
				.of("integration-tests/src/test/java/io/github/etcddiscovery/integration/EtcdContainers.java")
				.text()).endsWith(block));
	}

	/** That it is found there proves that it is registered, too. */
	private void assertRegistered(String endpoint) {
		assertThat(this.context.getBean(EtcdClient.class).describe()).isEqualTo(endpoint);
		DiscoveryClient discoveryClient = this.context.getBean(DiscoveryClient.class);
		await().atMost(SOON).until(() -> discoveryClient.getInstances("orders").size() == 1);
	}

	private int port() {
		return this.context.getBean(GenericContainer.class).getMappedPort(2379);
	}

	private void start(Class<?> containers, String... arguments) {
		this.context = new SpringApplicationBuilder(Application.class, containers).run(Stream
			.concat(Stream.of("--spring.application.name=orders", "--spring.main.web-application-type=none",
					"--spring.cloud.etcd.discovery.host=127.0.0.1", "--spring.cloud.etcd.discovery.port=4711",
					"--spring.cloud.gateway.server.webflux.enabled=false"), Stream.of(arguments))
			.toArray(String[]::new));
	}

	private void startWithCompose() {
		start(Application.class, "--spring.docker.compose.enabled=true", "--spring.docker.compose.skip.in-tests=false",
				"--spring.docker.compose.file=" + this.folder.resolve("compose.yaml"));
	}

	private void compose(String text) throws IOException {
		Files.writeString(this.folder.resolve("compose.yaml"), text);
		Path certificates = Files.createDirectory(this.folder.resolve("certificates"));
		for (String name : List.of("etcd.crt", "etcd.key", "ca.crt")) {
			Files.copy(Path.of(CERTIFICATES, name), certificates.resolve(name));
		}
	}

	private String composePort(int snippet) {
		String address = Docker.run(this.folder, Docker.compose("port", (snippet == 1) ? "discovery" : "etcd", "2379"))
			.strip();
		return address.substring(address.lastIndexOf(':') + 1);
	}

	private static GenericContainer<?> etcd(String image, String scheme, String... arguments) {
		return new GenericContainer<>(image)
			.withCommand(Stream
				.concat(Stream.of("etcd", "--listen-client-urls=" + scheme + "://0.0.0.0:2379",
						"--advertise-client-urls=" + scheme + "://0.0.0.0:2379"), Stream.of(arguments))
				.toArray(String[]::new))
			.withExposedPorts(2379)
			.waitingFor(Wait.forLogMessage(".*ready to serve client requests.*", 1));
	}

	/** Of etcd's own registry. */
	@Configuration(proxyBeanMethods = false)
	@ImportTestcontainers
	static class Official {

		@ServiceConnection
		static GenericContainer<?> etcd = etcd(OFFICIAL, "http");

	}

	/** Of Google's registry. */
	@Configuration(proxyBeanMethods = false)
	@ImportTestcontainers
	static class Google {

		@ServiceConnection
		static GenericContainer<?> etcd = etcd(GOOGLE, "http");

	}

	/** Of Bitnami's. */
	@Configuration(proxyBeanMethods = false)
	@ImportTestcontainers
	static class Bitnami {

		@ServiceConnection
		static GenericContainer<?> etcd = etcd(BITNAMI, "http");

	}

	/** With a name of its own. */
	@Configuration(proxyBeanMethods = false)
	@ImportTestcontainers
	static class Named {

		@ServiceConnection("etcd")
		static GenericContainer<?> etcd = etcd(CUSTOM, "http");

	}

	/** One that accepts those only whom it can check. */
	@Configuration(proxyBeanMethods = false)
	@ImportTestcontainers
	static class Certified {

		@ServiceConnection
		@PemTrustStore(certificate = "file:" + CERTIFICATES + "/ca.crt")
		@PemKeyStore(certificate = "file:" + CERTIFICATES + "/etcd.crt",
				privateKey = "file:" + CERTIFICATES + "/etcd.key")
		static GenericContainer<?> etcd = etcd(OFFICIAL, "https", "--cert-file=/certificates/etcd.crt",
				"--key-file=/certificates/etcd.key", "--trusted-ca-file=/certificates/ca.crt", "--client-cert-auth")
			.withCopyFileToContainer(MountableFile.forHostPath(CERTIFICATES), "/certificates");

	}

	/** One whose root has a password. */
	@Configuration(proxyBeanMethods = false)
	@ImportTestcontainers
	static class WithPassword {

		@ServiceConnection
		static GenericContainer<?> etcd = etcd(BITNAMI, "http").withEnv("ETCD_ROOT_PASSWORD", "root");

	}

	/** An application that registers itself. */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
