package io.github.etcddiscovery.registry;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.Lease;
import io.github.etcddiscovery.client.WriteResult;
import io.github.etcddiscovery.support.Telemetry;
import io.github.etcddiscovery.testing.ManualEventLoop;
import io.github.etcddiscovery.testing.ScriptedEtcdClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A registrar whose etcd answers when and what the test wants.
 */
abstract class ScriptedRegistrar {

	static final String KEY = "/services/orders/1";

	static final String OTHER_KEY = "/services/orders/2";

	static final Duration RETRY = Duration.ofSeconds(2);

	final ScriptedEtcdClient etcd = new ScriptedEtcdClient();

	final ManualEventLoop loop = new ManualEventLoop();

	final List<String> registeredKeys = new ArrayList<>();

	final Registrar registrar = new Registrar(this.etcd, new TtlOption(Duration.ofMinutes(1), Duration.ofMinutes(3)),
			this.registeredKeys::add, Telemetry.NONE, this.loop, new Random(1));

	void registered(String value) {
		CompletableFuture<Void> registered = register(value);
		this.etcd.answer("grant", new Lease(7, Duration.ofMinutes(3)));
		this.loop.run();
		this.etcd.answer("put " + value + " under 7 if at 0", new WriteResult(true, 10, null));
		this.loop.run();
		assertThat(registered).isCompleted();
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
