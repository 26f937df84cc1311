package io.github.etcddiscovery.client;

import java.time.Duration;

import io.github.etcddiscovery.client.EtcdClientOptions.Credentials;
import io.github.etcddiscovery.client.EtcdClientOptions.Tls;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class EtcdClientOptionsTests {

	@Test
	void endpointsAreEnough() {
		EtcdClientOptions options = EtcdClientOptions.of("h:1", "http://i");
		assertThat(options.describeEndpoints()).isEqualTo("http://h:1, http://i:2379");
		assertThat(options.tls()).isNull();
		assertThat(options.credentials()).isNull();
		assertThat(options.dialTimeout()).hasSeconds(3);
		assertThat(options.dialKeepAlive()).hasSeconds(3);
		assertThat(options.requestTimeout()).hasSeconds(3);
	}

	@Test
	void httpsMeansTlsWithWhatTheJvmTrusts() {
		assertThat(EtcdClientOptions.of("https://h:1").tls()).isEqualTo(new Tls(null, null));
	}

	@Test
	void restCanBeChanged() {
		Tls tls = new Tls(null, null);
		EtcdClientOptions options = EtcdClientOptions.of("https://h:1")
			.withTls(tls)
			.withCredentials("me", "secret")
			.withTimeouts(Duration.ofSeconds(1), Duration.ofSeconds(4), Duration.ofSeconds(2));
		assertThat(options.tls()).isSameAs(tls);
		assertThat(options.credentials()).isEqualTo(new Credentials("me", "secret", false));
		assertThat(options.dialTimeout()).hasSeconds(1);
		assertThat(options.dialKeepAlive()).hasSeconds(4);
		assertThat(options.requestTimeout()).hasSeconds(2);
		assertThat(options.toString()).doesNotContain("secret");
	}

	@Test
	void credentialsCrossANetworkUnencryptedOnlyIfThatIsAllowed() {
		EtcdClientOptions remote = EtcdClientOptions.of("127.0.0.1:1", "h:1");
		assertThatIllegalArgumentException().isThrownBy(() -> remote.withCredentials("me", "secret"))
			.withMessageContaining("http://h:1")
			.withMessageContaining("call withPlaintextCredentials")
			.withMessageNotContaining("secret");
		assertThat(remote.withPlaintextCredentials("me", "secret").credentials())
			.isEqualTo(new Credentials("me", "secret", true));
		assertThat(EtcdClientOptions.of("127.0.0.1:1", "[::1]:1").withCredentials("me", "secret").credentials())
			.isEqualTo(new Credentials("me", "secret", false));
	}

	@Test
	void mixedEndpointsAndNoneAreRefused() {
		assertThatIllegalArgumentException().isThrownBy(EtcdClientOptions::of).withMessageContaining("at least one");
		assertThatIllegalArgumentException().isThrownBy(() -> EtcdClientOptions.of("https://h:1", "http://h:2"))
			.withMessageContaining("http://h:2");
		assertThatIllegalArgumentException().isThrownBy(() -> EtcdClientOptions.of("h:1").withTls(new Tls(null, null)))
			.withMessageContaining("https");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> EtcdClientOptions.of("h:1")
				.withTimeouts(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ZERO))
			.withMessage("Invalid request timeout 'PT0S': expected more than 0");
	}

}
