package io.github.etcddiscovery.cloud.loadbalancer;

import java.net.URI;
import java.util.Map;

import io.github.etcddiscovery.cloud.EtcdServiceInstance;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.ServiceRecord;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.cloud.client.loadbalancer.LoadBalancerUriTools;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whatever a record says, requests go to its host and port, and nowhere else.
 */
class HostileHostTests {

	private static final InstanceKey KEY = new InstanceKey("orders", "1");

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
