package io.github.etcddiscovery.docker;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a container was told is what its clients do.
 */
class EtcdContainerTests {

	@ParameterizedTest
	@CsvSource(nullValues = "null",
			value = { "ETCD_CERT_FILE, /etcd.crt, https", "ETCD_AUTO_TLS, true, https", "ETCD_AUTO_TLS, false, http",
					"ETCD_CERT_FILE, '', http", "ETCD_CERT_FILE, null, http", "ETCD_NAME, etcd, http" })
	void environmentSaysWhetherTlsIsSpoken(String name, String value, String scheme) {
		Map<String, String> environment = new HashMap<>();
		environment.put(name, value);
		assertThat(new EtcdContainer(environment, List.of()).endpoint("docker.example", 1, false))
			.isEqualTo(scheme + "://docker.example:1");
	}

	@ParameterizedTest
	@CsvSource({ "--cert-file=/etcd.crt, https", "-cert-file=/etcd.crt, https", "--cert-file, https",
			"--auto-tls, https", "--auto-tls=false, http", "--peer-cert-file=/etcd.crt, http", "etcd, http" })
	void commandLineSaysWhetherTlsIsSpoken(String argument, String scheme) {
		assertThat(new EtcdContainer(Map.of(), List.of("etcd", argument)).endpoint("docker.example", 1, false))
			.isEqualTo(scheme + "://docker.example:1");
	}

	@ParameterizedTest
	@CsvSource(nullValues = "null", value = { "secret, root, secret", "'', null, null" })
	void rootIsWhoLogsInIfThereIsAPasswordForIt(String given, String user, String password) {
		EtcdContainer container = new EtcdContainer(Map.of("ETCD_ROOT_PASSWORD", given), List.of());
		assertThat(container.username()).isEqualTo(user);
		assertThat(container.password()).isEqualTo(password);
		assertThat(container.toString()).doesNotContain("secret");
	}

}
