package io.github.etcddiscovery.autoconfigure;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.management.JMException;
import javax.management.MBeanOperationInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;

import io.etcd.jetcd.Auth;
import io.github.etcddiscovery.client.EtcdClientOptions;
import io.github.etcddiscovery.cloud.discovery.EtcdDiscoveryClient;
import io.github.etcddiscovery.cloud.registration.EtcdAutoServiceRegistration;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TestApplications;
import io.github.etcddiscovery.testsupport.TestCertificates;
import io.github.etcddiscovery.testsupport.TestUsers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;
import org.springframework.web.client.RestClient;

import static io.github.etcddiscovery.testsupport.EtcdEyes.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.awaitility.Awaitility.await;

/**
 * Passwords and keys are looked for in all that is logged, at the finest level of all
 * loggers, and in all that the actuator shows.
 */
@RequiresEtcd
@ExtendWith(OutputCaptureExtension.class)
class SecretsTests {

	private static final Duration SOON = Duration.ofSeconds(30);

	private static final String PASSWORD = "canary-of-a-password";

	private static final String PASSPHRASE = "canary-of-a-passphrase";

	private static final String WRONG = "canary-that-is-wrong";

	/** What tokens begin with: {"alg":"RS256","typ":"JWT"}, in Base64 (RFC 7515). */
	private static final String TOKEN = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9";

	private final EtcdBinary binary;

	SecretsTests() {
		this.binary = EtcdBinary.newest();
	}

	@Test
	void passwordAndTokenAreNowhereToBeSeen(@TempDir Path folder, CapturedOutput output)
			throws IOException, GeneralSecurityException {
		try (EtcdProcess etcd = EtcdProcess.startWith(this.binary, TestUsers.jwt(folder, Duration.ofMinutes(5)))) {
			addUser(etcd);
			try (ConfigurableApplicationContext context = start(etcd.endpoint(), "username=root",
					"password=" + PASSWORD)) {
				awaitFound(context);
				List<String> shown = new ArrayList<>(actuator(context));
				etcd.kill();
				await().atMost(SOON).until(() -> output.toString().contains("No connection to etcd"));
				etcd.startAgain();
				await().atMost(SOON).until(() -> output.toString().contains("without a connection"));
				refresh(context, WRONG);
				await().atMost(SOON).until(() -> output.toString().contains("Staying connected to etcd as before"));
				shown.addAll(actuator(context));
				assertThat(shown).hasSizeGreaterThan(10).allSatisfy((text) -> assertThatNoSecretIsIn(text));
			}
			assertThatException().isThrownBy(() -> start(etcd.endpoint(), "username=root", "password=" + WRONG))
				.satisfies((ex) -> assertThatNoSecretIsIn(trace(ex)));
			assertThatException()
				.isThrownBy(() -> start("http://no-such-host.invalid:2379", "username=root", "password=" + PASSWORD))
				.satisfies((ex) -> assertThatNoSecretIsIn(trace(ex)));
		}
		assertThat(output.toString()).contains(" TRACE ").contains("authentication failed");
		assertThatNoSecretIsIn(output.toString());
		assertThatNoSecretIsIn(EtcdClientOptions.of("localhost:2379").withCredentials("root", PASSWORD).toString());
	}

	@Test
	void privateKeyIsNowhereToBeSeen(@TempDir Path folder, CapturedOutput output)
			throws IOException, GeneralSecurityException {
		TestCertificates certificates = TestCertificates.create(folder);
		String key = Files.readString(Path.of(certificates.key())).lines().skip(1).findFirst().orElseThrow();
		String cert = certificates.certificate();
		try (EtcdProcess etcd = EtcdProcess.start(this.binary, certificates)) {
			try (ConfigurableApplicationContext context = start(etcd.endpoint(), "ca-cert=" + certificates.authority(),
					"cert=" + cert, "key=" + certificates.key())) {
				awaitFound(context);
				assertThat(actuator(context)).allSatisfy((text) -> assertThat(text).doesNotContain(key));
			}
			assertThatException()
				.isThrownBy(() -> start(etcd.endpoint(), "ca-cert=" + certificates.key(), "cert=" + cert,
						"key=" + certificates.key()))
				.satisfies((ex) -> assertThat(trace(ex)).doesNotContain(key));
		}
		assertThat(output.toString()).contains(" TRACE ");
		assertThat(output.toString().contains(key)).isFalse();
		assertThat(output.toString().contains(HexFormat.of().formatHex(Base64.getDecoder().decode(key)))).isFalse();
	}

	@Test
	void secretsInWrongPropertiesAndInMetadataAreNowhereToBeSeen(@TempDir Path folder, CapturedOutput output)
			throws IOException, GeneralSecurityException {
		TestCertificates certificates = TestCertificates.create(folder);
		String key = Files.readString(Path.of(certificates.key()));
		String secretLine = key.lines().skip(1).findFirst().orElseThrow();
		for (String endpoints : List.of("http://root:" + PASSWORD + "@h:1", "https://root:" + PASSWORD + "@my_host:1",
				"http://a:1,http://root:" + PASSWORD + "@b:1", "http://root:" + PASSWORD + " @h:1")) {
			assertThatException().isThrownBy(() -> start(endpoints))
				.satisfies((ex) -> assertThatNoSecretIsIn(trace(ex)));
		}
		assertThatException().isThrownBy(() -> start("https://h:1", "key=" + key))
			.satisfies((ex) -> assertThat(trace(ex)).doesNotContain(secretLine));
		assertThatException().isThrownBy(() -> start("https://h:1", "cert=" + certificates.authority(), "key=" + key))
			.satisfies((ex) -> assertThat(trace(ex)).doesNotContain(secretLine));
		try (EtcdProcess etcd = EtcdProcess.start(this.binary);
				ConfigurableApplicationContext context = start(etcd.endpoint(),
						"spring.cloud.etcd.discovery.metadata.password=" + PASSWORD,
						"discovery.allow-secret-metadata=true", "spring.main.banner-mode=off",
						"management.info.etcd.enabled=true")) {
			awaitFound(context);
			assertThat(actuator(context)).allSatisfy(SecretsTests::assertThatNoSecretIsIn);
		}
		assertThat(output.toString()).contains("It is not shown, since it may contain a password or a private key");
		assertThat(output.toString().contains(secretLine)).isFalse();
		assertThatNoSecretIsIn(output.toString());
	}

	@Test
	void noPropertyRepeatsAWrongValueThatMayContainASecret(CapturedOutput output) {
		Set<String> refused = new TreeSet<>();
		try (EtcdProcess etcd = EtcdProcess.start(this.binary)) {
			for (String property : properties()) {
				for (String value : List.of("http://root:" + PASSWORD + "@host:1",
						"-----BEGIN PRIVATE KEY----- " + PASSWORD)) {
					SpringApplicationBuilder application = new SpringApplicationBuilder(Application.class)
						.web(WebApplicationType.NONE);
					try {
						TestApplications
							.run(application,
									new TestApplications(etcd.endpoint()).properties("orders", property + "=" + value))
							.close();
					}
					catch (RuntimeException ex) {
						refused.add(property);
						assertThatNoSecretIsIn(trace(ex));
					}
				}
			}
		}
		assertThat(refused).hasSizeGreaterThan(12);
		assertThat(output.toString()).contains("APPLICATION FAILED TO START");
		assertThatNoSecretIsIn(output.toString());
	}

	/**
	 * The properties of this starter that hold text, with a key where they are maps.
	 * Spring Boot itself repeats values that it cannot convert to a number or a duration.
	 * A prefix may be any text, so it is never wrong and is shown, and so is the name of
	 * a file that is written.
	 */
	private static List<String> properties() {
		try (InputStream metadata = SecretsTests.class
			.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
			return JsonMapper.shared()
				.readTree(metadata)
				.path("properties")
				.valueStream()
				.filter((property) -> property.path("type").asString().matches(".*java\\.lang\\.String>?"))
				.map((property) -> property.path("name").asString()
						+ (property.path("type").asString().startsWith("java.util.Map") ? ".any" : ""))
				.filter((property) -> !property.matches(".*\\.(prefix|service-prefixes\\.any|snapshot\\.file)"))
				.toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Test
	void passphraseOfAPrivateKeyIsNowhereToBeSeen(@TempDir Path folder, CapturedOutput output)
			throws IOException, GeneralSecurityException {
		TestCertificates certificates = TestCertificates.create(folder);
		String key = encrypt(Path.of(certificates.key()), folder.resolve("encrypted.key"));
		String bundle = "spring.ssl.bundle.pem.etcd.";
		String[] properties = { "ssl.bundle=etcd", bundle + "truststore.certificate=" + certificates.authority(),
				bundle + "keystore.certificate=" + certificates.certificate(), bundle + "keystore.private-key=" + key,
				bundle + "keystore.private-key-password=" + PASSPHRASE };
		try (EtcdProcess etcd = EtcdProcess.start(this.binary, certificates)) {
			try (ConfigurableApplicationContext context = start(etcd.endpoint(), properties)) {
				awaitFound(context);
				assertThat(actuator(context)).allSatisfy((text) -> assertThatNoSecretIsIn(text));
			}
			properties[4] = bundle + "keystore.private-key-password=" + WRONG;
			assertThatException().isThrownBy(() -> start(etcd.endpoint(), properties))
				.satisfies((ex) -> assertThatNoSecretIsIn(trace(ex)));
		}
		assertThat(output.toString()).contains(" TRACE ");
		assertThatNoSecretIsIn(output.toString());
	}

	private static String encrypt(Path key, Path encrypted) throws IOException, GeneralSecurityException {
		String algorithm = "PBEWithSHA1AndDESede";
		Cipher cipher = Cipher.getInstance(algorithm);
		cipher.init(Cipher.ENCRYPT_MODE,
				SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(PASSPHRASE.toCharArray())));
		byte[] plain = Base64.getMimeDecoder().decode(Files.readString(key).replaceAll("-----[A-Z ]+-----", ""));
		byte[] info = new EncryptedPrivateKeyInfo(cipher.getParameters(), cipher.doFinal(plain)).getEncoded();
		return TestCertificates.pem(encrypted, "ENCRYPTED PRIVATE KEY", info);
	}

	private static void addUser(EtcdProcess etcd) {
		try (EtcdEyes eyes = new EtcdEyes(etcd.endpoint())) {
			Auth auth = eyes.client().getAuthClient();
			auth.userAdd(bytes("root"), bytes(PASSWORD)).join();
			auth.roleAdd(bytes("root")).join();
			auth.userGrantRole(bytes("root"), bytes("root")).join();
			auth.authEnable().join();
		}
	}

	/** In plain text, in Base64, and in the hexadecimal digits of a dump. */
	private static void assertThatNoSecretIsIn(String text) {
		for (String secret : List.of(PASSWORD, PASSPHRASE, WRONG, TOKEN)) {
			byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
			for (String form : List.of(secret, Base64.getEncoder().encodeToString(bytes),
					HexFormat.of().formatHex(bytes), HexFormat.ofDelimiter(" ").formatHex(bytes))) {
				int found = text.toLowerCase(Locale.ROOT).indexOf(form.toLowerCase(Locale.ROOT));
				assertThat((found < 0) ? "" : text.substring(Math.max(0, found - 400), found + form.length()))
					.as("what comes before a secret")
					.isEmpty();
			}
		}
	}

	private static String trace(Throwable ex) {
		StringWriter trace = new StringWriter();
		ex.printStackTrace(new PrintWriter(trace));
		return trace.toString();
	}

	/** The answers of all endpoints, over HTTP and over JMX. */
	private static List<String> actuator(ConfigurableApplicationContext context) {
		RestClient client = TestApplications.http(context, "/actuator/");
		Stream<String> http = Stream
			.of("beans", "conditions", "configprops", "env", "etcd", "features", "health", "info", "loggers",
					"mappings", "metrics", "prometheus", "scheduledtasks", "serviceregistry", "threaddump")
			.map((endpoint) -> client.get().uri(endpoint).retrieve().body(String.class));
		List<String> jmx = jmx();
		assertThat(jmx).hasSizeGreaterThan(10);
		return Stream.concat(http, jmx.stream()).toList();
	}

	private static List<String> jmx() {
		MBeanServer server = ManagementFactory.getPlatformMBeanServer();
		List<String> answers = new ArrayList<>();
		try {
			for (ObjectName name : server.queryNames(new ObjectName("org.springframework.boot:type=Endpoint,*"),
					null)) {
				for (MBeanOperationInfo operation : server.getMBeanInfo(name).getOperations()) {
					if (operation.getImpact() == MBeanOperationInfo.INFO && operation.getSignature().length == 0) {
						answers
							.add(name + " " + server.invoke(name, operation.getName(), new Object[0], new String[0]));
					}
				}
			}
		}
		catch (JMException ex) {
			throw new IllegalStateException(ex);
		}
		return answers;
	}

	private static void awaitFound(ConfigurableApplicationContext context) {
		assertThat(context.getBean(EtcdAutoServiceRegistration.class).isRunning()).isTrue();
		await().atMost(SOON).until(() -> context.getBean(EtcdDiscoveryClient.class).getInstances("orders").size() == 1);
	}

	private static void refresh(ConfigurableApplicationContext context, String password) {
		context.getEnvironment()
			.getPropertySources()
			.addFirst(new MapPropertySource("changed", Map.of("spring.cloud.etcd.password", password)));
		context.publishEvent(new EnvironmentChangeEvent(context, Set.of("spring.cloud.etcd.password")));
	}

	private static ConfigurableApplicationContext start(String endpoint, String... properties) {
		return TestApplications.run(new SpringApplicationBuilder(Application.class),
				new TestApplications(endpoint).properties("orders", all(properties)));
	}

	private static String[] all(String... properties) {
		List<String> all = new ArrayList<>(
				List.of("logging.level.root=trace", "spring.main.web-application-type=servlet",
						"management.endpoints.web.exposure.include=*", "management.endpoint.health.show-details=always",
						"spring.jmx.enabled=true", "management.endpoints.jmx.exposure.include=*"));
		for (String property : properties) {
			all.add((property.startsWith("spring.") || property.startsWith("management.")) ? property
					: "spring.cloud.etcd." + property);
		}
		return all.toArray(String[]::new);
	}

	/**
	 * An application with nothing of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
