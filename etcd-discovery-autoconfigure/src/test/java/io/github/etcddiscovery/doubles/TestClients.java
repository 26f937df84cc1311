package io.github.etcddiscovery.doubles;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdClientOptions;
import io.github.etcddiscovery.client.EtcdEndpoint;
import io.github.etcddiscovery.client.JetcdEtcdClient;

/**
 * Our client as the tests use it: with time-outs short enough to wait for.
 */
public final class TestClients {

	public static final Duration DIAL_TIMEOUT = Duration.ofSeconds(1);

	public static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(2);

	private TestClients() {
	}

	public static EtcdClient connect(String... endpoints) {
		return new JetcdEtcdClient(options(endpoints), List.of());
	}

	public static EtcdClientOptions options(String... endpoints) {
		List<EtcdEndpoint> parsed = Stream.of(endpoints).map((text) -> EtcdEndpoint.parse(text, false)).toList();
		return new EtcdClientOptions(parsed, null, null, DIAL_TIMEOUT, Duration.ofSeconds(3), REQUEST_TIMEOUT);
	}

}
