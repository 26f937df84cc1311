package io.github.etcddiscovery.soak;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import io.etcd.jetcd.Client;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.PutOption;

import static io.github.etcddiscovery.testsupport.EtcdEyes.bytes;

/**
 * Write straight to the members all the time, several keys in one transaction now and
 * then, and remember what etcd has confirmed.
 */
final class Writers implements AutoCloseable {

	private static final int AT_ONCE = 16;

	private static final int SERVICES = 5;

	private static final int INSTANCES = 10;

	/** Between one write and the next of each of them. */
	private static final long PAUSE_MILLIS = 4;

	private final List<Client> clients;

	private final Queue<Written> written = new ConcurrentLinkedQueue<>();

	private final AtomicLong count = new AtomicLong();

	private final AtomicInteger busy = new AtomicInteger();

	private volatile boolean paused = true;

	Writers(List<String> endpoints, ScheduledExecutorService executor, long seed) {
		this.clients = endpoints.stream().map((endpoint) -> Cluster.asRoot().endpoints(endpoint).build()).toList();
		for (int i = 0; i < AT_ONCE; i++) {
			Random random = new Random(seed + i);
			executor.scheduleWithFixedDelay(() -> write(random), 0, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
		}
	}

	private void write(Random random) {
		this.busy.incrementAndGet();
		try {
			if (!this.paused) {
				writeSomething(random);
			}
		}
		finally {
			this.busy.decrementAndGet();
		}
	}

	private void writeSomething(Random random) {
		List<Change> puts = new ArrayList<>();
		List<Op> operations = new ArrayList<>();
		Set<String> keys = new HashSet<>();
		for (int i = (random.nextInt(4) == 0) ? 3 : 1; i > 0; i--) {
			String key = "/services/written" + random.nextInt(SERVICES) + "/" + random.nextInt(INSTANCES);
			if (!keys.add(key)) {
				continue;
			}
			if (random.nextInt(4) == 0) {
				operations.add(Op.delete(bytes(key), DeleteOption.DEFAULT));
			}
			else {
				String value = Long.toString(random.nextLong(), Character.MAX_RADIX);
				puts.add(new Change(key, value, 0));
				operations.add(Op.put(bytes(key), bytes(value), PutOption.DEFAULT));
			}
		}
		try {
			TxnResponse response = this.clients.get(random.nextInt(this.clients.size()))
				.getKVClient()
				.txn()
				.Then(operations.toArray(Op[]::new))
				.commit()
				.get(1, TimeUnit.SECONDS);
			this.count.incrementAndGet();
			this.written.add(new Written(response.getHeader().getRevision(), puts));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (Exception ex) {
			// That is what the faults are for.
		}
	}

	void setPaused(boolean paused) {
		this.paused = paused;
	}

	/** Whether nothing is written any more, having been paused. */
	boolean isAtRest() {
		return this.paused && this.busy.get() == 0;
	}

	/** Whether all is checked that etcd has confirmed. */
	boolean isChecked() {
		return this.written.isEmpty();
	}

	/** How many writes etcd has confirmed. */
	long count() {
		return this.count.get();
	}

	/** What etcd has confirmed happened. By one thread at a time. */
	void check(History history, Violations violations) {
		for (Written next = this.written.peek(); next != null
				&& next.revision() <= history.known(); next = this.written.peek()) {
			this.written.remove();
			List<Change> changes = new ArrayList<>();
			history.between(next.revision() - 1, next.revision())
				.forEach((revision) -> changes.addAll(revision.changes()));
			if (!changes.containsAll(next.puts())) {
				violations.add("checker", "has not seen what was written at revision %d: %s", next.revision(),
						next.puts());
			}
		}
	}

	@Override
	public void close() {
		this.clients.forEach(Client::close);
	}

	/**
	 * What etcd has confirmed.
	 *
	 * @param revision at which revision
	 * @param puts what was put
	 */
	private record Written(long revision, List<Change> puts) {

	}

}
