package io.github.etcddiscovery.test;

import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseTimeToLiveRequest;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.WatchCreateRequest;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdClientOptions;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.registry.Registrar;
import io.github.etcddiscovery.registry.RegistryEntry;
import io.github.etcddiscovery.registry.TtlOption;
import io.github.etcddiscovery.view.ServiceView;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static io.github.etcddiscovery.test.RawEtcd.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

/**
 * What the embedded server can do that a real one cannot, and how this project's own
 * clients fare with it.
 */
class EmbeddedEtcdTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private final AtomicLong nanos = new AtomicLong();

	private final EmbeddedEtcd etcd = EmbeddedEtcd.start(0, this.nanos::get);

	private final RawEtcd raw = new RawEtcd(this.etcd.endpoint());

	@AfterEach
	void stop() {
		this.raw.close();
		this.etcd.close();
	}

	@Test
	void leasesRunOutByTheClockGiven() {
		grant(7);
		put("a", 7);
		this.nanos.addAndGet(Duration.ofSeconds(59).toNanos());
		assertThat(ttl(7)).isEqualTo(1);
		this.nanos.addAndGet(Duration.ofSeconds(1).toNanos());
		await().atMost(SOON).until(() -> ttl(7) == -1);
		assertThat(count("a")).isZero();
	}

	@Test
	void leasesOfTheNextServerOnAPortAreNotThoseOfTheLast() {
		LeaseGrantRequest request = LeaseGrantRequest.newBuilder().setTTL(60).build();
		long before = this.raw.lease().leaseGrant(request).getID();
		this.etcd.close();
		try (EmbeddedEtcd next = EmbeddedEtcd.start(this.etcd.port()); RawEtcd nextRaw = new RawEtcd(next.endpoint())) {
			for (int i = 0; i < 100; i++) {
				assertThat(nextRaw.lease().leaseGrant(request).getID()).isNotEqualTo(before);
			}
		}
	}

	@Test
	void leaseCanBeMadeToRunOut() {
		grant(7);
		grant(8);
		put("a", 7);
		put("b", 8);
		this.etcd.expireLease(7);
		assertThat(count("a")).isZero();
		assertThat(count("b")).isOne();
		assertThatIllegalArgumentException().isThrownBy(() -> this.etcd.expireLease(7))
			.withMessage("No lease 7: expected one of [8]");
		this.etcd.expireAllLeases();
		assertThat(count("b")).isZero();
	}

	@Test
	void streamsCanBeCutAndOpenedAgain() {
		RawEtcd.WatchStream watch = watch();
		this.etcd.cutStreams();
		await().atMost(SOON).until(() -> watch.answers().end() != null);
		assertThat(watch.answers().end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
		assertThat(watch().answers().end()).isNull();
	}

	@Test
	void everythingCanBeForgotten() {
		put("a", 0);
		RawEtcd.WatchStream watch = watch();
		long lease = this.raw.lease().leaseGrant(LeaseGrantRequest.newBuilder().setTTL(60).build()).getID();
		this.etcd.wipe();
		assertThat(count("a")).isZero();
		assertThat(this.raw.lease().leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder().setID(lease).build()).getTTL())
			.as("lease that is unknown")
			.isEqualTo(-1);
		assertThat(this.raw.kv().range(RangeRequest.newBuilder().setKey(bytes("a")).build()).getHeader().getRevision())
			.isOne();
		await().atMost(SOON).until(() -> watch.answers().end() != null);
	}

	@Test
	void pastCanBeForgottenAgainAndAgain() {
		put("a", 0);
		put("a", 0);
		assertThat(this.etcd.compact()).isEqualTo(3);
		assertThat(this.etcd.compact()).isEqualTo(3);
		assertThatExceptionOfType(StatusRuntimeException.class)
			.isThrownBy(() -> this.raw.kv().range(RangeRequest.newBuilder().setKey(bytes("a")).setRevision(2).build()))
			.withMessageContaining("compacted");
	}

	@Test
	void callsCanBeRefusedAndDelayed() {
		this.etcd.setRefusing(true);
		assertThatExceptionOfType(StatusRuntimeException.class).isThrownBy(() -> count("a"))
			.withMessageContaining("UNAVAILABLE")
			.withMessageContaining("the test wants it so");
		this.etcd.setRefusing(false);
		this.etcd.setDelay(Duration.ofMillis(300));
		long begin = System.nanoTime();
		assertThat(count("a")).isZero();
		assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
	}

	@Test
	void stoppedServerKeepsWhatItHoldsAndItsPort() {
		put("a", 0);
		int port = this.etcd.port();
		this.etcd.stop();
		assertThatExceptionOfType(StatusRuntimeException.class).isThrownBy(() -> this.raw.kv()
			.withDeadlineAfter(500, TimeUnit.MILLISECONDS)
			.range(RangeRequest.newBuilder().setKey(bytes("a")).build()));
		this.etcd.startAgain();
		this.etcd.startAgain();
		assertThat(this.etcd.port()).isEqualTo(port);
		try (RawEtcd again = new RawEtcd(this.etcd.endpoint())) {
			assertThat(again.kv().range(RangeRequest.newBuilder().setKey(bytes("a")).build()).getCount()).isOne();
		}
	}

	@Test
	void portThatIsTakenIsNamed() {
		assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(() -> EmbeddedEtcd.start(this.etcd.port()))
			.withMessageContaining("cannot listen on port " + this.etcd.port())
			.withMessageContaining("expected a free port");
	}

	@Test
	void noOutgoingConnectionIsGivenThePortOfAStoppedServer() throws Exception {
		try (EmbeddedEtcd own = EmbeddedEtcd.start(); Socket outgoing = new Socket()) {
			own.stop();
			assertThatExceptionOfType(BindException.class)
				.isThrownBy(() -> outgoing.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), own.port())));
		}
	}

	@Test
	void stoppedServerListensAgainAtOnceEveryTime() {
		try (EmbeddedEtcd own = EmbeddedEtcd.start();
				EtcdClient client = EtcdClient.create(EtcdClientOptions.of(own.endpoint()))) {
			for (int restart = 0; restart < 200; restart++) {
				own.stop();
				own.startAgain();
			}
			assertThat(client.get("/any", 0)).succeedsWithin(SOON);
		}
	}

	@Test
	void closedServerLeavesNoThreadBehind() {
		// Contexts that Spring's tests keep may have servers of their own in this JVM.
		Set<Thread> before = threads();
		EmbeddedEtcd own = EmbeddedEtcd.start();
		Set<Thread> started = new HashSet<>(threads());
		started.removeAll(before);
		assertThat(started).isNotEmpty();
		own.close();
		own.close();
		await().atMost(Duration.ofSeconds(5)).until(() -> started.stream().noneMatch(Thread::isAlive));
	}

	private static Set<Thread> threads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().startsWith("embedded-etcd"))
			.collect(Collectors.toSet());
	}

	@Test
	void registrarAndViewWorkWithItThroughAllOfThat() {
		try (EmbeddedEtcd own = EmbeddedEtcd.start();
				EtcdClient client = EtcdClient.create(EtcdClientOptions.of(own.endpoint()));
				Registrar registrar = new Registrar(client,
						new TtlOption(Duration.ofMillis(500), Duration.ofSeconds(3)));
				ServiceView<String> view = new ServiceView<>(client, new KeyLayout("/services").ranges(),
						(key, keyValue) -> new String(keyValue.value(), StandardCharsets.UTF_8), (value) -> true)) {
			view.start();
			view.awaitSync(SOON);
			assertThat(registrar.register(RegistryEntry.of("/services/orders/a", "1"))).succeedsWithin(SOON);
			awaitInstances(view);
			for (Runnable trouble : List.<Runnable>of(own::expireAllLeases, own::cutStreams, own::wipe, own::compact,
					() -> {
						own.stop();
						own.startAgain();
					}, () -> {
						own.setRefusing(true);
						await().atMost(SOON).until(() -> !view.staleness().isZero());
						own.setRefusing(false);
					})) {
				trouble.run();
				awaitInstances(view);
				await().atMost(SOON).until(() -> view.staleness().isZero());
			}
		}
	}

	private static void awaitInstances(ServiceView<String> view) {
		await().atMost(SOON).until(() -> view.catalog().available("orders").equals(List.of("1")));
	}

	private RawEtcd.WatchStream watch() {
		RawEtcd.WatchStream watch = this.raw.watch();
		watch.create(WatchCreateRequest.newBuilder().setKey(bytes("a")));
		watch.answers().take();
		return watch;
	}

	private void grant(long id) {
		this.raw.lease().leaseGrant(LeaseGrantRequest.newBuilder().setID(id).setTTL(60).build());
	}

	private void put(String key, long lease) {
		this.raw.kv().put(PutRequest.newBuilder().setKey(bytes(key)).setLease(lease).build());
	}

	private long ttl(long lease) {
		return this.raw.lease().leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder().setID(lease).build()).getTTL();
	}

	private long count(String key) {
		return this.raw.kv().range(RangeRequest.newBuilder().setKey(bytes(key)).build()).getCount();
	}

}
