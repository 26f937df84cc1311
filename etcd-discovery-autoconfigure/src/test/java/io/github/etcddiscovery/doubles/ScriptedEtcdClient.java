package io.github.etcddiscovery.doubles;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.Lease;
import io.github.etcddiscovery.client.PastState;
import io.github.etcddiscovery.client.ReadResult;
import io.github.etcddiscovery.client.WatchListener;
import io.github.etcddiscovery.client.WriteResult;

/**
 * A client whose every answer the test gives, when it wants to: for what a real etcd does
 * only by accident.
 */
public final class ScriptedEtcdClient extends EmptyEtcdClient {

	private final Deque<Call> calls = new ArrayDeque<>();

	/** The newest watch that was opened. */
	public WatchListener watch;

	/** The revision from which on that one is to tell. */
	public long watchedFrom;

	/** The watches that nobody has closed. */
	public final Set<WatchListener> openWatches = new HashSet<>();

	/** Takes the pages of the newest listing, of values or keys. */
	public Consumer<List<KeyValue>> pages;

	/** The newest renewals that were asked for, by lease. */
	public final Map<Long, CompletableFuture<Duration>> renewals = new TreeMap<>();

	/** Whether it says that it has a connection. */
	public boolean connected = true;

	@Override
	public boolean isConnected() {
		return this.connected;
	}

	@Override
	public CompletableFuture<Long> list(String prefix, Consumer<List<KeyValue>> pages) {
		this.pages = pages;
		return call("list " + prefix);
	}

	@Override
	public CompletableFuture<Long> listKeys(String prefix, long revision, Consumer<List<KeyValue>> pages) {
		this.pages = pages;
		return call("keys " + prefix + " at " + revision);
	}

	@Override
	public CompletableFuture<PastState> readPast(long revision, String prefix, Set<String> keys) {
		return call("past " + prefix + " at " + revision + " of " + String.join(" ", keys));
	}

	@Override
	public CompletableFuture<ReadResult> get(String key, long revision) {
		return call("get " + key + " at " + revision);
	}

	@Override
	public Watch watch(String target, boolean prefix, long startRevision, WatchListener listener) {
		this.watch = listener;
		this.watchedFrom = startRevision;
		this.openWatches.add(listener);
		return () -> this.openWatches.remove(listener);
	}

	@Override
	public CompletableFuture<Lease> grant(Duration ttl) {
		return call("grant");
	}

	@Override
	public CompletableFuture<Duration> keepAlive(long leaseId) {
		CompletableFuture<Duration> renewal = new CompletableFuture<>();
		this.renewals.put(leaseId, renewal);
		return renewal;
	}

	@Override
	public CompletableFuture<Duration> timeToLive(long leaseId) {
		return call("time left of " + leaseId);
	}

	@Override
	public CompletableFuture<Void> revoke(long leaseId) {
		return call("revoke " + leaseId);
	}

	@Override
	public CompletableFuture<WriteResult> put(String key, byte[] value, long leaseId, long expectedModRevision) {
		return call("put " + new String(value) + " under " + leaseId + " if at " + expectedModRevision);
	}

	@Override
	public CompletableFuture<WriteResult> delete(String key, long expectedModRevision) {
		return call("delete if at " + expectedModRevision);
	}

	private <T> CompletableFuture<T> call(String description) {
		CompletableFuture<T> answer = new CompletableFuture<>();
		this.calls.add(new Call(description, answer));
		return answer;
	}

	/** Returns the calls that wait for an answer, oldest first. */
	public List<String> pending() {
		return this.calls.stream().map(Call::description).toList();
	}

	/** Answers the oldest call, which must be this one. */
	public void answer(String description, Object result) {
		take(description).complete(result);
	}

	/** Answers a call, not necessarily the oldest. */
	@SuppressWarnings("unchecked")
	public void answerAny(String description, Object result) {
		Call call = this.calls.stream()
			.filter((pending) -> pending.description().equals(description))
			.findFirst()
			.orElseThrow(() -> new AssertionError("Expected the call '" + description + "' among " + this.calls));
		this.calls.remove(call);
		((CompletableFuture<Object>) call.answer()).complete(result);
	}

	/** Leaves the oldest call, which must be this one, for the test to answer later. */
	public CompletableFuture<Object> putOff(String description) {
		return take(description);
	}

	/** Answers the oldest call, which asks what there was at a revision. */
	public void testify(long revision, List<KeyValue> held) {
		String call = pending().get(0);
		String question = "past /services/ at " + revision + " of ";
		if (!call.startsWith(question)) {
			throw new AssertionError("Expected the call '" + question + "…' but found '" + call + "'");
		}
		List<String> asked = List.of(call.substring(question.length()).split(" "));
		answer(call,
				new PastState(held.size(),
						held.stream()
							.filter((keyValue) -> asked.contains(keyValue.key()))
							.collect(Collectors.toMap(KeyValue::key, Function.identity()))));
	}

	/** Fails the oldest call, which must be this one. */
	public void fail(String description, Reason reason) {
		take(description).completeExceptionally(new EtcdException(reason, "failed on purpose", null));
	}

	@SuppressWarnings("unchecked")
	private CompletableFuture<Object> take(String description) {
		Call call = this.calls.poll();
		if (call == null || !call.description().equals(description)) {
			throw new AssertionError("Expected the call '" + description + "' but found " + call);
		}
		return (CompletableFuture<Object>) call.answer();
	}

	private record Call(String description, CompletableFuture<?> answer) {

	}

}
