package io.github.etcddiscovery.cloud.registration;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.doubles.MemoryEtcdClient;
import io.github.etcddiscovery.registry.RecordState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of {@link RemoteRegistries}: what {@link EtcdServiceRegistry} does elsewhere.
 */
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
