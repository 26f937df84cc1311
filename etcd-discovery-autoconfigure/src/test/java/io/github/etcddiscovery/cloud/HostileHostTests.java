package io.github.etcddiscovery.cloud;

import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

import io.github.etcddiscovery.fuzzing.HostTarget;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.ServiceRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.cloud.client.loadbalancer.LoadBalancerUriTools;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whatever a record says, requests go to its host and port, and nowhere else.
 */
class HostileHostTests {

	private static final InstanceKey KEY = new InstanceKey("orders", "1");

	private static final int INPUTS = 300_000;

	/** What hosts are made of, and what could break out of one. */
	private static final List<String> PARTS = List.of("a", "b1", "Z", "0", "1", "255", "256", "0x7f", "xn--", "-", "_",
			".", "..", ":", "::", "[", "]", "@", "/", "\\", "?", "#", "%", "%40", "\u3002", "\uff0e", "\u00e4", " ",
			"\t", "\n", "\r", "\u0000", "fe80", "ffff", "localhost", "example.org", "10.0.0.5", "169.254.169.254",
			"::1", ";", ",", "&", "=", "$", "'", "\"", "(", "|", "^", "~", "\ud83d");

	@Test
	void uriHasJustTheHostAndPortOfTheRecord() {
		Random random = new Random(42);
		Set<String> accepted = new HashSet<>();
		for (int i = 0; i < INPUTS; i++) {
			StringBuilder host = new StringBuilder();
			for (int parts = 1 + random.nextInt(5); parts > 0; parts--) {
				host.append(PARTS.get(random.nextInt(PARTS.size())));
			}
			int port = 1 + random.nextInt(65_535);
			if (HostTarget.isAccepted(host.toString(), port)) {
				accepted.add(host.toString());
			}
		}
		assertThat(accepted).hasSizeGreaterThan(1_000);
	}

	@ParameterizedTest
	@ValueSource(strings = { "https", "wss" })
	void callOverTlsStaysOneWhateverTheRecordSays(String scheme) {
		ServiceRecord plain = new ServiceRecord(KEY, "10.0.0.5", 80, false, InstanceStatus.UP,
				Map.of("scheme", "http", "protocol", "http", "secure", "false", "management.scheme", "http"));
		URI uri = LoadBalancerUriTools.reconstructURI(new EtcdServiceInstance(plain, 0),
				URI.create(scheme + "://orders/path?q=1"));
		assertThat(uri).isEqualTo(URI.create(scheme + "://10.0.0.5:80/path?q=1"));
	}

}
