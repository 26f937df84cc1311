package io.github.etcddiscovery.fuzzing;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;

import io.github.etcddiscovery.cloud.EtcdServiceInstance;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.ServiceRecord;

import org.springframework.cloud.client.loadbalancer.LoadBalancerUriTools;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Any host: it is refused, or requests go to it and nowhere else.
 */
public final class HostTarget {

	private static final InstanceKey KEY = new InstanceKey("orders", "1");

	private static final URI REQUEST = URI.create("https://orders/path?q=1");

	private HostTarget() {
	}

	/** Called by the fuzzer. */
	public static void fuzzerTestOneInput(byte[] input) {
		isAccepted(new String(input, StandardCharsets.UTF_8), 1 + input.length % 65_535);
	}

	/** Whether a host is let in; checks where it leads. */
	public static boolean isAccepted(String host, int port) {
		ServiceRecord record;
		try {
			record = new ServiceRecord(KEY, host, port, false, InstanceStatus.UP, Map.of());
		}
		catch (InvalidValueException ex) {
			return false;
		}
		assertLeadsNowhereElse(record);
		return true;
	}

	static void assertLeadsNowhereElse(ServiceRecord record) {
		EtcdServiceInstance instance = new EtcdServiceInstance(record, 0);
		URI uri = instance.getUri();
		assertThat(uri).hasScheme(record.secure() ? "https" : "http").hasNoUserInfo().hasPath("").hasNoQuery();
		assertLeadsTo(record, uri);
		URI request = LoadBalancerUriTools.reconstructURI(instance, REQUEST);
		assertThat(request).hasScheme("https").hasNoUserInfo().hasPath("/path").hasQuery("q=1");
		assertLeadsTo(record, request);
	}

	private static void assertLeadsTo(ServiceRecord record, URI uri) {
		assertThat(uri).hasNoFragment().hasPort(record.port());
		assertThat(uri.getHost()).isEqualTo(record.uriHost());
	}

}
