package io.github.etcddiscovery.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.doubles.TestClients;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.EtcdVersions;
import io.github.etcddiscovery.testsupport.LoopbackPorts;
import io.github.etcddiscovery.testsupport.OnEveryEtcd;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.startsWith;

/**
 * Tests of {@link EtcdClient}.
 */
@OnEveryEtcd(EtcdVersions.ALL)
class JetcdEtcdClientTests {

	private final EtcdProcess etcd;

	private final EtcdEyes eyes;

	private final EtcdClient client;

	JetcdEtcdClientTests(EtcdBinary binary) {
		this.etcd = EtcdProcess.start(binary);
		this.eyes = new EtcdEyes(this.etcd.endpoint());
		this.client = TestClients.connect(this.etcd.endpoint());
	}

	@AfterEach
	void stop() {
		this.client.close();
		this.eyes.close();
		this.etcd.close();
	}

	@Test
	void listsMoreKeysThanFitOnAPageAtOneRevision() {
		long lease = this.eyes.grant(60);
		int keys = 5_002;
		// Not all at once: each has a deadline, and etcd writes them one after another.
		int atOnce = 200;
		for (int from = 0; from < keys; from += atOnce) {
			done(CompletableFuture.allOf(IntStream.range(from, Math.min(keys, from + atOnce))
				.mapToObj((i) -> this.client.put("/many/%05d".formatted(i), new byte[] { 1 }, lease, 0))
				.toArray(CompletableFuture[]::new)));
		}
		this.eyes.put("/manyother", "not under the prefix");
		List<List<KeyValue>> pages = new CopyOnWriteArrayList<>();
		long revision = done(this.client.list("/many/", (page) -> {
			pages.add(page);
			this.eyes.put("/many/written-meanwhile", "x");
		}));
		assertThat(pages).hasSizeGreaterThan(1);
		assertThat(pages.stream().flatMap(List::stream).map(KeyValue::key)).hasSize(keys)
			.doesNotContain("/many/written-meanwhile")
			.isSorted();
		assertThat(revision).isLessThan(this.eyes.revision());
		PastState past = done(this.client.readPast(revision, "/many/", Set.of("/many/00007", "/many/none")));
		assertThat(past.count()).isEqualTo(keys);
		assertThat(past.entries()).containsOnlyKeys("/many/00007");
		List<String> names = new ArrayList<>();
		assertThat(done(
				this.client.listKeys("/many/", revision, (page) -> page.forEach((found) -> names.add(found.key())))))
			.isEqualTo(revision);
		assertThat(names).hasSize(keys).isSorted();
	}

	@Test
	void listsNothing() {
		List<KeyValue> found = new ArrayList<>();
		assertThat(done(this.client.list("/none/", found::addAll))).isPositive();
		assertThat(found).isEmpty();
	}

	@Test
	void readsAKeyAsItIsAndAsItWas() {
		this.eyes.put("/k", "old");
		long before = this.eyes.revision();
		this.eyes.put("/k", "new");
		assertThat(value(done(this.client.get("/k", 0)).current())).isEqualTo("new");
		assertThat(value(done(this.client.get("/k", before)).current())).isEqualTo("old");
		assertThat(done(this.client.get("/other", 0)).current()).isNull();
	}

	@Test
	void tellsFutureAndCompactedRevisionsApart() {
		this.eyes.put("/k", "1");
		this.eyes.put("/k", "2");
		long revision = this.eyes.revision();
		this.eyes.compact(revision);
		assertThat(failure(this.client.get("/k", revision + 1000))).isEqualTo(Reason.FUTURE_REVISION);
		assertThat(failure(this.client.get("/k", revision - 1))).isEqualTo(Reason.COMPACTED);
	}

	@Test
	void writesOnlyWhatHasNotChangedSinceItWasSeen() {
		long lease = done(this.client.grant(Duration.ofSeconds(60))).id();
		WriteResult created = done(this.client.put("/k", bytes("1"), lease, 0));
		assertThat(created.applied()).isTrue();
		WriteResult refused = done(this.client.put("/k", bytes("2"), lease, 0));
		assertThat(refused.applied()).isFalse();
		assertThat(refused.current()).isNotNull();
		assertThat(value(refused.current())).isEqualTo("1");
		assertThat(refused.current().leaseId()).isEqualTo(lease);
		assertThat(refused.current().modRevision()).isEqualTo(created.revision());
		assertThat(done(this.client.put("/k", bytes("3"), lease, created.revision())).applied()).isTrue();
		assertThat(done(this.client.delete("/k", created.revision())).applied()).isFalse();
		assertThat(done(this.client.delete("/k", done(this.client.get("/k", 0)).current().modRevision())).applied())
			.isTrue();
		assertThat(this.eyes.get("/k")).isNull();
	}

	@Test
	void refusesToWriteWithoutALease() {
		assertThatIllegalArgumentException().isThrownBy(() -> this.client.put("/k", bytes("1"), 0, 0))
			.withMessageContaining("without a lease");
	}

	@Test
	void grantsAtLeastTheTtlAskedForAndRenewsIt() {
		Lease lease = done(this.client.grant(Duration.ofMillis(4100)));
		assertThat(lease.ttl()).isEqualTo(Duration.ofSeconds(5));
		assertThat(done(this.client.keepAlive(lease.id()))).isEqualTo(Duration.ofSeconds(5));
		assertThat(done(this.client.timeToLive(lease.id()))).isBetween(Duration.ofSeconds(3), Duration.ofSeconds(5));
	}

	@Test
	void saysThatALeaseIsGone() {
		Lease lease = done(this.client.grant(Duration.ofSeconds(60)));
		done(this.client.revoke(lease.id()));
		assertThat(failure(this.client.keepAlive(lease.id()))).isEqualTo(Reason.LEASE_NOT_FOUND);
		assertThat(failure(this.client.put("/k", bytes("1"), lease.id(), 0))).isEqualTo(Reason.LEASE_NOT_FOUND);
		assertThat(done(this.client.timeToLive(lease.id()))).isNegative();
		assertThat(done(this.client.revoke(lease.id()))).isNull();
	}

	@Test
	void watchReportsWhatHappensFromARevisionOn() {
		this.eyes.put("/w/a", "1");
		long from = this.eyes.revision();
		this.eyes.put("/w/b", "2");
		Recorder recorder = new Recorder();
		this.client.watch("/w/", true, from + 1, recorder);
		await().atMost(Duration.ofSeconds(5)).until(() -> recorder.log.contains("put /w/b 2"));
		this.eyes.delete("/w/a");
		this.eyes.put("/wother", "x");
		this.eyes.put("/w/c", "3");
		await().atMost(Duration.ofSeconds(5)).until(() -> recorder.log.contains("put /w/c 3"));
		assertThat(recorder.log).containsExactly("created", "put /w/b 2", "delete /w/a", "put /w/c 3");
	}

	@Test
	void closedWatchReportsNothing() {
		Recorder closed = new Recorder();
		Recorder open = new Recorder();
		EtcdClient.Watch watch = this.client.watch("/w/", true, 0, closed);
		this.client.watch("/w/", true, 0, open);
		await().atMost(Duration.ofSeconds(5)).until(() -> closed.log.contains("created"));
		watch.close();
		watch.close();
		this.eyes.put("/w/a", "1");
		await().atMost(Duration.ofSeconds(5)).until(() -> open.log.contains("put /w/a 1"));
		assertThat(closed.log).containsExactly("created");
	}

	@Test
	void watchOnACompactedRevisionEnds() {
		this.eyes.put("/w/a", "1");
		this.eyes.put("/w/a", "2");
		this.eyes.put("/w/a", "3");
		this.eyes.compact(this.eyes.revision());
		Recorder recorder = new Recorder();
		this.client.watch("/w/", true, 2, recorder);
		await().atMost(Duration.ofSeconds(5)).until(() -> recorder.log.contains("end COMPACTED"));
	}

	@Test
	void watchEndsOnceWhenTheConnectionBreaks() {
		Recorder recorder = new Recorder();
		this.client.watch("/w/", true, 0, recorder);
		await().atMost(Duration.ofSeconds(5)).until(() -> recorder.log.contains("created"));
		this.etcd.kill();
		await().atMost(Duration.ofSeconds(5)).until(() -> recorder.log.contains("end UNAVAILABLE"));
		this.etcd.startAgain();
		this.eyes.put("/w/a", "1");
		assertThat(done(this.client.get("/w/a", 0)).current()).isNotNull();
		assertThat(recorder.log).containsExactly("created", "end UNAVAILABLE");
	}

	@Test
	void callThatFindsNoConnectionSaysSo() {
		done(this.client.get("/k", 0));
		this.etcd.kill();
		await().atMost(Duration.ofSeconds(20))
			.until(() -> this.client.get("/k", 0)
				.handle((found, error) -> (error != null) ? EtcdException.from(error).getMessage() : "")
				.join(), startsWith("Reading /k failed: no connection ("));
	}

	@Test
	void watchSurvivesAListenerThatThrows() {
		Recorder recorder = new Recorder();
		this.client.watch("/w/", true, 0, new WatchListener() {

			@Override
			public void onCreated(long revision) {
				recorder.onCreated(revision);
				throw new IllegalStateException("thrown on purpose");
			}

			@Override
			public void onEvents(List<WatchEvent> events) {
				recorder.onEvents(events);
				throw new IllegalStateException("thrown on purpose");
			}

			@Override
			public void onEnd(EtcdException cause) {
				recorder.onEnd(cause);
			}

		});
		await().atMost(Duration.ofSeconds(5)).until(() -> recorder.log.contains("created"));
		this.eyes.put("/w/a", "1");
		this.eyes.put("/w/b", "2");
		await().atMost(Duration.ofSeconds(5)).until(() -> recorder.log.contains("put /w/b 2"));
		assertThat(recorder.log).containsExactly("created", "put /w/a 1", "put /w/b 2");
	}

	@Test
	void everyCallOnARefusedEndpointEndsInTimeAndSaysWhy() {
		try (EtcdClient refused = TestClients.connect("http://127.0.0.1:" + LoopbackPorts.next())) {
			assertThatEveryCallEndsInTime(refused).allSatisfy((message) -> assertThat(message).contains("127.0.0.1"))
				.anySatisfy((message) -> assertThat(message).contains("Connection refused"));
		}
	}

	@Test
	void everyCallOnABlackHoleEndsInTime() throws IOException {
		try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
				EtcdClient lost = TestClients.connect("http://127.0.0.1:" + silent.getLocalPort())) {
			assertThatEveryCallEndsInTime(lost).allSatisfy((message) -> assertThat(message).contains("no "));
		}
	}

	private org.assertj.core.api.ListAssert<String> assertThatEveryCallEndsInTime(EtcdClient client) {
		Recorder recorder = new Recorder();
		long begin = System.nanoTime();
		client.watch("/w/", true, 0, recorder);
		Map<String, CompletableFuture<?>> calls = Map.of("list", client.list("/a/", (page) -> {
		}), "readPast", client.readPast(1, "/a/", Set.of("/a")), "get", client.get("/a", 0), "grant",
				client.grant(Duration.ofSeconds(5)), "keepAlive", client.keepAlive(1), "timeToLive",
				client.timeToLive(1), "revoke", client.revoke(1), "put", client.put("/a", bytes("1"), 1, 0), "delete",
				client.delete("/a", 1));
		List<String> messages = new ArrayList<>();
		calls.forEach((name, call) -> assertThatExceptionOfType(EtcdException.class).as(name)
			.isThrownBy(() -> done(call))
			.satisfies((ex) -> assertThat(ex.reason()).isEqualTo(Reason.UNAVAILABLE))
			.satisfies((ex) -> messages.add(ex.getMessage())));
		await().atMost(Duration.ofSeconds(5)).until(() -> recorder.log.contains("end UNAVAILABLE"));
		Duration spent = Duration.ofNanos(System.nanoTime() - begin);
		assertThat(spent).isLessThan(TestClients.DIAL_TIMEOUT.plus(TestClients.REQUEST_TIMEOUT).plusSeconds(1));
		return assertThat(messages);
	}

	@Test
	void isBackWithinASecondAfterALongOutage() {
		done(this.client.get("/k", 0));
		this.etcd.kill();
		// gRPC would try again after about 1, 2.6, 5.2, 9.3 and then not before 14
		// seconds.
		long until = System.nanoTime() + Duration.ofMillis(9_500).toNanos();
		await().atMost(Duration.ofSeconds(30))
			.until(() -> failure(this.client.get("/k", 0)) == Reason.UNAVAILABLE && System.nanoTime() > until);
		this.etcd.startAgain();
		long back = System.nanoTime();
		await().atMost(Duration.ofSeconds(1))
			.ignoreExceptions()
			.until(() -> this.client.get("/k", 0).get(1, TimeUnit.SECONDS) != null);
		assertThat(Duration.ofNanos(System.nanoTime() - back)).isLessThan(Duration.ofSeconds(1));
	}

	@Test
	void goesOnWithTheMembersThatAnswer() throws IOException {
		try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
				EtcdClient several = TestClients.connect("http://127.0.0.1:" + LoopbackPorts.next(),
						"127.0.0.1:" + silent.getLocalPort(), this.etcd.endpoint())) {
			for (int i = 0; i < 20; i++) {
				assertThat(done(several.get("/k", 0)).revision()).isPositive();
			}
		}
	}

	@Test
	void closedClientRefusesEveryCallAndEndsItsWatches() {
		Recorder recorder = new Recorder();
		this.client.watch("/w/", true, 0, recorder);
		await().atMost(Duration.ofSeconds(5)).until(() -> recorder.log.contains("created"));
		this.client.close();
		this.client.close();
		assertThatExceptionOfType(EtcdException.class).isThrownBy(() -> done(this.client.get("/k", 0)))
			.withMessageContaining("is closed")
			.satisfies((ex) -> assertThat(ex.reason()).isEqualTo(Reason.FATAL));
		await().atMost(Duration.ofSeconds(5))
			.untilAsserted(() -> assertThat(recorder.log).hasSize(2).last().asString().startsWith("end "));
	}

	@Test
	void customizerThatThrowsFailsTheCallAndNotTheClient() {
		EtcdClientOptions options = TestClients.options(this.etcd.endpoint());
		List<String> attempts = new CopyOnWriteArrayList<>();
		try (EtcdClient customized = new JetcdEtcdClient(options, List.of((builder) -> {
			attempts.add("attempt");
			if (attempts.size() == 1) {
				throw new IllegalStateException("thrown on purpose");
			}
		}))) {
			assertThatExceptionOfType(EtcdException.class).isThrownBy(() -> done(customized.get("/k", 0)))
				.withMessageContaining("thrown on purpose")
				.satisfies((ex) -> assertThat(ex.reason()).isEqualTo(Reason.FATAL));
			assertThat(done(customized.get("/k", 0)).revision()).isPositive();
		}
	}

	@Test
	void targetThatACustomizerSetsIsUsedInsteadOfTheEndpoints() {
		EtcdClientOptions options = TestClients.options("127.0.0.1:" + LoopbackPorts.next());
		String address = this.etcd.endpoint().substring("http://".length());
		try (EtcdClient customized = new JetcdEtcdClient(options,
				List.of((builder) -> builder.target("ip:///" + address)))) {
			assertThat(done(customized.get("/k", 0)).revision()).isPositive();
		}
	}

	private static Reason failure(CompletableFuture<?> call) {
		try {
			done(call);
			throw new AssertionError("Expected a failure");
		}
		catch (EtcdException ex) {
			return ex.reason();
		}
	}

	private static <T> T done(CompletableFuture<T> future) {
		try {
			return future.orTimeout(20, TimeUnit.SECONDS).join();
		}
		catch (CompletionException ex) {
			throw EtcdException.from(ex);
		}
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private static String value(KeyValue keyValue) {
		return new String(keyValue.value(), StandardCharsets.UTF_8);
	}

	/**
	 * Writes down what a watch reports.
	 */
	private static final class Recorder implements WatchListener {

		private final List<String> log = new CopyOnWriteArrayList<>();

		@Override
		public void onCreated(long revision) {
			this.log.add("created");
		}

		@Override
		public void onEvents(List<WatchEvent> events) {
			events.forEach((event) -> this.log.add(event.deleted() ? "delete " + event.keyValue().key()
					: "put " + event.keyValue().key() + " " + value(event.keyValue())));
		}

		@Override
		public void onEnd(EtcdException cause) {
			this.log.add("end " + cause.reason());
		}

	}

}
