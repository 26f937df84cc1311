package io.github.etcddiscovery.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.client.EtcdClientOptions;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.JetcdEtcdClient;
import io.github.etcddiscovery.cloud.CertificateExpiry;
import io.github.etcddiscovery.doubles.ManualEventLoop;
import io.github.etcddiscovery.testsupport.TestAuthority;
import io.github.etcddiscovery.testsupport.TestCertificates;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mockito.ArgumentCaptor;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;

/**
 * Tests of {@link ConnectionUpdater}.
 */
@ExtendWith(OutputCaptureExtension.class)
class ConnectionUpdaterTests {

	private final Map<String, Object> values = new HashMap<>(Map.of("spring.cloud.etcd.username", "orders",
			"spring.cloud.etcd.password", "pw", "spring.cloud.etcd.endpoints", "localhost:2379"));

	private final StandardEnvironment environment = new StandardEnvironment();

	private final JetcdEtcdClient client = mock(JetcdEtcdClient.class);

	private final ManualEventLoop loop = new ManualEventLoop();

	private final CertificateExpiry expiry = new CertificateExpiry(() -> Instant.EPOCH);

	private ConnectionUpdater updater;

	@BeforeEach
	void create() {
		this.environment.getPropertySources().addFirst(new MapPropertySource("test", this.values));
		EtcdProperties properties = Binder.get(this.environment)
			.bindOrCreate(EtcdProperties.PREFIX, EtcdProperties.class);
		this.updater = updater(new PropertiesEtcdConnectionDetails(properties, null), properties);
	}

	private ConnectionUpdater updater(EtcdConnectionDetails details, EtcdProperties properties) {
		return new ConnectionUpdater(
				() -> Binder.get(this.environment).bindOrCreate(EtcdProperties.PREFIX, EtcdProperties.class),
				this.client, details, properties, null, this.expiry, this.loop);
	}

	@AfterEach
	void close() {
		this.updater.close();
	}

	private EtcdClientOptions connected() {
		ArgumentCaptor<EtcdClientOptions> options = ArgumentCaptor.forClass(EtcdClientOptions.class);
		then(this.client).should().reconnect(options.capture());
		return options.getValue();
	}

	@Test
	void refreshThatChangesNothingKeepsTheConnection() {
		this.updater.refresh();
		then(this.client).should(never()).reconnect(any());
	}

	@ParameterizedTest
	@CsvSource({ "username, stock", "password, other", "endpoints, localhost:2380", "dial-timeout, 9s",
			"dial-keep-alive, 20s", "request-timeout, 9s", "allow-plaintext-credentials, true" })
	void everyPropertyOfTheConnectionReconnects(String property, String value) {
		this.values.put("spring.cloud.etcd." + property, value);
		this.updater.refresh();
		assertThat(connected().toString()).isNotNull();
		this.updater.refresh();
		then(this.client).should(times(1)).reconnect(any());
	}

	@Test
	void changedUserLogsInAnew() {
		this.values.put("spring.cloud.etcd.username", "stock");
		this.updater.refresh();
		assertThat(connected().credentials().username()).isEqualTo("stock");
	}

	@Test
	void connectionThatCannotBeUsedIsTriedAgainAtTheNextRefresh(CapturedOutput output) {
		willThrow(new EtcdException(Reason.UNAVAILABLE, "no answer", null)).given(this.client).reconnect(any());
		this.values.put("spring.cloud.etcd.endpoints", "localhost:2380");
		this.updater.refresh();
		assertThat(output).contains("Staying connected to etcd as before").contains("no answer");
		this.updater.refresh();
		then(this.client).should(times(2)).reconnect(any());
	}

	@Test
	void secretIsNotLogged(CapturedOutput output) {
		this.values.put("spring.cloud.etcd.password", "hunter2");
		this.values.put("spring.cloud.etcd.dial-timeout", "0s");
		this.updater.refresh();
		assertThat(output).contains("'spring.cloud.etcd.dial-timeout' is 'PT0S'").doesNotContain("hunter2");
	}

	@Test
	void detailsOfTheUsersOwnStayWhenPropertiesChange() {
		EtcdConnectionDetails own = mock(EtcdConnectionDetails.class);
		given(own.getEndpoints()).willReturn(List.of("localhost:4711"));
		EtcdProperties properties = Binder.get(this.environment)
			.bindOrCreate(EtcdProperties.PREFIX, EtcdProperties.class);
		try (ConnectionUpdater changing = updater(own, properties)) {
			this.values.put("spring.cloud.etcd.endpoints", "localhost:2380");
			changing.refresh();
		}
		assertThat(connected().describeEndpoints()).isEqualTo("http://localhost:4711");
	}

	@Test
	void filesThatHaveChangedAreUsedWithinTenSeconds(@TempDir Path folder, CapturedOutput output) throws Exception {
		TestCertificates own = setCertificates(folder);
		this.loop.advance(Duration.ofMinutes(1));
		then(this.client).should(never()).reconnect(any());
		Instant before = this.expiry.expires();
		replace(own, new TestAuthority(Files.createDirectory(folder.resolve("next"))).issue("own", Instant.now(),
				Duration.ofDays(1)));
		this.loop.advance(Duration.ofSeconds(10));
		then(this.client).should(times(1)).reconnect(any());
		assertThat(this.expiry.expires()).isNotEqualTo(before);
		this.loop.advance(Duration.ofMinutes(1));
		then(this.client).should(times(1)).reconnect(any());
		assertThat(output).doesNotContain("Staying connected");
	}

	private TestCertificates setCertificates(Path folder) throws Exception {
		TestCertificates own = TestCertificates.create(folder);
		this.values.put("spring.cloud.etcd.endpoints", "https://localhost:2379");
		this.values.put("spring.cloud.etcd.ca-cert", own.authority());
		this.values.put("spring.cloud.etcd.cert", own.certificate());
		this.values.put("spring.cloud.etcd.key", own.key());
		EtcdProperties properties = Binder.get(this.environment)
			.bindOrCreate(EtcdProperties.PREFIX, EtcdProperties.class);
		this.updater = updater(new PropertiesEtcdConnectionDetails(properties, null), properties);
		this.updater.start();
		return own;
	}

	private static void replace(TestCertificates own, TestCertificates next) throws IOException {
		Files.copy(Path.of(next.authority()), Path.of(own.authority()), StandardCopyOption.REPLACE_EXISTING);
		Files.copy(Path.of(next.certificate()), Path.of(own.certificate()), StandardCopyOption.REPLACE_EXISTING);
		Files.copy(Path.of(next.key()), Path.of(own.key()), StandardCopyOption.REPLACE_EXISTING);
	}

	@Test
	void filesThatCannotBeUsedAreTriedAgainAndReportedOnce(@TempDir Path folder, CapturedOutput output)
			throws Exception {
		TestCertificates own = setCertificates(folder);
		String certificate = Files.readString(Path.of(own.certificate()));
		Files.writeString(Path.of(own.certificate()), "half a file");
		this.loop.advance(Duration.ofMinutes(1));
		assertThat(output.toString().split("Staying connected to etcd with the certificates that were", -1)).hasSize(2);
		assertThat(output).contains("They are tried every 10 s");
		then(this.client).should(never()).reconnect(any());
		Files.writeString(Path.of(own.certificate()), certificate);
		this.loop.advance(Duration.ofSeconds(10));
		Files.writeString(Path.of(own.certificate()), "half a file");
		this.loop.advance(Duration.ofSeconds(10));
		assertThat(output.toString().split("Staying connected to etcd with the certificates that were", -1))
			.as("news after it was well")
			.hasSize(3);
	}

	@Test
	void certificatesThatComeWithARefreshAreWatched(@TempDir Path folder) throws Exception {
		this.updater.start();
		assertThat(this.loop.isDue()).isFalse();
		this.loop.advance(Duration.ofSeconds(10));
		TestCertificates own = TestCertificates.create(folder);
		this.values.put("spring.cloud.etcd.endpoints", "https://localhost:2379");
		this.values.put("spring.cloud.etcd.ca-cert", own.authority());
		this.updater.refresh();
		then(this.client).should(times(1)).reconnect(any());
		TestCertificates next = TestCertificates.create(Files.createDirectory(folder.resolve("next")));
		Files.copy(Path.of(next.authority()), Path.of(own.authority()), StandardCopyOption.REPLACE_EXISTING);
		this.loop.advance(Duration.ofSeconds(10));
		then(this.client).should(times(2)).reconnect(any());
	}

	@Test
	void closedUpdaterEndsItsThread() {
		this.updater.close();
		assertThat(this.loop.isClosed()).isTrue();
	}

}
