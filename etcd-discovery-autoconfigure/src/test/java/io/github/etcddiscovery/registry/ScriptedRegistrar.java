package io.github.etcddiscovery.registry;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.Lease;
import io.github.etcddiscovery.client.WriteResult;
import io.github.etcddiscovery.doubles.ManualEventLoop;
import io.github.etcddiscovery.doubles.RecordingTelemetry;
import io.github.etcddiscovery.doubles.ScriptedEtcdClient;
import io.github.etcddiscovery.testsupport.LongestWaits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A registrar whose etcd answers when and what the test wants.
 */
abstract class ScriptedRegistrar {

	static final String KEY = "/services/orders/1";

	static final String OTHER_KEY = "/services/orders/2";

	static final Duration HEARTBEAT = Duration.ofMinutes(1);

	static final Duration TTL = Duration.ofMinutes(3);

	static final Duration SOON = Duration.ofSeconds(10);

	static final Duration RETRY = Duration.ofSeconds(2);

	/** Enough for a call to be repeated while a record leaves, and not to be given up. */
	static final Duration SOON_AGAIN = KeyWriter.HURRY.minusMillis(1);

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

	}, this.telemetry, this.loop, new LongestWaits());

	void registered(String value) {
		CompletableFuture<Void> registered = register(value);
		grant(7);
		this.etcd.answer("put " + value + " under 7 if at 0", new WriteResult(true, 10, null));
		this.loop.run();
		assertThat(registered).isCompleted();
	}

	/** Lets a record leave that was at this revision. */
	void deleted(long modRevision, long lease) {
		this.etcd.answer("delete if at " + modRevision, new WriteResult(true, modRevision + 1, null));
		this.loop.run();
		revoked(lease);
	}

	void revoked(long lease) {
		this.etcd.answer("revoke " + lease, null);
		this.loop.run();
	}

	void grant(long lease) {
		this.etcd.answer("grant", new Lease(lease, TTL));
		this.loop.run();
	}

	CompletableFuture<Void> register(String value) {
		return register(KEY, value);
	}

	CompletableFuture<Void> register(String key, String value) {
		return register(new RegistryEntry(key, bytes(value), null, (found) -> false));
	}

	CompletableFuture<Void> register(RegistryEntry entry) {
		CompletableFuture<Void> registered = this.registrar.register(entry);
		this.loop.run();
		return registered;
	}

	/** Begins to close, which waits on another thread for what the test lets happen. */
	CompletableFuture<Boolean> close(boolean deregister) {
		CompletableFuture<Boolean> closed = CompletableFuture.supplyAsync(() -> this.registrar.close(deregister, SOON));
		await().atMost(SOON).until(this.loop::isDue);
		this.loop.run();
		return closed;
	}

	static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	static KeyValue found(String value, long revision, long lease) {
		return new KeyValue(KEY, bytes(value), revision, lease);
	}

}
