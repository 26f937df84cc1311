package io.github.etcddiscovery.client;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class EtcdEndpointTests {

	@ParameterizedTest
	@CsvSource({ "http://10.0.0.5:1234, http://10.0.0.5:1234", "https://etcd.example:1234/, https://etcd.example:1234",
			"HTTP://h:1, http://h:1", "10.0.0.5:1234, http://10.0.0.5:1234", "etcd, http://etcd:2379",
			"my_etcd:1, http://my_etcd:1", "http://my_etcd, http://my_etcd:2379", "[::1]:1, http://[::1]:1",
			"https://[::1], https://[::1]:2379", "' h:1 ', http://h:1",
			"dns+srv://etcd.example, dns+srv://etcd.example" })
	void readsAllForms(String text, String expected) {
		assertThat(EtcdEndpoint.parse(text, false)).hasToString(expected);
	}

	@Test
	void formWithoutASchemeTakesTheDefault() {
		assertThat(EtcdEndpoint.parse("h:1", true).secure()).isTrue();
		assertThat(EtcdEndpoint.parse("http://h:1", true).secure()).isFalse();
		assertThat(EtcdEndpoint.parse("dns+srv://h", true).secure()).isTrue();
		assertThat(EtcdEndpoint.parse("dns+srv://h", false).secure()).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", ":1", "http://", "ftp://h:1", "h:0", "h:65536", "h:x", "h:", "h:1/path", "h:1?q",
			"h:1#f", "user:secret@h:1", "http://user:secret@my_host:1", "http://user:secret word@h:1",
			"dns+srv://user:secret@my_host", "::1", "a b:1", "h:1,h:2", "dns+srv://h:1", "dns+srv://",
			"dns+srv://[::1]" })
	void refusesAnythingElse(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> EtcdEndpoint.parse(text, false))
			.satisfies((ex) -> assertThat(ex.getMessage()).isNotBlank().doesNotContain("secret"))
			.withNoCause();
	}

	@ParameterizedTest
	@ValueSource(strings = { "localhost:1", "127.0.0.1:1", "127.1.2.3:1", "[::1]:1" })
	void knowsLoopback(String text) {
		assertThat(EtcdEndpoint.parse(text, false).isLoopback()).isTrue();
		assertThat(EtcdEndpoint.parse("dns+srv://localhost", false).isLoopback()).isFalse();
		assertThat(EtcdEndpoint.parse("127.evil.example:1", false).isLoopback()).isFalse();
	}

}
