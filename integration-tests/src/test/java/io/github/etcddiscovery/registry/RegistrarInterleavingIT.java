package io.github.etcddiscovery.registry;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.Lease;
import io.github.etcddiscovery.client.PastState;
import io.github.etcddiscovery.client.ReadResult;
import io.github.etcddiscovery.client.WatchListener;
import io.github.etcddiscovery.client.WriteResult;
import io.github.etcddiscovery.integration.Interleavings;
import io.github.etcddiscovery.integration.QueuedEventLoop;
import io.github.etcddiscovery.support.Telemetry;
import io.github.etcddiscovery.testsupport.QuietLogs;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A registrar loses its lease, is told to register or is closed while it renews it.
 */
@ExtendWith(QuietLogs.class)
@Tag("slow")
class RegistrarInterleavingIT {

	@Test
	void recordComesBackInWhateverOrderOfSteps() {
		Interleavings.tryOrders(Kept.class);
	}

	@Test
	void recordComesBackHoweverThreadsRun() {
		Interleavings.tryFreely(Kept.class);
	}

	@Test
	void recordLeavesInWhateverOrderOfSteps() {
		Interleavings.tryOrders(Closed.class);
	}

	@Test
	void recordLeavesHoweverThreadsRun() {
		Interleavings.tryFreely(Closed.class);
	}

	/**
	 * What happens to every registrar.
	 */
	public abstract static class Running {

		/** More than it takes to come back, or to leave. */
		private static final int ROUNDS = 8;

		final Leases etcd = new Leases();

		private final QueuedEventLoop loop = new QueuedEventLoop();

		final Registrar registrar = new Registrar(this.etcd, TtlOption.DEFAULT, Registrar.Listener.NONE, Telemetry.NONE,
				this.loop, new Random(1));

		volatile boolean closed;

		/**
		 * Begins when a lease has been granted, and before anybody knows: the first write
		 * is still to come.
		 */
		protected Running() {
			register();
			this.loop.runNext();
		}

		@Operation
		public void register() {
			this.registrar.register(RegistryEntry.of("/services/orders/a", "a"));
		}

		@Operation(nonParallelGroup = "loop")
		public void runNextTask() {
			this.loop.runNext();
		}

		@Operation
		public void letTimePass() {
			this.loop.letTimePass();
		}

		@Validate
		public void recordIsThereUnlessTheRegistrarWasClosed() {
			for (int i = 0; i < ROUNDS; i++) {
				this.loop.letTimePass();
				this.loop.runAll();
			}
			if (this.etcd.isWritten() == this.closed) {
				throw new AssertionError(this.closed ? "Still there once closed" : "Never came back");
			}
		}

	}

	/**
	 * It loses its lease, and nobody closes it.
	 */
	public static class Kept extends Running {

		@Operation
		public void loseLease() {
			this.etcd.expire();
		}

	}

	/**
	 * Somebody closes it, and no lease that is lost does what that should have done.
	 */
	public static class Closed extends Running {

		@Operation
		public void close() {
			this.closed = true;
			this.registrar.close(true, Duration.ZERO);
		}

	}

	/**
	 * etcd with one key, which answers at once.
	 */
	private static final class Leases implements EtcdClient {

		private final Set<Long> leases = new HashSet<>();

		private long last;

		private long writtenUnder;

		private long revision = 1;

		synchronized boolean isWritten() {
			return this.writtenUnder != 0;
		}

		/** All leases run out. */
		synchronized void expire() {
			this.leases.clear();
			this.writtenUnder = 0;
		}

		@Override
		public synchronized CompletableFuture<Lease> grant(Duration ttl) {
			this.leases.add(++this.last);
			return CompletableFuture.completedFuture(new Lease(this.last, ttl));
		}

		@Override
		public synchronized CompletableFuture<Duration> keepAlive(long leaseId) {
			return this.leases.contains(leaseId) ? CompletableFuture.completedFuture(Duration.ofSeconds(10)) : gone();
		}

		private static <T> CompletableFuture<T> gone() {
			return CompletableFuture.failedFuture(new EtcdException(Reason.LEASE_NOT_FOUND, "gone", null));
		}

		@Override
		public synchronized CompletableFuture<Void> revoke(long leaseId) {
			this.leases.remove(leaseId);
			if (this.writtenUnder == leaseId) {
				this.writtenUnder = 0;
			}
			return CompletableFuture.completedFuture(null);
		}

		@Override
		public synchronized CompletableFuture<WriteResult> put(String key, byte[] value, long leaseId,
				long expectedModRevision) {
			if (!this.leases.contains(leaseId)) {
				return gone();
			}
			this.writtenUnder = leaseId;
			return CompletableFuture.completedFuture(new WriteResult(true, ++this.revision, null));
		}

		@Override
		public synchronized CompletableFuture<WriteResult> delete(String key, long expectedModRevision) {
			this.writtenUnder = 0;
			return CompletableFuture.completedFuture(new WriteResult(true, ++this.revision, null));
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
		public CompletableFuture<Long> list(String prefix, Consumer<List<KeyValue>> pages) {
			throw notForARegistrar();
		}

		@Override
		public CompletableFuture<Long> listKeys(String prefix, long revision, Consumer<List<KeyValue>> pages) {
			throw notForARegistrar();
		}

		@Override
		public CompletableFuture<PastState> readPast(long revision, String prefix, Set<String> keys) {
			throw notForARegistrar();
		}

		@Override
		public CompletableFuture<Duration> timeToLive(long leaseId) {
			throw notForARegistrar();
		}

		private static UnsupportedOperationException notForARegistrar() {
			return new UnsupportedOperationException("A registrar does not call this");
		}

		@Override
		public String describe() {
			return "nowhere";
		}

		@Override
		public void close() {
		}

	}

}
