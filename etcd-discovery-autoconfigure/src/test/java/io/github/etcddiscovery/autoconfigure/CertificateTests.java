package io.github.etcddiscovery.autoconfigure;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdClientOptions;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.cloud.CertificateExpiry;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TestApplications;
import io.github.etcddiscovery.testsupport.TestAuthority;
import io.github.etcddiscovery.testsupport.TestCertificates;
import io.github.etcddiscovery.view.ServiceView;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.registry.HealthContributorRegistry;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/**
 * Certificates and keys in files, and how they are replaced while an application runs.
 */
@RequiresEtcd
@ExtendWith(OutputCaptureExtension.class)
class CertificateTests {

	/** Files are looked at every ten seconds. */
	private static final Duration LOOKED_AT = Duration.ofSeconds(60);

	private static final short SUPPORTED_VERSIONS = 43;

	private static final int TLS_1_3 = 0x0304;

	private static final int TLS_1_2 = 0x0303;

	private static final String TRUST_STORE = "javax.net.ssl.trustStore";

	private static final String TRUST_STORE_PASSWORD = "javax.net.ssl.trustStorePassword";

	private final EtcdBinary binary;

	@TempDir
	private Path folder;

	private TestAuthority authority;

	CertificateTests() {
		this.binary = EtcdBinary.newest();
	}

	@BeforeEach
	void createAuthority() throws IOException, GeneralSecurityException {
		this.authority = authority("old");
	}

	@ParameterizedTest
	@ValueSource(strings = { "RSA PKCS#8", "RSA PKCS#1", "EC PKCS#8", "EC SEC1" })
	void keyMayBeOfAnyKindAndInAnyFormat(String kind) throws IOException, GeneralSecurityException {
		String algorithm = kind.substring(0, kind.indexOf(' '));
		TestCertificates own = algorithm.equals("RSA") ? this.authority.issueRsa("own") : this.authority.issue("own");
		String key = kind.endsWith("PKCS#8") ? own.key() : traditional(own.key(), algorithm);
		try (EtcdProcess etcd = EtcdProcess.start(this.binary, this.authority.issue("etcd"));
				ConfigurableApplicationContext context = start(etcd, own.authority(), own.certificate(), key)) {
			assertThat(context.getBean(ServiceView.class).catalog().isSynced()).isTrue();
		}
	}

	@Test
	void keyOfAnotherCertificateIsRefused() throws IOException, GeneralSecurityException {
		TestCertificates own = this.authority.issue("own");
		String other = this.authority.issue("other").key();
		EtcdProperties properties = new EtcdProperties();
		properties.setCert(own.certificate());
		properties.setKey(other);
		assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class)
			.isThrownBy(() -> EtcdConnectionDetails.of(properties, null))
			.satisfies((ex) -> assertThat(ex.getName()).isEqualTo("spring.cloud.etcd.key"))
			.satisfies((ex) -> assertThat(ex.getReason())
				.isEqualTo("Expected the private key of the certificate in spring.cloud.etcd.cert."));
	}

	@Test
	void certificatesAreReplacedWithoutARestartAndWithoutLosingTheRegistration(CapturedOutput output) throws Exception {
		TestCertificates server = copy(this.authority.issue("etcd"), "server");
		TestCertificates own = copy(this.authority.issue("own", Instant.now(), Duration.ofDays(3)), "client");
		try (EtcdProcess etcd = EtcdProcess.start(this.binary, server);
				ConfigurableApplicationContext context = start(etcd, own.authority(), own.certificate(), own.key())) {
			CertificateExpiry expiry = context.getBean(CertificateExpiry.class);
			assertThat(expiry.expires()).isBetween(Instant.now().plus(Duration.ofDays(2)),
					Instant.now().plus(Duration.ofDays(3)));
			assertThat(expiry.isSoon()).isTrue();
			assertThat(certificatesInHealth(context)).containsEntry("expire", expiry.expires().toString())
				.containsEntry("soon", true);
			long lease = lease(context);
			await("said").atMost(LOOKED_AT)
				.until(() -> output.toString().contains("A certificate for the connection to etcd ends at "));
			TestAuthority next = authority("new");
			replace(next.issue("own"), own);
			await("new certificates that etcd does not take are not used").atMost(LOOKED_AT)
				.until(() -> Pattern
					.compile("Staying connected to etcd with the certificates that were.*SSLHandshakeException")
					.matcher(output)
					.find());
			assertThat(context.getBean(ServiceView.class).failure()).isNull();
			replace(next.issue("etcd"), server);
			etcd.kill();
			etcd.startAgain();
			await("all are new now").atMost(LOOKED_AT)
				.ignoreExceptions()
				.until(() -> isWell(context) && !expiry.isSoon());
			assertThat(certificatesInHealth(context)).containsEntry("soon", false);
			assertThat(lease(context)).isEqualTo(lease);
			assertThat(context.getBean(ServiceView.class).statistics().resyncs()).isZero();
		}
	}

	@Test
	void bundleThatSpringReloadsIsUsedWithoutLosingRegistrationOrWatch(CapturedOutput output) throws Exception {
		TestCertificates own = copy(this.authority.issue("own", Instant.now(), Duration.ofDays(3)), "client");
		String bundle = "spring.ssl.bundle.pem.etcd.";
		try (EtcdProcess etcd = EtcdProcess.start(this.binary, this.authority.issue("etcd"));
				ConfigurableApplicationContext context = start(etcd,
						Map.of("spring.cloud.etcd.ssl.bundle", "etcd", bundle + "keystore.certificate",
								own.certificate(), bundle + "keystore.private-key", own.key(),
								bundle + "truststore.certificate", own.authority(), bundle + "reload-on-update", "true",
								"spring.ssl.bundle.watch.file.quiet-period", "1s"))) {
			CertificateExpiry expiry = context.getBean(CertificateExpiry.class);
			assertThat(expiry.isSoon()).isTrue();
			long lease = lease(context);
			replace(this.authority.issue("next"), own);
			await().atMost(LOOKED_AT)
				.until(() -> output.toString().contains("Connected to etcd at " + etcd.endpoint() + " from now on"));
			await().atMost(LOOKED_AT).ignoreExceptions().until(() -> isWell(context) && !expiry.isSoon());
			assertThat(lease(context)).isEqualTo(lease);
			assertThat(context.getBean(ServiceView.class).statistics().resyncs()).isZero();
		}
	}

	@Test
	void authorityAloneMeansTls() throws IOException, GeneralSecurityException {
		TestCertificates server = this.authority.issue("etcd");
		try (EtcdProcess etcd = EtcdProcess.startForAnybody(this.binary, server);
				ConfigurableApplicationContext context = TestApplications.run(
						new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE),
						properties(Map.of("spring.cloud.etcd.ca-cert", server.authority(),
								"spring.cloud.etcd.endpoints", etcd.endpoint().replace("https://", ""))))) {
			assertThat(context.getBean(ServiceView.class).catalog().isSynced()).isTrue();
		}
	}

	/** What a server is offered, by RFC 8446: 4.1.2 and, for the versions, 4.2.1. */
	@Test
	void nothingOlderThanTls12IsOffered() throws Exception {
		try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
				EtcdClient client = EtcdClient
					.create(EtcdClientOptions.of("https://127.0.0.1:" + server.getLocalPort()))) {
			server.setSoTimeout((int) LOOKED_AT.toMillis());
			client.get("/any", 0);
			try (Socket socket = server.accept()) {
				DataInputStream in = new DataInputStream(socket.getInputStream());
				in.skipNBytes(3);
				ByteBuffer hello = ByteBuffer.wrap(in.readNBytes(in.readUnsignedShort()));
				hello.position(4 + 2 + 32);
				skip(hello, hello.get() & 0xff);
				skip(hello, hello.getShort() & 0xffff);
				skip(hello, hello.get() & 0xff);
				hello.getShort();
				while (hello.getShort() != SUPPORTED_VERSIONS) {
					skip(hello, hello.getShort() & 0xffff);
				}
				hello.getShort();
				List<Integer> versions = new ArrayList<>();
				for (int left = hello.get(); left > 0; left -= 2) {
					versions.add((int) hello.getShort());
				}
				assertThat(versions).containsExactly(TLS_1_3, TLS_1_2);
			}
		}
	}

	private static void skip(ByteBuffer buffer, int bytes) {
		buffer.position(buffer.position() + bytes);
	}

	@Test
	void whatTheJvmTrustsCountsWhereNothingElseIsSaid() throws IOException, GeneralSecurityException {
		TestCertificates own = this.authority.issue("etcd");
		try (EtcdProcess etcd = EtcdProcess.start(this.binary, own)) {
			Map<String, String> certificate = Map.of("spring.cloud.etcd.cert", own.certificate(),
					"spring.cloud.etcd.key", own.key());
			assertThatThrownBy(() -> start(etcd, certificate)).hasStackTraceContaining("PKIX path");
			Properties before = (Properties) System.getProperties().clone();
			System.setProperty(TRUST_STORE, this.authority.keyStore().toString());
			System.setProperty(TRUST_STORE_PASSWORD, TestAuthority.PASSWORD);
			try (ConfigurableApplicationContext context = start(etcd, certificate)) {
				assertThat(context.getBean(ServiceView.class).catalog().isSynced()).isTrue();
			}
			finally {
				System.setProperties(before);
			}
		}
	}

	@Test
	void detailsOfTheUserAreNotReplaced() throws IOException, GeneralSecurityException {
		TestCertificates own = copy(this.authority.issue("own"), "client");
		try (EtcdProcess etcd = EtcdProcess.start(this.binary);
				ConfigurableApplicationContext context = TestApplications.run(
						new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
							.initializers((application) -> ((GenericApplicationContext) application)
								.registerBean(EtcdConnectionDetails.class, () -> () -> List.of(etcd.endpoint()))),
						properties(Map.of("spring.cloud.etcd.ssl.bundle", "of-another-profile",
								"spring.cloud.etcd.ca-cert", own.authority())))) {
			assertThat(context.getBean(ServiceView.class).catalog().isSynced()).isTrue();
			assertThat(context.getBean(CertificateExpiry.class).expires()).isNull();
		}
	}

	@SuppressWarnings("unchecked")
	private static Map<String, Object> certificatesInHealth(ConfigurableApplicationContext context) {
		HealthIndicator health = (HealthIndicator) context.getBean(HealthContributorRegistry.class)
			.getContributor("etcd");
		return (Map<String, Object>) health.health().getDetails().get("certificates");
	}

	/** Of its only record, which must be there. */
	private static long lease(ConfigurableApplicationContext context) throws Exception {
		List<KeyValue> records = context.getBean(EtcdClient.class).entries("/services/").get(5, TimeUnit.SECONDS);
		assertThat(records).hasSize(1);
		return records.get(0).leaseId();
	}

	private static boolean isWell(ConfigurableApplicationContext context) throws Exception {
		int entries = context.getBean(EtcdClient.class).entries("/services/").get(5, TimeUnit.SECONDS).size();
		return entries == 1 && context.getBean(ServiceView.class).failure() == null;
	}

	private TestAuthority authority(String name) throws IOException, GeneralSecurityException {
		return new TestAuthority(Files.createDirectory(this.folder.resolve(name)));
	}

	private TestCertificates copy(TestCertificates from, String name) throws IOException {
		Path copies = Files.createDirectory(this.folder.resolve(name));
		TestCertificates to = new TestCertificates(copies.resolve("ca.crt").toString(),
				copies.resolve("own.crt").toString(), copies.resolve("own.key").toString());
		replace(from, to);
		return to;
	}

	private static void replace(TestCertificates from, TestCertificates to) throws IOException {
		Files.copy(Path.of(from.authority()), Path.of(to.authority()), StandardCopyOption.REPLACE_EXISTING);
		Files.copy(Path.of(from.certificate()), Path.of(to.certificate()), StandardCopyOption.REPLACE_EXISTING);
		Files.copy(Path.of(from.key()), Path.of(to.key()), StandardCopyOption.REPLACE_EXISTING);
	}

	private static ConfigurableApplicationContext start(EtcdProcess etcd, String caCert, String cert, String key) {
		return start(etcd, Map.of("spring.cloud.etcd.ca-cert", caCert, "spring.cloud.etcd.cert", cert,
				"spring.cloud.etcd.key", key));
	}

	private static ConfigurableApplicationContext start(EtcdProcess etcd, Map<String, String> properties) {
		Map<String, String> all = properties(properties);
		all.put("spring.cloud.etcd.endpoints", etcd.endpoint());
		return TestApplications.run(new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE), all);
	}

	private static Map<String, String> properties(Map<String, String> properties) {
		Map<String, String> all = new LinkedHashMap<>(properties);
		all.putAll(Map.of("spring.application.name", "orders", "spring.cloud.etcd.discovery.port", "4711",
				"spring.cloud.etcd.discovery.host", "127.0.0.1", "spring.cloud.etcd.discovery.ttl", "60s"));
		return all;
	}

	/** Writes a key as OpenSSL did before there was PKCS#8. */
	private String traditional(String pkcs8, String algorithm) throws IOException {
		byte[] der = Base64.getMimeDecoder()
			.decode(Files.readString(Path.of(pkcs8)).replaceAll("-----[A-Z ]+-----", ""));
		// PrivateKeyInfo (RFC 5208): version, algorithm with its parameters, key
		byte[][] info = elements(contents(der));
		byte[] key = contents(info[2]);
		if (algorithm.equals("EC")) {
			// ECPrivateKey (RFC 5915) with the curve, which is the algorithm's parameter
			byte[] curve = elements(contents(info[1]))[1];
			byte[][] parts = elements(contents(key));
			key = der(0x30, parts[0], parts[1], der(0xa0, curve));
		}
		Path file = this.folder.resolve("traditional.key");
		Files.writeString(file, "-----BEGIN %1$s PRIVATE KEY-----%n%2$s%n-----END %1$s PRIVATE KEY-----%n".formatted(
				algorithm, Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(key)));
		return file.toString();
	}

	/** The value of a DER element. */
	private static byte[] contents(byte[] element) {
		return Arrays.copyOfRange(element, headerLength(element, 0), element.length);
	}

	/** The first DER elements of a sequence, three at most. */
	private static byte[][] elements(byte[] sequence) {
		byte[][] found = new byte[3][];
		int position = 0;
		for (int i = 0; i < found.length && position < sequence.length; i++) {
			int end = position + headerLength(sequence, position) + valueLength(sequence, position);
			found[i] = Arrays.copyOfRange(sequence, position, end);
			position = end;
		}
		return found;
	}

	private static int headerLength(byte[] bytes, int position) {
		int first = bytes[position + 1] & 0xff;
		return (first < 0x80) ? 2 : 2 + (first & 0x7f);
	}

	private static int valueLength(byte[] bytes, int position) {
		int length = 0;
		int header = headerLength(bytes, position);
		if (header == 2) {
			return bytes[position + 1];
		}
		for (int i = 2; i < header; i++) {
			length = (length << 8) | (bytes[position + i] & 0xff);
		}
		return length;
	}

	/** An element whose value is shorter than 128 bytes. */
	private static byte[] der(int tag, byte[]... values) {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		out.write(tag);
		out.write(Stream.of(values).mapToInt((value) -> value.length).sum());
		Stream.of(values).forEach(out::writeBytes);
		return out.toByteArray();
	}

	/**
	 * An application with nothing of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
