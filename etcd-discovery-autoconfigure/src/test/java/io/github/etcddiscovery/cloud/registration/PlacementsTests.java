package io.github.etcddiscovery.cloud.registration;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.WatchEvent;
import io.github.etcddiscovery.client.WatchListener;
import io.github.etcddiscovery.client.WriteResult;
import io.github.etcddiscovery.doubles.EmptyEtcdClient;
import io.github.etcddiscovery.registry.RecordState;
import io.github.etcddiscovery.registry.Registrar;
import io.github.etcddiscovery.registry.RegistryEntry;
import io.github.etcddiscovery.registry.TtlOption;
import io.github.etcddiscovery.support.Telemetry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What only a race brings about: answers of etcd's that come together.
 */
class PlacementsTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private static final String FIRST = "/services/orders/1";

	private static final String SECOND = "/legacy/orders/1";

	private static final byte[] OF_ANOTHER = { 'x' };

	private static final List<WantedRecord> BOTH = List.of(
			new WantedRecord(RegistryEntry.of(FIRST, "first"), "json", true),
			new WantedRecord(RegistryEntry.of(SECOND, "second"), "url", true));

	private final Answers etcd = new Answers();

	private final Placements placements = new Placements(this,
			(listener) -> new Registrar(this.etcd, TtlOption.DEFAULT, listener, Telemetry.NONE));

	private final EtcdRegistration registration = new EtcdRegistration("orders", "1", "h", 1, false, Map.of());

	@AfterEach
	void close() {
		this.etcd.open = true;
		this.placements.registrar().close(false, SOON);
	}

	@Test
	void recordThatComesBackWhenTheOtherHasJustBeenTakenIsTakenOutAgain() throws Exception {
		CompletableFuture<Void> placed = place();
		this.etcd.answer(SECOND, new WriteResult(true, 2, null));
		this.etcd.answer(FIRST, new WriteResult(true, 3, null));
		assertThat(placed).succeedsWithin(SOON);
		this.etcd.vanish(FIRST, 4);
		this.etcd.vanish(SECOND, 5);
		CompletableFuture<WriteResult> first = this.etcd.puts(FIRST).poll(10, TimeUnit.SECONDS);
		CompletableFuture<WriteResult> second = this.etcd.puts(SECOND).poll(10, TimeUnit.SECONDS);
		synchronized (this) {
			// The first one's answer is looked at, and the second one's waits by then.
			first.complete(new WriteResult(false, 6, new KeyValue(FIRST, OF_ANOTHER, 6, 4711)));
			second.complete(new WriteResult(true, 7, null));
		}
		await().atMost(SOON).until(() -> this.placements.registrar().state(FIRST) == RecordState.CONFLICT);
		await().atMost(SOON).until(() -> this.etcd.deleted.contains(SECOND));
		await().during(Duration.ofMillis(200)).atMost(SOON).until(() -> this.etcd.puts(SECOND).isEmpty());
		assertThat(this.placements.registrar().state(SECOND)).isEqualTo(RecordState.GONE);
	}

	private synchronized CompletableFuture<Void> place() {
		return this.placements.place(this.registration, BOTH);
	}

	/**
	 * Answers puts when it is told to.
	 */
	private static final class Answers extends EmptyEtcdClient {

		private final Map<String, BlockingQueue<CompletableFuture<WriteResult>>> puts = new ConcurrentHashMap<>();

		private final Map<String, WatchListener> watches = new ConcurrentHashMap<>();

		private final BlockingQueue<String> deleted = new LinkedBlockingQueue<>();

		private volatile boolean open;

		BlockingQueue<CompletableFuture<WriteResult>> puts(String key) {
			return this.puts.computeIfAbsent(key, (added) -> new LinkedBlockingQueue<>());
		}

		void answer(String key, WriteResult result) throws InterruptedException {
			puts(key).poll(10, TimeUnit.SECONDS).complete(result);
		}

		/** Tells that somebody has deleted a key. */
		void vanish(String key, long revision) {
			await().atMost(SOON).until(() -> this.watches.containsKey(key));
			this.watches.get(key).onEvents(List.of(new WatchEvent(true, new KeyValue(key, new byte[0], revision, 0))));
		}

		@Override
		public CompletableFuture<WriteResult> put(String key, byte[] value, long leaseId, long expectedModRevision) {
			if (this.open) {
				return super.put(key, value, leaseId, expectedModRevision);
			}
			CompletableFuture<WriteResult> answer = new CompletableFuture<>();
			puts(key).add(answer);
			return answer;
		}

		@Override
		public CompletableFuture<WriteResult> delete(String key, long expectedModRevision) {
			this.deleted.add(key);
			return super.delete(key, expectedModRevision);
		}

		@Override
		public Watch watch(String target, boolean prefix, long startRevision, WatchListener listener) {
			this.watches.put(target, listener);
			return super.watch(target, prefix, startRevision, listener);
		}

	}

}
