package io.github.etcddiscovery.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

import io.github.etcddiscovery.testsupport.TestCertificates;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link PropertiesEtcdConnectionDetails}.
 */
class PropertiesEtcdConnectionDetailsTests {

	@TempDir
	private static Path folder;

	private static TestCertificates certificates;

	private final EtcdProperties properties = new EtcdProperties();

	@BeforeAll
	static void createCertificates() throws Exception {
		certificates = TestCertificates.create(folder);
		// What is on the class path can be named as such.
		Files.copy(Path.of(certificates.authority()), onClassPath(), StandardCopyOption.REPLACE_EXISTING);
	}

	private static Path onClassPath() {
		return Path.of("target", "test-classes", "test-authority.pem");
	}

	private PropertiesEtcdConnectionDetails details() {
		return new PropertiesEtcdConnectionDetails(this.properties, null);
	}

	@Test
	void defaultIsPlaintextToTheDefaultPortOfThisMachine() {
		assertThat(details().getEndpoints()).containsExactly("localhost:2379");
		assertThat(details().getSslBundle()).isNull();
		assertThat(details().getUsername()).isNull();
		assertThat(details().getPassword()).isNull();
		assertThat(details().isPlaintextCredentialsAllowed()).isFalse();
		assertThat(details().hasCertificates()).isFalse();
		assertThat(details().isOutdated()).isFalse();
	}

	@Test
	void whatIsSetIsTaken() {
		this.properties.setEndpoints(List.of("a:1", "b:2"));
		this.properties.setUsername("orders");
		this.properties.setPassword("pw");
		assertThat(details().getEndpoints()).containsExactly("a:1", "b:2");
		assertThat(details().getUsername()).isEqualTo("orders");
		assertThat(details().getPassword()).isEqualTo("pw");
	}

	@Test
	void certificatesAreReadFromPathsAndFromLocations() throws IOException {
		for (String location : List.of(certificates.authority(), "file:" + certificates.authority(),
				Path.of(certificates.authority()).toUri().toString(), "classpath:test-authority.pem")) {
			this.properties.setCaCert(location);
			SslBundle bundle = details().getSslBundle();
			assertThat(bundle).as(location).isNotNull();
			assertThat(bundle.getStores().getTrustStore()).isNotNull();
			assertThat(bundle.getStores().getKeyStore()).isNull();
			assertThat(details().hasCertificates()).isTrue();
			assertThat(details().isOutdated()).isFalse();
		}
	}

	@Test
	void locationThatIsNotThereIsRefusedWithItsProperty() {
		for (String location : List.of("/missing.pem", "file:/missing.pem", "classpath:missing.pem")) {
			this.properties.setCaCert(location);
			assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class).isThrownBy(this::details)
				.satisfies((refused) -> {
					assertThat(refused.getName()).isEqualTo("spring.cloud.etcd.ca-cert");
					assertThat(refused.getValue()).isEqualTo(location);
					assertThat(refused.getReason()).contains("cannot be read (FileNotFoundException)");
				});
		}
	}

	@Test
	void clientCertificateHasItsKey() {
		this.properties.setCert("file:" + certificates.certificate());
		this.properties.setKey(certificates.key());
		SslBundle bundle = details().getSslBundle();
		assertThat(bundle.getStores().getKeyStore()).isNotNull();
		assertThat(bundle.getStores().getTrustStore()).isNull();
	}

	@Test
	void pemDocumentsStandInThePropertiesThemselves() throws IOException {
		this.properties.setCaCert(Files.readString(Path.of(certificates.authority())));
		this.properties.setCert(Files.readString(Path.of(certificates.certificate())));
		this.properties.setKey(Files.readString(Path.of(certificates.key())));
		assertThat(details().getSslBundle().getStores().getKeyStore()).isNotNull();
		assertThat(details().getSslBundle().getStores().getTrustStore()).isNotNull();
		assertThat(details().isOutdated()).isFalse();
	}

	@Test
	void privateKeyInAPropertyIsNotShown() throws IOException {
		String key = Files.readString(Path.of(certificates.key()));
		this.properties.setKey(key);
		assertThatThrownBy(this::details).hasMessage(
				"'spring.cloud.etcd.key' cannot be used (its value is not shown, since it may contain a secret)."
						+ " Expected spring.cloud.etcd.cert to be set along with it.");
		this.properties.setCert(certificates.authority());
		assertThatThrownBy(this::details).hasMessageContaining("spring.cloud.etcd.key")
			.hasMessageNotContaining(key.lines().skip(1).findFirst().orElseThrow());
	}

	@Test
	void fileThatChangesMakesTheDetailsOutdated() throws IOException {
		Path copy = Files.copy(Path.of(certificates.authority()), folder.resolve("copy.pem"));
		this.properties.setCaCert("file:" + copy);
		PropertiesEtcdConnectionDetails details = details();
		assertThat(details.isOutdated()).isFalse();
		Files.writeString(copy, Files.readString(copy) + "\n");
		assertThat(details.isOutdated()).isTrue();
		Files.delete(copy);
		assertThat(details.isOutdated()).isTrue();
	}

	@Test
	void bundleThatIsReloadedMakesTheDetailsOutdated() {
		DefaultSslBundleRegistry bundles = new DefaultSslBundleRegistry("mine", mock(SslBundle.class));
		this.properties.getSsl().setBundle("mine");
		PropertiesEtcdConnectionDetails details = new PropertiesEtcdConnectionDetails(this.properties, bundles);
		assertThat(details.hasCertificates()).isTrue();
		assertThat(details.isOutdated()).isFalse();
		bundles.updateBundle("mine", mock(SslBundle.class));
		assertThat(details.isOutdated()).isTrue();
	}

	@Test
	void detailsKnowWhichPropertiesTheyWereMadeOf() {
		assertThat(details().isOf(this.properties)).isTrue();
		assertThat(details().isOf(new EtcdProperties())).isFalse();
	}

}
