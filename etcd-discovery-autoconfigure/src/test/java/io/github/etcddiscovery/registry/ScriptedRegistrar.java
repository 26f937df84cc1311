package io.github.etcddiscovery.registry;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.Lease;
import io.github.etcddiscovery.client.WriteResult;
import io.github.etcddiscovery.testing.ManualEventLoop;
import io.github.etcddiscovery.testing.RecordingTelemetry;
import io.github.etcddiscovery.testing.ScriptedEtcdClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A registrar whose etcd answers when and what the test wants.
 */
abstract class ScriptedRegistrar {

	static final String KEY = "/services/orders/1";

	static final String OTHER_KEY = "/services/orders/2";

	/** No wait is shorter than it may be at most. */
	private static final RandomGenerator LONGEST_WAITS = () -> -1;

	static final Duration HEARTBEAT = Duration.ofMinutes(1);

	static final Duration TTL = Duration.ofMinutes(3);

	static final Duration RETRY = Duration.ofSeconds(2);

	final ScriptedEtcdClient etcd = new ScriptedEtcdClient();

	final ManualEventLoop loop = new ManualEventLoop();

	final List<String> registeredKeys = new ArrayList<>();

	final List<String> blockedKeys = new ArrayList<>();

	final RecordingTelemetry telemetry = new RecordingTelemetry();

	final Registrar registrar = new Registrar(this.etcd, new TtlOption(HEARTBEAT, TTL), new Registrar.Listener() {

		@Override
		public void registered(String key) {
			ScriptedRegistrar.this.registeredKeys.add(key);
		}

		@Override
		public void blocked(String key) {
			ScriptedRegistrar.this.blockedKeys.add(key);
		}

	}, this.telemetry, this.loop, LONGEST_WAITS);

	void registered(String value) {
		CompletableFuture<Void> registered = register(value);
		grant(7);
		this.etcd.answer("put " + value + " under 7 if at 0", new WriteResult(true, 10, null));
		this.loop.run();
		assertThat(registered).isCompleted();
	}

	/** Grants a lease. */
	void grant(long lease) {
		this.etcd.answer("grant", new Lease(lease, TTL));
		this.loop.run();
	}

	CompletableFuture<Void> register(String value) {
		return register(KEY, value);
	}

	CompletableFuture<Void> register(String key, String value) {
		CompletableFuture<Void> registered = this.registrar
			.register(new RegistryEntry(key, value.getBytes(StandardCharsets.UTF_8), null, (found) -> false));
		this.loop.run();
		return registered;
	}

	static KeyValue found(String value, long revision, long lease) {
		return new KeyValue(KEY, value.getBytes(StandardCharsets.UTF_8), revision, lease);
	}

}
