package io.github.etcddiscovery.cloud.registration;

import java.time.Duration;
import java.util.Map;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.registry.RecordState;
import io.github.etcddiscovery.registry.Registrar;
import io.github.etcddiscovery.registry.RegistryEntry;
import io.github.etcddiscovery.registry.WantedRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link RegisteredRecord}.
 */
class RegisteredRecordTests {

	private static final WantedRecord RECORD = new WantedRecord(RegistryEntry.of("/services/orders/1", "x"), "json",
			true);

	private final Registrar registrar = mock(Registrar.class);

	private final EtcdRegistration registration = new EtcdRegistration("orders", "1", "h", 1, false, Map.of("a", "b"));

	@BeforeEach
	void lease() {
		given(this.registrar.leaseId("/services/orders/1")).willReturn(0xabcL);
		given(this.registrar.leaseRemaining("/services/orders/1")).willReturn(Duration.ofSeconds(7));
	}

	private RegisteredRecord described(RecordState state) {
		return RegisteredRecord.of(this.registration, RECORD, state, this.registrar);
	}

	@Test
	void recordIsDescribedWithItsLease() {
		RegisteredRecord record = described(RecordState.REGISTERED);
		assertThat(record.key()).isEqualTo("/services/orders/1");
		assertThat(record.state()).isEqualTo(RecordState.REGISTERED);
		assertThat(record.summary()).isEqualTo("REGISTERED");
		assertThat(record.lease()).isEqualTo("abc");
		assertThat(record.leaseRemainingMillis()).isEqualTo(7_000);
		assertThat(record.metadata()).containsExactly(Map.entry("a", "b"));
	}

	@Test
	void refusalIsNamed() {
		given(this.registrar.refusal("/services/orders/1"))
			.willReturn(new EtcdException(Reason.PERMISSION_DENIED, "denied", null));
		assertThat(described(RecordState.WANTED).summary()).isEqualTo("WANTED: denied");
	}

	@Test
	void recordWhoseLeaseHasRunOutIsNotKnownToBeRegistered() {
		given(this.registrar.leaseRemaining("/services/orders/1")).willReturn(Duration.ZERO);
		assertThat(described(RecordState.REGISTERED).summary())
			.isEqualTo("WANTED: its lease may have run out, since etcd could not be asked to renew it");
		assertThat(described(RecordState.CONFLICT).summary()).isEqualTo("CONFLICT");
	}

}
