package io.github.etcddiscovery.doubles;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.Lease;
import io.github.etcddiscovery.client.ReadResult;
import io.github.etcddiscovery.client.WriteResult;
import org.jspecify.annotations.Nullable;

/**
 * A client of an etcd in memory that answers every call at once, and guards writes as
 * etcd does. Its watches report nothing.
 */
public final class MemoryEtcdClient extends EmptyEtcdClient {

	/** The lease of whatever a test puts there for another process. */
	private static final long OF_ANOTHER = 4711;

	private final Map<String, KeyValue> entries = new TreeMap<>();

	private long revision = 1;

	private long granted;

	private @Nullable Reason refusal;

	private String refused = "";

	/** From now on every put fails for this reason; with {@code null} none does. */
	public synchronized void refusePuts(@Nullable Reason reason) {
		refusePuts(reason, "");
	}

	/** From now on every put of a key that begins so fails for this reason. */
	public synchronized void refusePuts(@Nullable Reason reason, String prefix) {
		this.refusal = reason;
		this.refused = prefix;
	}

	/** Puts a key of another live process. */
	public synchronized void putForAnother(String key, String value) {
		this.entries.put(key, new KeyValue(key, value.getBytes(), ++this.revision, OF_ANOTHER));
	}

	/** Returns the keys that are there. */
	public synchronized Set<String> keys() {
		return Set.copyOf(this.entries.keySet());
	}

	/** Returns the value of a key, {@code null} if there is no such key. */
	public synchronized @Nullable String value(String key) {
		KeyValue found = this.entries.get(key);
		return (found != null) ? new String(found.value()) : null;
	}

	@Override
	public synchronized CompletableFuture<WriteResult> put(String key, byte[] value, long leaseId,
			long expectedModRevision) {
		if (this.refusal != null && key.startsWith(this.refused)) {
			return CompletableFuture.failedFuture(new EtcdException(this.refusal, "refused on purpose", null));
		}
		return write(key, expectedModRevision,
				() -> this.entries.put(key, new KeyValue(key, value, this.revision, leaseId)));
	}

	@Override
	public synchronized CompletableFuture<WriteResult> delete(String key, long expectedModRevision) {
		return write(key, expectedModRevision, () -> this.entries.remove(key));
	}

	private CompletableFuture<WriteResult> write(String key, long expectedModRevision, Runnable change) {
		KeyValue current = this.entries.get(key);
		boolean applied = ((current != null) ? current.modRevision() : 0) == expectedModRevision;
		if (applied) {
			this.revision++;
			change.run();
		}
		return CompletableFuture.completedFuture(new WriteResult(applied, this.revision, applied ? null : current));
	}

	@Override
	public synchronized CompletableFuture<ReadResult> get(String key, long atRevision) {
		return CompletableFuture.completedFuture(new ReadResult(this.revision, this.entries.get(key)));
	}

	@Override
	public synchronized CompletableFuture<Lease> grant(Duration ttl) {
		return CompletableFuture.completedFuture(new Lease(++this.granted, ttl));
	}

	@Override
	public CompletableFuture<Duration> keepAlive(long leaseId) {
		return timeToLive(leaseId);
	}

	@Override
	public CompletableFuture<Duration> timeToLive(long leaseId) {
		return CompletableFuture.completedFuture(Duration.ofSeconds((leaseId != OF_ANOTHER) ? 10 : 1));
	}

	@Override
	public synchronized CompletableFuture<Void> revoke(long leaseId) {
		this.entries.values().removeIf((entry) -> entry.leaseId() == leaseId);
		return CompletableFuture.completedFuture(null);
	}

}
