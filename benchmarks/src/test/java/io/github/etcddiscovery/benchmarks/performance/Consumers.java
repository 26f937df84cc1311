package io.github.etcddiscovery.benchmarks.performance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import io.etcd.jetcd.Client;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdClientOptions;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.view.ServiceView;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import static io.github.etcddiscovery.testsupport.EtcdEyes.bytes;

/**
 * One change, and many who follow it, each over a connection of its own; all in one
 * process, so that the times are rather those of a busy machine.
 */
final class Consumers {

	static final String NAME = "consumers";

	static final String CPU = "CPU of etcd a change ms";

	static final String SEEN_BY_ALL = "by all after ms";

	static final String MEMORY = "memory of etcd MB";

	private static final Logger logger = LoggerFactory.getLogger(Consumers.class);

	private static final String KEY = "/services/stock/instance";

	private final Scale scale;

	Consumers(Scale scale) {
		this.scale = scale;
	}

	Result run() throws Exception {
		Result result = Result.of(NAME);
		for (int consumers : this.scale.isSmall() ? List.of(20) : List.of(10, 100, 1_000)) {
			List<AutoCloseable> opened = new ArrayList<>();
			try (EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest());
					Client client = Client.builder().endpoints(etcd.endpoint()).build()) {
				EtcdMetrics metrics = new EtcdMetrics(etcd.endpoint());
				long memory = metrics.memory();
				AtomicReference<Round> current = new AtomicReference<>(new Round("", consumers));
				for (int i = 0; i < consumers; i++) {
					EtcdClient own = EtcdClient.create(EtcdClientOptions.of(etcd.endpoint()));
					ServiceView<String> view = new ServiceView<>(own, new KeyLayout("/services").ranges(),
							(key, entry) -> new String(entry.value()), (value) -> true);
					opened.add(0, own);
					opened.add(0, view);
					view.start();
					view.awaitSync(Duration.ofSeconds(30));
					view.subscribe((catalog) -> current.get().saw(catalog.available("stock")));
				}
				logger.info("{} consumers", consumers);
				measure(client, metrics, memory, current, consumers, result);
			}
			finally {
				for (AutoCloseable one : opened) {
					one.close();
				}
			}
		}
		result.write(this.scale.folder());
		return result;
	}

	private void measure(Client client, EtcdMetrics metrics, long memory, AtomicReference<Round> current, int consumers,
			Result result) throws Exception {
		int changes = this.scale.isSmall() ? 5 : 50;
		Samples all = new Samples();
		Samples last = new Samples();
		double before = 0;
		for (int i = -changes; i < changes; i++) {
			if (i == 0) {
				before = metrics.cpuSeconds();
			}
			Round round = new Round("change " + i, consumers);
			current.set(round);
			CompletableFuture<Long> answer = client.getKVClient()
				.put(bytes(KEY), bytes(round.value))
				.thenApply((done) -> Clock.nanos());
			long acknowledged = answer.get(30, TimeUnit.SECONDS);
			List<Long> seen = round.await();
			if (i >= 0) {
				seen.forEach((at) -> all.add(at - acknowledged));
				last.add(seen.stream().mapToLong(Long::longValue).max().orElseThrow() - acknowledged);
			}
		}
		result.add("consumers", consumers, "changes", changes, "seen after ms", all.medianMillis(), "p99 ms",
				all.quantileMillis(0.99), SEEN_BY_ALL, last.medianMillis(), CPU,
				(metrics.cpuSeconds() - before) * 1_000 / changes, MEMORY, (metrics.memory() - memory) / 1e6);
	}

	/**
	 * A change, and when who has seen it.
	 */
	private static final class Round {

		private final String value;

		private final CountDownLatch missing;

		private final List<Long> seen = new ArrayList<>();

		Round(String value, int consumers) {
			this.value = value;
			this.missing = new CountDownLatch(consumers);
		}

		void saw(List<String> values) {
			if (values.contains(this.value)) {
				synchronized (this.seen) {
					this.seen.add(Clock.nanos());
				}
				this.missing.countDown();
			}
		}

		List<Long> await() throws InterruptedException {
			if (!this.missing.await(60, TimeUnit.SECONDS)) {
				throw new IllegalStateException(this.missing.getCount() + " have not seen " + this.value);
			}
			synchronized (this.seen) {
				return List.copyOf(this.seen);
			}
		}

	}

}
