package io.github.etcddiscovery.doubles;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.Lease;
import io.github.etcddiscovery.client.PastState;
import io.github.etcddiscovery.client.ReadResult;
import io.github.etcddiscovery.client.WatchListener;
import io.github.etcddiscovery.client.WriteResult;

/**
 * A client whose etcd holds nothing and takes everything. Tests override what is to go
 * wrong.
 */
public class EmptyEtcdClient implements EtcdClient {

	@Override
	public CompletableFuture<Long> list(String prefix, Consumer<List<KeyValue>> pages) {
		return CompletableFuture.completedFuture(1L);
	}

	@Override
	public CompletableFuture<Long> listKeys(String prefix, long revision, Consumer<List<KeyValue>> pages) {
		return list(prefix, pages);
	}

	@Override
	public CompletableFuture<PastState> readPast(long revision, String prefix, Set<String> keys) {
		return CompletableFuture.completedFuture(new PastState(0, Map.of()));
	}

	@Override
	public CompletableFuture<ReadResult> get(String key, long revision) {
		return CompletableFuture.completedFuture(new ReadResult(1, null));
	}

	@Override
	public Watch watch(String target, boolean prefix, long startRevision, WatchListener listener) {
		listener.onCreated(1);
		return () -> {
		};
	}

	@Override
	public CompletableFuture<Lease> grant(Duration ttl) {
		return CompletableFuture.completedFuture(new Lease(1, ttl));
	}

	@Override
	public CompletableFuture<Duration> keepAlive(long leaseId) {
		return CompletableFuture.completedFuture(Duration.ofSeconds(1));
	}

	@Override
	public CompletableFuture<Duration> timeToLive(long leaseId) {
		return CompletableFuture.completedFuture(Duration.ofSeconds(1));
	}

	@Override
	public CompletableFuture<Void> revoke(long leaseId) {
		return CompletableFuture.completedFuture(null);
	}

	@Override
	public CompletableFuture<WriteResult> put(String key, byte[] value, long leaseId, long expectedModRevision) {
		return CompletableFuture.completedFuture(new WriteResult(true, 2, null));
	}

	@Override
	public CompletableFuture<WriteResult> delete(String key, long expectedModRevision) {
		return CompletableFuture.completedFuture(new WriteResult(true, 3, null));
	}

	@Override
	public String describe() {
		return "nowhere";
	}

	@Override
	public void close() {
	}

}
