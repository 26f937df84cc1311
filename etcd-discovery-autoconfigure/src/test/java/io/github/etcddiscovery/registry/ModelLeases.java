package io.github.etcddiscovery.registry;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.Lease;
import io.github.etcddiscovery.client.ReadResult;
import io.github.etcddiscovery.client.WatchEvent;
import io.github.etcddiscovery.client.WatchListener;
import io.github.etcddiscovery.client.WriteResult;
import io.github.etcddiscovery.doubles.EmptyEtcdClient;
import io.github.etcddiscovery.support.EventLoop;

/**
 * What etcd is to a registrar, in memory and on the clock of a loop: keys under leases
 * that run out. Each call waits until it is let happen, and then its answer may be lost,
 * or it may take effect long after its caller was told that it had failed.
 */
final class ModelLeases extends EmptyEtcdClient {

	/** A lease of another process, which never runs out. */
	static final long FOREIGN_LEASE = -1;

	private final Random random;

	private final EventLoop clock;

	/**
	 * Looks at every write under a lease of the registrar, just before it takes effect.
	 */
	private final Check check;

	private final Map<String, KeyValue> keys = new TreeMap<>();

	/** When leases run out. */
	private final Map<Long, Long> leases = new TreeMap<>();

	private final Set<Long> granted = new HashSet<>();

	private final List<Call<?>> calls = new ArrayList<>();

	/** Calls whose callers believe that they failed. */
	private final List<Supplier<?>> late = new ArrayList<>();

	private final List<OpenWatch> watches = new ArrayList<>();

	private long revision = 1_000_000;

	private long firstRevision = this.revision;

	private long lastLease;

	boolean faulty = true;

	ModelLeases(Random random, EventLoop clock, Check check) {
		this.random = random;
		this.clock = clock;
		this.check = check;
	}

	Map<String, KeyValue> keys() {
		return this.keys;
	}

	Set<Long> leases() {
		return this.leases.keySet();
	}

	boolean isGranted(long leaseId) {
		return this.granted.contains(leaseId);
	}

	/** Lets one call or event happen, if any waits. */
	boolean step() {
		expire();
		List<OpenWatch> talkative = this.watches.stream().filter((watch) -> !watch.pending.isEmpty()).toList();
		int choices = this.calls.size() + this.late.size() + talkative.size();
		if (choices == 0) {
			return false;
		}
		int choice = this.random.nextInt(choices);
		if (choice < this.calls.size()) {
			this.calls.remove(choice).happen();
		}
		else if (choice < this.calls.size() + this.late.size()) {
			happenLate(choice - this.calls.size());
		}
		else {
			talkative.get(choice - this.calls.size() - this.late.size()).pending.remove(0).run();
		}
		return true;
	}

	private void happenLate(int index) {
		try {
			this.late.remove(index).get();
		}
		catch (EtcdException ex) {
			// Nobody waits for the answer.
		}
	}

	/** Ends all watches. */
	void cut() {
		List<OpenWatch> cut = List.copyOf(this.watches);
		this.watches.clear();
		cut.forEach((watch) -> watch.listener.onEnd(failure(Reason.UNAVAILABLE)));
	}

	/**
	 * Goes back to an earlier revision, but not so that another key may come to stand at
	 * one that was there before: what is guarded by a revision cannot tell these two.
	 */
	void wipe() {
		this.keys.clear();
		this.leases.clear();
		this.firstRevision -= 1_000;
		this.revision = this.firstRevision;
		cut();
	}

	void loseLeases() {
		Set.copyOf(this.leases.keySet()).forEach(this::drop);
	}

	private void expire() {
		long now = this.clock.nanoTime();
		Set.copyOf(this.leases.keySet()).stream().filter((id) -> this.leases.get(id) < now).forEach(this::drop);
	}

	private void drop(long leaseId) {
		this.leases.remove(leaseId);
		List<String> attached = this.keys.values()
			.stream()
			.filter((keyValue) -> keyValue.leaseId() == leaseId)
			.map(KeyValue::key)
			.toList();
		attached.forEach(this::remove);
	}

	/** Deletes a key, as somebody else might. */
	void remove(String key) {
		if (this.keys.remove(key) != null) {
			this.revision++;
			tell(key, new WatchEvent(true, new KeyValue(key, new byte[0], this.revision, 0)));
		}
	}

	/** Writes a key, as somebody else might. */
	void write(String key, String value, long leaseId) {
		this.revision++;
		KeyValue written = new KeyValue(key, value.getBytes(StandardCharsets.UTF_8), this.revision, leaseId);
		this.keys.put(key, written);
		tell(key, new WatchEvent(false, written));
	}

	private void tell(String key, WatchEvent event) {
		this.watches.stream()
			.filter((watch) -> watch.key.equals(key) && watch.startRevision <= event.keyValue().modRevision())
			.forEach((watch) -> watch.pending.add(() -> watch.listener.onEvents(List.of(event))));
	}

	private <T> CompletableFuture<T> call(Supplier<T> effect, boolean write) {
		Call<T> call = new Call<>(effect, write, new CompletableFuture<>());
		this.calls.add(call);
		return call.answer;
	}

	private static EtcdException failure(Reason reason) {
		return new EtcdException(reason, "on purpose", null);
	}

	private void requireLease(long leaseId) {
		expire();
		if (!this.leases.containsKey(leaseId)) {
			throw failure(Reason.LEASE_NOT_FOUND);
		}
	}

	private boolean isAt(String key, long modRevision) {
		KeyValue current = this.keys.get(key);
		return ((current != null) ? current.modRevision() : 0) == modRevision;
	}

	@Override
	public CompletableFuture<ReadResult> get(String key, long revision) {
		return call(() -> new ReadResult(this.revision, this.keys.get(key)), false);
	}

	@Override
	public Watch watch(String target, boolean prefix, long startRevision, WatchListener listener) {
		OpenWatch watch = new OpenWatch(target, startRevision, listener, new ArrayList<>());
		this.watches.add(watch);
		watch.pending.add(() -> listener.onCreated(this.revision));
		KeyValue current = this.keys.get(target);
		if (current != null && current.modRevision() >= startRevision) {
			watch.pending.add(() -> listener.onEvents(List.of(new WatchEvent(false, current))));
		}
		else if (current == null && this.revision >= startRevision) {
			// Just when it went makes no difference.
			KeyValue gone = new KeyValue(target, new byte[0], this.revision, 0);
			watch.pending.add(() -> listener.onEvents(List.of(new WatchEvent(true, gone))));
		}
		return () -> this.watches.remove(watch);
	}

	@Override
	public CompletableFuture<Lease> grant(Duration ttl) {
		return call(() -> {
			this.lastLease++;
			this.granted.add(this.lastLease);
			this.leases.put(this.lastLease, this.clock.nanoTime() + ttl.toNanos());
			return new Lease(this.lastLease, ttl);
		}, true);
	}

	@Override
	public CompletableFuture<Duration> keepAlive(long leaseId) {
		return call(() -> {
			requireLease(leaseId);
			this.leases.put(leaseId, this.clock.nanoTime() + TtlOption.DEFAULT.ttl().toNanos());
			return TtlOption.DEFAULT.ttl();
		}, true);
	}

	@Override
	public CompletableFuture<Void> revoke(long leaseId) {
		return call(() -> {
			this.keys.values()
				.stream()
				.filter((keyValue) -> keyValue.leaseId() == leaseId)
				.forEach((keyValue) -> this.check.beforeRevoked(keyValue.key()));
			drop(leaseId);
			return null;
		}, true);
	}

	@Override
	public CompletableFuture<WriteResult> put(String key, byte[] value, long leaseId, long expectedModRevision) {
		return call(() -> {
			requireLease(leaseId);
			if (!isAt(key, expectedModRevision)) {
				return new WriteResult(false, this.revision, this.keys.get(key));
			}
			this.check.beforePut(key);
			write(key, new String(value, StandardCharsets.UTF_8), leaseId);
			return new WriteResult(true, this.revision, null);
		}, true);
	}

	@Override
	public CompletableFuture<WriteResult> delete(String key, long expectedModRevision) {
		return call(() -> {
			if (!isAt(key, expectedModRevision)) {
				return new WriteResult(false, this.revision, this.keys.get(key));
			}
			remove(key);
			return new WriteResult(true, this.revision, null);
		}, true);
	}

	/**
	 * A call that has not happened yet.
	 */
	private final class Call<T> {

		private final Supplier<T> effect;

		private final boolean write;

		private final CompletableFuture<T> answer;

		Call(Supplier<T> effect, boolean write, CompletableFuture<T> answer) {
			this.effect = effect;
			this.write = write;
			this.answer = answer;
		}

		private void happen() {
			int dice = ModelLeases.this.faulty ? ModelLeases.this.random.nextInt(10) : 9;
			if (dice == 0 && this.write) {
				ModelLeases.this.late.add(this.effect);
			}
			if (dice < 2) {
				this.answer.completeExceptionally(failure(Reason.UNAVAILABLE));
				return;
			}
			T result;
			try {
				result = this.effect.get();
			}
			catch (EtcdException ex) {
				this.answer.completeExceptionally(ex);
				return;
			}
			if (dice == 2) {
				this.answer.completeExceptionally(failure(Reason.UNAVAILABLE));
			}
			else {
				this.answer.complete(result);
			}
		}

	}

	/**
	 * A watch, and what it has not said yet.
	 */
	private record OpenWatch(String key, long startRevision, WatchListener listener, List<Runnable> pending) {

	}

	/**
	 * Looks at what is about to take effect.
	 */
	interface Check {

		void beforePut(String key);

		/** A key goes because its lease is revoked. */
		void beforeRevoked(String key);

	}

}
