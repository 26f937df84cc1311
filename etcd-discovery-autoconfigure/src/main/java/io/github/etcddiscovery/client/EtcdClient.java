package io.github.etcddiscovery.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * All that this project asks of etcd. A bean of this type replaces the one built on
 * jetcd.
 * <p>
 * No method blocks. Every future completes within a bound that the client sets (see
 * {@code spring.cloud.etcd.request-timeout}; twice that and a little more while there is
 * no connection, and three times as much again where a token has expired), if it fails
 * with an {@link EtcdException}, on a thread that is not to be blocked. A call that
 * failed with {@link EtcdException.Reason#UNAVAILABLE} may have taken effect.
 */
public interface EtcdClient extends AutoCloseable {

	/**
	 * Creates a client: go-kit's {@code NewClient}. Unlike that it connects when it is
	 * first used.
	 * @param options where and how to connect
	 * @return the client, to be closed by the caller
	 */
	static EtcdClient create(EtcdClientOptions options) {
		return new JetcdEtcdClient(options, List.of());
	}

	/**
	 * Reads every key with a prefix, all at one revision, page by page.
	 * @param prefix the prefix
	 * @param pages receives the pages in the order of the keys, never two at a time, on a
	 * thread of the client; an exception it throws fails the call
	 * @return the revision at which all pages were read
	 */
	CompletableFuture<Long> list(String prefix, Consumer<List<KeyValue>> pages);

	/**
	 * Reads every key with a prefix: go-kit's {@code Client.GetEntries}. All at one
	 * revision.
	 * @param prefix the prefix
	 * @return the keys and their values, in the order of the keys
	 */
	default CompletableFuture<List<KeyValue>> entries(String prefix) {
		List<KeyValue> entries = new ArrayList<>();
		return list(prefix, entries::addAll).thenApply((revision) -> List.copyOf(entries));
	}

	/**
	 * Reads every key with a prefix without its value, all at one revision, page by page.
	 * @param prefix the prefix
	 * @param revision the revision to read at, 0 for the newest
	 * @param pages receives the pages in the order of the keys, never two at a time, on a
	 * thread of the client; an exception it throws fails the call. Values may be empty
	 * and lease ids 0, since etcd 3.7 returns neither
	 * @return the revision at which all pages were read
	 */
	CompletableFuture<Long> listKeys(String prefix, long revision, Consumer<List<KeyValue>> pages);

	/**
	 * Reads keys, and counts those with a prefix, as they were at a revision: in one
	 * call, so that both come from the same member.
	 * @param revision the revision
	 * @param prefix the prefix
	 * @param keys the keys, at most 100
	 * @return what was there
	 */
	CompletableFuture<PastState> readPast(long revision, String prefix, Set<String> keys);

	/**
	 * Reads one key.
	 * @param key the key
	 * @param revision the revision to read at, 0 for the newest
	 * @return what was found
	 */
	CompletableFuture<ReadResult> get(String key, long revision);

	/**
	 * Watches a key, or every key with a prefix. There is no resuming inside: the watch
	 * ends at the first disturbance.
	 * @param target the key or prefix
	 * @param prefix whether the target is a prefix
	 * @param startRevision the first revision to report
	 * @param listener receives what happens
	 * @return closes the watch, after which the listener is not called any more, but for
	 * a call under way
	 */
	Watch watch(String target, boolean prefix, long startRevision, WatchListener listener);

	/**
	 * Grants a lease.
	 * @param ttl the time to live; etcd counts in seconds, a fraction is rounded up
	 * @return the lease
	 */
	CompletableFuture<Lease> grant(Duration ttl);

	/**
	 * Renews a lease once.
	 * @param leaseId the lease
	 * @return its time to live from now on; fails with
	 * {@link EtcdException.Reason#LEASE_NOT_FOUND} if it is gone
	 */
	CompletableFuture<Duration> keepAlive(long leaseId);

	/**
	 * Asks how long a lease has to live.
	 * @param leaseId the lease
	 * @return the time left; negative if there is no such lease
	 */
	CompletableFuture<Duration> timeToLive(long leaseId);

	/**
	 * Revokes a lease and deletes all keys attached to it. Revoking one that is gone
	 * succeeds.
	 * @param leaseId the lease
	 * @return completes when done
	 */
	CompletableFuture<Void> revoke(long leaseId);

	/**
	 * Puts a key under a lease, if it has not changed since it was last seen.
	 * @param key the key
	 * @param value the value
	 * @param leaseId the lease; 0 is refused, since such a key would never go away
	 * @param expectedModRevision the revision of the key's last change, 0 if there must
	 * be no such key
	 * @return what became of it
	 */
	CompletableFuture<WriteResult> put(String key, byte[] value, long leaseId, long expectedModRevision);

	/**
	 * Deletes a key, if it has not changed since it was last seen.
	 * @param key the key
	 * @param expectedModRevision the revision of the key's last change
	 * @return what became of it
	 */
	CompletableFuture<WriteResult> delete(String key, long expectedModRevision);

	/**
	 * Says where this client connects to, for messages.
	 * @return the endpoints, never a credential
	 */
	String describe();

	/**
	 * Says which member this client speaks to, or did before it lost the connection.
	 * @return the member, never a credential; all endpoints where that is not known
	 */
	default String member() {
		return describe();
	}

	/**
	 * Returns whether this client has a connection at present, as far as it knows.
	 * @return {@code false} before the first connection, and from when a connection is
	 * given up until a member answers
	 */
	default boolean isConnected() {
		return true;
	}

	/**
	 * Ends all watches and calls under way. Later calls fail. Does not revoke leases. May
	 * be called more than once.
	 */
	@Override
	void close();

	/**
	 * A watch that its owner can close.
	 */
	@FunctionalInterface
	interface Watch extends AutoCloseable {

		/** Ends the watch. May be called more than once. */
		@Override
		void close();

	}

}
