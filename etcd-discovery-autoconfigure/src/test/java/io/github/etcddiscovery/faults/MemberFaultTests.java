package io.github.etcddiscovery.faults;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

import io.etcd.jetcd.Client;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdClientOptions;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.registry.Registrar;
import io.github.etcddiscovery.registry.RegistryEntry;
import io.github.etcddiscovery.testsupport.ClusterLab;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.RequiresNamespaces;
import io.github.etcddiscovery.testsupport.TcpProxy;
import io.github.etcddiscovery.view.ServiceView;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Members of a cluster on hosts of their own lose links, hang, or are slow to reach,
 * while the others work.
 */
@RequiresEtcd
@RequiresNamespaces
@Tag("slow")
class MemberFaultTests {

	private static final Duration PROMISED = Duration.ofSeconds(6);

	private static final Duration SOON = Duration.ofSeconds(30);

	private static final Duration LONG = Duration.ofMinutes(2);

	private static final int MANY_RECORDS = 10_000;

	private final ClusterLab lab = ClusterLab.start(EtcdBinary.newest());

	private final ExecutorService executor = Executors.newCachedThreadPool();

	private int faults;

	private int writes;

	@AfterEach
	void stop() {
		this.executor.shutdownNow();
		this.lab.close();
	}

	@Test
	void memberCutOffFromItsPeers() throws Exception {
		measureCutOff("memberCutOffFromItsPeers", this.lab.endpoints(), () -> {
			Measurements.Stopwatch started = Measurements.start();
			List<Subject> fresh = all(6, (i) -> new Subject(key("fresh-" + i), this.lab.endpoints()));
			assertThat(started.elapsed()).as("fresh ones are there").isLessThan(PROMISED);
			fresh.forEach(Subject::close);
		});
	}

	@Test
	void memberCutOffBehindABalancer() throws Exception {
		try (TcpProxy balancer = TcpProxy.to(this.lab.endpoints())) {
			measureCutOff("memberCutOffBehindABalancer", new String[] { balancer.endpoint() }, () -> {
			});
		}
	}

	private void measureCutOff(String test, String[] endpoints, Runnable meanwhile) throws Exception {
		Measurements.measure(test, EtcdBinary.newest(), PROMISED, () -> {
			// New clients each time: their timeouts grow after repeated losses.
			List<Subject> established = all(6, (i) -> new Subject(key("established-" + i), endpoints));
			int member = this.faults++ % 3;
			try (EtcdEyes eyes = eyes(member)) {
				this.lab.cutFromPeers(member);
				Duration current = lagBehindAWrite(eyes, established);
				meanwhile.run();
				established.forEach(Subject::awaitRegistered);
				this.lab.joinPeers(member);
				established.forEach((subject) -> subject.assertEqualToEtcd(eyes));
				established.forEach(Subject::close);
				return current;
			}
		});
	}

	@Test
	void memberHangsWhileEighteenLeave() throws Exception {
		Measurements.measure("memberHangsWhileEighteenLeave", EtcdBinary.newest(), Registrar.CLOSE_TIMEOUT, () -> {
			int member = follower();
			List<EtcdClient> clients = all(18, (i) -> EtcdClient.create(EtcdClientOptions.of(this.lab.endpoints())));
			List<Registrar> registrars = clients.stream().map(Registrar::new).toList();
			CompletableFuture
				.allOf(IntStream.range(0, 18)
					.mapToObj((i) -> registrars.get(i).register(RegistryEntry.of(key("leaving-" + i), "UP")))
					.toArray(CompletableFuture[]::new))
				.join();
			this.lab.members().get(member).freeze();
			Measurements.Stopwatch begun = Measurements.start();
			List<Boolean> left = all(18, (i) -> registrars.get(i).close(true, Registrar.CLOSE_TIMEOUT));
			Duration spent = begun.elapsed();
			assertThat(left).doesNotContain(false);
			try (EtcdEyes eyes = eyes(member)) {
				await().atMost(SOON)
					.ignoreExceptions()
					.untilAsserted(() -> assertThat(eyes.all(Subject.PREFIX)).isEmpty());
			}
			clients.forEach(EtcdClient::close);
			this.lab.members().get(member).thaw();
			return spent;
		});
	}

	@Test
	void twoEndpointsOfWhichOneIsALearner() throws Exception {
		try (EtcdProcess voter = EtcdProcess.start(EtcdBinary.newest());
				EtcdProcess learner = voter.startLearner();
				EtcdEyes eyes = new EtcdEyes(voter.endpoint())) {
			Measurements.measure("twoEndpointsOfWhichOneIsALearner", EtcdBinary.newest(), PROMISED, () -> {
				Measurements.Stopwatch started = Measurements.start();
				List<Subject> fresh = all(12,
						(i) -> new Subject(key("fresh-" + i), new String[] { learner.endpoint(), voter.endpoint() }));
				Duration there = started.elapsed();
				fresh.forEach((subject) -> subject.assertEqualToEtcd(eyes));
				fresh.forEach(Subject::close);
				return there;
			});
		}
	}

	@Test
	void tenThousandRecordsOverASlowLink() throws Exception {
		fill(1_000);
		this.lab.limitToClients("10mbit");
		Measurements.measure("tenThousandRecordsOverASlowLink", EtcdBinary.newest(), SOON, () -> untilSynced(1));
	}

	@Test
	void sixtyViewsOfTenThousandRecordsStartAtOnce() throws Exception {
		fill(300);
		this.lab.limitToClients("100mbit");
		Measurements.measure("sixtyViewsOfTenThousandRecordsStartAtOnce", EtcdBinary.newest(), LONG,
				() -> untilSynced(60));
	}

	/** A member that hangs while it leads costs an election, which may take seconds. */
	private int follower() {
		try (EtcdEyes eyes = eyes(-1)) {
			return IntStream.range(0, 3)
				.filter((i) -> !eyes.isLeader(this.lab.endpoints()[i]))
				.skip(this.faults++ % 2)
				.findFirst()
				.orElseThrow();
		}
	}

	/** How long views take from their start until all have read everything. */
	private Duration untilSynced(int views) {
		List<EtcdClient> clients = all(views, (i) -> EtcdClient.create(EtcdClientOptions.of(this.lab.endpoints())));
		Measurements.Stopwatch started = Measurements.start();
		List<ServiceView<Integer>> created = clients.stream()
			.map((client) -> new ServiceView<>(client, new KeyLayout("/services").ranges(),
					(key, keyValue) -> keyValue.value().length, (length) -> true))
			.toList();
		created.forEach(ServiceView::start);
		await().atMost(LONG)
			.until(() -> created.stream().allMatch((view) -> view.catalog().all("many").size() == MANY_RECORDS));
		Duration synced = started.elapsed();
		created.forEach(ServiceView::close);
		clients.forEach(EtcdClient::close);
		return synced;
	}

	private void fill(int size) {
		try (EtcdEyes eyes = eyes(-1)) {
			String value = "x".repeat(size);
			for (int from = 0; from < MANY_RECORDS; from += 500) {
				CompletableFuture
					.allOf(IntStream.range(from, from + 500)
						.mapToObj((i) -> eyes.client()
							.getKVClient()
							.put(EtcdEyes.bytes("/services/many/" + i), EtcdEyes.bytes(value)))
						.toArray(CompletableFuture[]::new))
					.join();
			}
		}
	}

	/**
	 * How long after its acknowledgement the last of them sees a write. It is sent again
	 * and again: one that meets an election hangs in etcd for seven seconds, and may then
	 * replace a later one.
	 */
	private Duration lagBehindAWrite(EtcdEyes eyes, List<Subject> subjects) {
		String value = "write " + this.writes++;
		AtomicReference<Measurements.Stopwatch> acknowledged = new AtomicReference<>();
		await().atMost(SOON).pollInterval(Duration.ofMillis(50)).until(() -> {
			eyes.client()
				.getKVClient()
				.put(EtcdEyes.bytes(Subject.WRITTEN), EtcdEyes.bytes(value))
				.thenRun(() -> acknowledged.compareAndSet(null, Measurements.start()));
			return acknowledged.get() != null
					&& subjects.stream().allMatch((subject) -> subject.sees(Subject.WRITTEN, value));
		});
		return acknowledged.get().elapsed();
	}

	/** A client of the test's own, over all members but one. */
	private EtcdEyes eyes(int without) {
		return new EtcdEyes(Client.builder()
			.endpoints(IntStream.range(0, 3)
				.filter((i) -> i != without)
				.mapToObj((i) -> this.lab.endpoints()[i])
				.toArray(String[]::new))
			.build());
	}

	/** Creates objects in parallel. */
	private <T> List<T> all(int count, IntFunction<T> maker) {
		List<CompletableFuture<T>> made = IntStream.range(0, count)
			.mapToObj((i) -> CompletableFuture.supplyAsync(() -> maker.apply(i), this.executor))
			.toList();
		return made.stream().map(CompletableFuture::join).toList();
	}

	private static String key(String name) {
		return Subject.PREFIX + name + "/10.0.0.5:8080";
	}

}
