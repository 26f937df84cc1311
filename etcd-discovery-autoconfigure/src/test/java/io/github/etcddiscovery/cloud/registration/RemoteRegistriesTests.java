package io.github.etcddiscovery.cloud.registration;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.Lease;
import io.github.etcddiscovery.client.ReadResult;
import io.github.etcddiscovery.client.WriteResult;
import io.github.etcddiscovery.doubles.EmptyEtcdClient;
import io.github.etcddiscovery.doubles.MemoryEtcdClient;
import io.github.etcddiscovery.instance.AllowedNetworks;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.instance.format.CheckedFormats;
import io.github.etcddiscovery.instance.format.InstanceFormats;
import io.github.etcddiscovery.registry.RecordState;
import io.github.etcddiscovery.registry.Registrar;
import io.github.etcddiscovery.registry.TtlOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Tests of {@link RemoteRegistries} and {@link Withdrawal}: what
 * {@link EtcdServiceRegistry} does elsewhere.
 */
@ExtendWith(OutputCaptureExtension.class)
class RemoteRegistriesTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private static final String KEY = "/services/orders/h:8080";

	private final MemoryEtcdClient etcd = new MemoryEtcdClient();

	private final MemoryEtcdClient elsewhere = new MemoryEtcdClient();

	private final EtcdServiceRegistry registry = MemoryRegistry.over(this.etcd, true, SOON);

	private final EtcdServiceRegistry remote = MemoryRegistry.over(this.elsewhere, true, SOON);

	private final EtcdRegistration registration = new EtcdRegistration("orders", null, "h", 8080, false, Map.of());

	@BeforeEach
	void add() {
		this.registry.addRemote("us", this.remote);
	}

	@AfterEach
	void close() {
		this.registry.close();
	}

	private void awaitElsewhere(String... keys) {
		await().atMost(SOON).untilAsserted(() -> assertThat(this.elsewhere.keys()).containsExactlyInAnyOrder(keys));
	}

	@Test
	void registrationIsWrittenChangedAndTakenAwayElsewhereToo() {
		this.registry.register(this.registration);
		awaitElsewhere(KEY);
		assertThat(this.registry.remote("us")).isSameAs(this.remote);
		assertThat(this.registry.remote("asia")).isNull();
		assertThat(this.remote.getRecords()).singleElement()
			.satisfies((record) -> assertThat(record.key()).isEqualTo(KEY));
		this.registry.setStatus(this.registration, "DOWN");
		await().atMost(SOON).until(() -> String.valueOf(this.elsewhere.value(KEY)).contains("DOWN"));
		this.registry.deregister(this.registration);
		assertThat(this.elsewhere.keys()).isEmpty();
		assertThat(this.etcd.keys()).isEmpty();
	}

	/** Writes below a prefix that a second record of the registration must not meet. */
	private static EtcdServiceRegistry elsewhere(EtcdClient etcd, String prefix, boolean deregister) {
		return new EtcdServiceRegistry(() -> new Registrar(etcd, TtlOption.DEFAULT),
				new RecordEncoder(new KeyLayout(prefix),
						new CheckedFormats(InstanceFormats.with(List.of()), AllowedNetworks.of(List.of()), false)),
				deregister, SOON);
	}

	@Test
	void recordThatBreaksARuleOnlyElsewhereChangesNothingAtHome(CapturedOutput output) {
		this.registration.setWriteAlso(new WriteAlso("/legacy/orders", "json"));
		MemoryEtcdClient legacy = new MemoryEtcdClient();
		this.registry.addRemote("legacy", elsewhere(legacy, "/legacy", true));
		this.registry.register(this.registration);
		this.registry.addRemote("later", elsewhere(legacy, "/legacy", true));
		assertThat(this.registry.getState(this.registration)).isEqualTo(RecordState.REGISTERED);
		assertThat(output).contains("is not registered in cluster legacy: ")
			.contains("is not registered in cluster later: ");
		assertThat(legacy.keys()).isEmpty();
	}

	@Test
	void changesMeanwhileBringNothingBackThatWasWithdrawn() throws Exception {
		for (int i = 0; i < 100; i++) {
			this.registry.register(this.registration);
			AtomicBoolean changing = new AtomicBoolean(true);
			CompletableFuture<Void> changes = CompletableFuture.runAsync(() -> {
				for (int change = 0; changing.get(); change++) {
					this.registry.setStatus(this.registration, (change % 2 == 0) ? "DOWN" : "UP");
				}
			});
			this.registry.deregister(this.registration);
			changing.set(false);
			changes.get(10, TimeUnit.SECONDS);
			assertThat(this.remote.getRecords()).isEmpty();
		}
		assertThat(this.elsewhere.keys()).isEmpty();
	}

	@Test
	void removedClusterTakesNothingMore() {
		this.registry.register(this.registration);
		this.registry.removeRemote("us");
		assertThat(this.elsewhere.keys()).isEmpty();
		assertThatIllegalStateException().isThrownBy(() -> this.remote.submit(this.registration));
	}

	@Test
	void recordsStayElsewhereTooIfClosingDoesNotDeregister() {
		MemoryEtcdClient asia = new MemoryEtcdClient();
		EtcdServiceRegistry keeping = elsewhere(new MemoryEtcdClient(), "/services", false);
		keeping.addRemote("asia", elsewhere(asia, "/services", false));
		keeping.register(this.registration);
		await().atMost(SOON).until(() -> asia.keys().contains(KEY));
		keeping.close();
		assertThat(asia.keys()).containsExactly(KEY);
	}

	@Test
	void clustersThatDoNotAnswerTakeTheTimeOfOne() {
		for (int i = 0; i < 3; i++) {
			this.registry.addRemote("hung-" + i, elsewhere(new SilentEtcdClient(), "/services", true));
		}
		this.registry.register(this.registration);
		long begun = System.nanoTime();
		this.registry.deregister(this.registration);
		assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Registrar.CLOSE_TIMEOUT.multipliedBy(2));
	}

	/**
	 * A client of an etcd that never answers.
	 */
	private static final class SilentEtcdClient extends EmptyEtcdClient {

		@Override
		public CompletableFuture<Lease> grant(Duration ttl) {
			return CompletableFuture.completedFuture(new Lease(1, ttl));
		}

		@Override
		public CompletableFuture<WriteResult> put(String key, byte[] value, long leaseId, long expectedModRevision) {
			return new CompletableFuture<>();
		}

		@Override
		public CompletableFuture<ReadResult> get(String key, long revision) {
			return new CompletableFuture<>();
		}

		@Override
		public CompletableFuture<WriteResult> delete(String key, long expectedModRevision) {
			return new CompletableFuture<>();
		}

		@Override
		public CompletableFuture<Void> revoke(long leaseId) {
			return new CompletableFuture<>();
		}

	}

	@Test
	void refusalElsewhereChangesNothingAtHome() {
		this.elsewhere.refusePuts(Reason.PERMISSION_DENIED);
		this.registry.register(this.registration);
		assertThat(this.registry.getState(this.registration)).isEqualTo(RecordState.REGISTERED);
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(this.remote.getRecords()).singleElement()
				.satisfies((record) -> assertThat(record.refusal()).isNotNull()));
		assertThat(this.registry.getRecords()).singleElement()
			.satisfies((record) -> assertThat(record.refusal()).isNull());
	}

	@Test
	void clusterThatComesLaterGetsWhatIsRegisteredAndOneThatGoesKeepsNothing() {
		MemoryEtcdClient late = new MemoryEtcdClient();
		this.registry.register(this.registration);
		this.registry.addRemote("asia", MemoryRegistry.over(late, true, SOON));
		await().atMost(SOON).until(() -> late.keys().contains(KEY));
		this.registry.removeRemote("asia");
		assertThat(late.keys()).isEmpty();
		assertThat(this.registry.remote("asia")).isNull();
		this.registry.setStatus(this.registration, "DOWN");
		await().atMost(SOON).until(() -> String.valueOf(this.elsewhere.value(KEY)).contains("DOWN"));
		assertThat(late.keys()).isEmpty();
		this.registry.removeRemote("unknown");
		assertThat(this.etcd.keys()).containsExactly(KEY);
	}

	@Test
	void closingLeavesNothingAnywhere() {
		this.registry.register(this.registration);
		awaitElsewhere(KEY);
		this.registry.close();
		assertThat(this.elsewhere.keys()).isEmpty();
		assertThat(this.etcd.keys()).isEmpty();
	}

	@Test
	void onlyWhatIsWithdrawnIsTakenAwayElsewhere() {
		EtcdRegistration further = new EtcdRegistration("further", null, "h", 80, false, Map.of());
		this.registry.register(this.registration);
		this.registry.register(further);
		awaitElsewhere(KEY, "/services/further/h:80");
		assertThat(this.registry.withdraw(List.of(further))).isTrue();
		awaitElsewhere(KEY);
	}

}
