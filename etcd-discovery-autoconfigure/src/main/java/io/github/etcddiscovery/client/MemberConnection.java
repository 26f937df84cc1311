package io.github.etcddiscovery.client;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.options.GetOption;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.grpc.ManagedChannel;
import org.jspecify.annotations.Nullable;

/**
 * A jetcd client that speaks to one member. Safe to use from any thread.
 */
final class MemberConnection {

	/** Any key will do: being denied is an answer too. */
	private static final ByteSequence PING_KEY = JetcdClientFactory.bytes("/");

	/**
	 * jetcd may lose a call: one that outlives its deadline by this much gets no answer.
	 */
	private static final Duration LOST_CALL = Duration.ofMillis(500);

	private final Client client;

	private final ManagedChannel channel;

	private final MemberAddress member;

	private final CallDeadline deadline;

	private final boolean atMember;

	private final Set<CompletableFuture<?>> calls = ConcurrentHashMap.newKeySet();

	private volatile @Nullable EtcdException refusal;

	private volatile @Nullable EtcdException end;

	/**
	 * Creates a connection.
	 * @param client jetcd's client
	 * @param channel the channel that its calls use
	 * @param member the member
	 * @param deadline how long its calls may take
	 * @param atMember whether it goes to that member, and not where a customizer says
	 */
	MemberConnection(Client client, ManagedChannel channel, MemberAddress member, CallDeadline deadline,
			boolean atMember) {
		this.client = client;
		this.channel = channel;
		this.member = member;
		this.deadline = deadline;
		this.atMember = atMember;
	}

	Client client() {
		return this.client;
	}

	MemberAddress member() {
		return this.member;
	}

	/** Whether it goes to {@link #member()}, and not where a customizer says. */
	boolean isAtMember() {
		return this.atMember;
	}

	/**
	 * Returns why the member is of no use although it answered the proof, {@code null} if
	 * it is. Users need not be allowed to read the key that the proof reads.
	 */
	@Nullable EtcdException refusal() {
		return this.refusal;
	}

	/** Returns after which time no call is under way any more. */
	Duration longestCall() {
		return this.deadline.timeout().plus(LOST_CALL);
	}

	/**
	 * Asks the member to show that it works.
	 * @param answerTimeout how long it may take to answer
	 * @param failFast whether to give up as soon as connecting fails
	 * @return completes when it has answered; fails with an {@link EtcdException} if it
	 * does not
	 */
	CompletableFuture<Void> prove(Duration answerTimeout, boolean failFast) {
		Duration callTimeout = this.deadline.timeout();
		this.deadline.set(answerTimeout);
		this.deadline.setFailFast(failFast);
		CompletableFuture<GetResponse> ping;
		try {
			ping = ping(this.client);
		}
		catch (RuntimeException ex) {
			ping = CompletableFuture.failedFuture(ex);
		}
		// At its deadline the call says why there was no answer.
		return ping.orTimeout(answerTimeout.plus(LOST_CALL).toNanos(), TimeUnit.NANOSECONDS).handle((done, error) -> {
			EtcdException answer = (error != null) ? EtcdErrors.sortConnecting(error) : null;
			if (answer != null && answer.reason() == Reason.UNAVAILABLE) {
				throw answer;
			}
			boolean denied = answer != null && answer.reason() == Reason.PERMISSION_DENIED;
			this.refusal = denied ? null : answer;
			this.deadline.set(callTimeout);
			this.deadline.setFailFast(false);
			return null;
		});
	}

	/**
	 * Asks the member whether it still works.
	 * @param timeout how long it may take to answer
	 * @return {@code null} if it answers, be it with a refusal
	 */
	@Nullable EtcdException check(Duration timeout) {
		EtcdException answer = null;
		// gRPC waits a second before it tries a port again that has refused it.
		this.deadline.setFailFast(true);
		try {
			ping(this.client).get(timeout.toNanos(), TimeUnit.NANOSECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			answer = EtcdErrors.sort("Ping", new TimeoutException());
		}
		catch (Exception ex) {
			answer = EtcdErrors.sort("Ping", ex);
		}
		finally {
			this.deadline.setFailFast(false);
		}
		return (answer != null && answer.reason() == Reason.UNAVAILABLE) ? answer : null;
	}

	/**
	 * Reads a key through the quorum, so that a member that is cut off from the others
	 * does not answer, nor a learner. The content does not matter.
	 */
	static CompletableFuture<GetResponse> ping(Client client) {
		return client.getKVClient().get(PING_KEY, GetOption.builder().withCountOnly(true).build());
	}

	/**
	 * Makes a call.
	 * @param operation the call
	 * @return completes with the answer; fails at the deadline, or when this connection
	 * ends
	 */
	<T> CompletableFuture<T> call(Function<Client, CompletableFuture<T>> operation) {
		CompletableFuture<T> call;
		try {
			call = operation.apply(this.client);
		}
		catch (RuntimeException ex) {
			return CompletableFuture.failedFuture(ex);
		}
		this.calls.add(call);
		call.orTimeout(longestCall().toNanos(), TimeUnit.NANOSECONDS)
			.whenComplete((answer, error) -> this.calls.remove(call));
		EtcdException ended = this.end;
		if (ended != null) {
			call.completeExceptionally(ended);
		}
		return call;
	}

	/** Fails all calls under way: jetcd's do not notice that their client is closed. */
	void fail(EtcdException cause) {
		this.end = cause;
		this.calls.forEach((call) -> call.completeExceptionally(cause));
	}

	void close() {
		this.client.close();
		this.channel.shutdownNow();
		fail(new EtcdException(Reason.UNAVAILABLE, "The connection to %s was closed".formatted(this.member), null));
	}

}
