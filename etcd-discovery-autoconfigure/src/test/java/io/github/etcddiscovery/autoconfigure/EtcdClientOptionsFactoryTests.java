package io.github.etcddiscovery.autoconfigure;

import java.time.Duration;
import java.util.List;

import io.github.etcddiscovery.client.EtcdClientOptions;
import io.github.etcddiscovery.client.EtcdEndpoint;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslStoreBundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link EtcdClientOptionsFactory}.
 */
class EtcdClientOptionsFactoryTests {

	private final EtcdProperties properties = new EtcdProperties();

	private EtcdClientOptions create(@Nullable SslBundle bundle) {
		PropertiesEtcdConnectionDetails details = new PropertiesEtcdConnectionDetails(this.properties,
				new DefaultSslBundleRegistry("etcd", bundle()));
		return EtcdClientOptionsFactory.create(new EtcdConnectionDetails() {

			@Override
			public List<String> getEndpoints() {
				return details.getEndpoints();
			}

			@Override
			public @Nullable String getUsername() {
				return details.getUsername();
			}

			@Override
			public @Nullable String getPassword() {
				return details.getPassword();
			}

			@Override
			public @Nullable SslBundle getSslBundle() {
				return bundle;
			}

		}, this.properties);
	}

	private void isRefused(String property, Object value, String reason) {
		assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class).isThrownBy(() -> create(null))
			.satisfies((ex) -> {
				assertThat(ex.getName()).isEqualTo("spring.cloud.etcd." + property);
				assertThat(ex.getValue()).hasToString(String.valueOf(value));
				assertThat(ex.getReason()).contains(reason);
			});
	}

	private void setUser() {
		this.properties.setUsername("orders");
		this.properties.setPassword("secret");
	}

	@Test
	void plaintextEndpointsHaveNoCertificates() {
		this.properties.setEndpoints(List.of("a:1", "http://b"));
		EtcdClientOptions options = create(null);
		assertThat(options.endpoints()).extracting(EtcdEndpoint::toString)
			.containsExactly("http://a:1", "http://b:2379");
		assertThat(options.tls()).isNull();
		assertThat(options.credentials()).isNull();
	}

	@Test
	void httpsWithoutABundleTrustsWhatTheJvmTrusts() {
		this.properties.setEndpoints(List.of("https://a"));
		assertThat(create(null).tls()).isEqualTo(new EtcdClientOptions.Tls(null, null));
	}

	@Test
	void endpointsWithoutASchemeAreHttpsWhereThereAreCertificates() {
		this.properties.setEndpoints(List.of("a:1"));
		assertThat(create(bundle()).endpoints()).extracting(EtcdEndpoint::toString).containsExactly("https://a:1");
	}

	private static SslBundle bundle() {
		return SslBundle.of(SslStoreBundle.NONE);
	}

	@Test
	void plaintextEndpointsAreRefusedWhereThereAreCertificates() {
		this.properties.setEndpoints(List.of("http://a:1"));
		assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class).isThrownBy(() -> create(bundle()))
			.satisfies((ex) -> assertThat(ex.getReason())
				.contains("Expected https:// endpoints, since certificates are configured."));
	}

	@Test
	void endpointsAreAllPlaintextOrNone() {
		this.properties.setEndpoints(List.of("https://a", "http://b"));
		isRefused("endpoints", List.of("https://a", "http://b"), "all endpoints to start with https:// or none");
	}

	@Test
	void thereIsAtLeastOneEndpoint() {
		this.properties.setEndpoints(List.of());
		isRefused("endpoints", "", "at least one endpoint");
	}

	@Test
	void endpointThatIsNoneIsRefusedByItself() {
		this.properties.setEndpoints(List.of("a:1", "ftp://b"));
		isRefused("endpoints", "ftp://b",
				"Expected http://host:port, https://host:port, host:port or dns+srv://name, but ");
	}

	@Test
	void credentialsDoNotCrossTheNetworkUnencryptedWhicheverTheEndpoint() {
		setUser();
		this.properties.setEndpoints(List.of("localhost:2379", "etcd2:2379"));
		isRefused("endpoints", "http://etcd2:2379", "would cross the network unencrypted");
		this.properties.setAllowPlaintextCredentials(true);
		assertThat(create(null).credentials()).isEqualTo(new EtcdClientOptions.Credentials("orders", "secret", true));
	}

	@Test
	void credentialsOfAContainerCrossANetworkUnencrypted() {
		EtcdConnectionDetails details = mock(EtcdConnectionDetails.class);
		given(details.getEndpoints()).willReturn(List.of("http://docker.example:2379"));
		given(details.getUsername()).willReturn("root");
		given(details.getPassword()).willReturn("secret");
		given(details.isPlaintextCredentialsAllowed()).willReturn(true);
		assertThat(EtcdClientOptionsFactory.create(details, new EtcdProperties()).credentials())
			.isEqualTo(new EtcdClientOptions.Credentials("root", "secret", true));
	}

	@Test
	void credentialsStayOnThisMachineOrAreEncrypted() {
		setUser();
		this.properties.setEndpoints(List.of("localhost:2379", "127.0.0.1:2380"));
		assertThat(create(null).credentials()).isNotNull();
		this.properties.setEndpoints(List.of("https://etcd"));
		assertThat(create(null).credentials()).isNotNull();
	}

	@ParameterizedTest
	@CsvSource(nullValues = "none", value = { "none", "''" })
	void userHasAPassword(String password) {
		this.properties.setUsername("orders");
		this.properties.setPassword(password);
		isRefused("username", "orders", "Expected spring.cloud.etcd.password to be set along with it.");
	}

	@Test
	void emptyUserIsNone() {
		this.properties.setUsername("");
		this.properties.setPassword("secret");
		assertThat(create(null).credentials()).isNull();
	}

	@ParameterizedTest
	@CsvSource({ "0", "-1" })
	void timesAreMoreThanNone(long millis) {
		Duration duration = Duration.ofMillis(millis);
		this.properties.setDialTimeout(duration);
		isRefused("dial-timeout", duration, "Expected more than 0.");
		this.properties.setDialTimeout(Duration.ofSeconds(1));
		this.properties.setDialKeepAlive(duration);
		isRefused("dial-keep-alive", duration, "Expected more than 0.");
		this.properties.setDialKeepAlive(Duration.ofSeconds(2));
		this.properties.setRequestTimeout(duration);
		isRefused("request-timeout", duration, "Expected more than 0.");
		this.properties.setRequestTimeout(Duration.ofSeconds(3));
		EtcdClientOptions options = create(null);
		assertThat(List.of(options.dialTimeout(), options.dialKeepAlive(), options.requestTimeout()))
			.containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(3));
	}

	@Test
	void bundleThatCannotBeReadIsNamed() {
		this.properties.setEndpoints(List.of("https://a"));
		this.properties.getSsl().setBundle("etcd");
		SslBundle broken = mock(SslBundle.class);
		given(broken.getStores()).willThrow(new NoSuchSslBundleException("etcd", "no such file"));
		assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class).isThrownBy(() -> create(broken))
			.satisfies((ex) -> {
				assertThat(ex.getName()).isEqualTo("spring.cloud.etcd.ssl.bundle");
				assertThat(ex.getValue()).isEqualTo("etcd");
				assertThat(ex.getReason()).contains("no such file");
			});
	}

}
