package io.github.etcddiscovery.client;

import java.time.Duration;

import io.github.etcddiscovery.client.EtcdException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Which answers to the request for a lease are taken.
 */
class LeaseTests {

	@Test
	void leaseLivesForAsLongAsEtcdSays() {
		assertThat(JetcdEtcdClient.lease(1, 10)).isEqualTo(new Lease(1, Duration.ofSeconds(10)));
	}

	@ParameterizedTest
	@CsvSource({ "0, 10", "-1, 10", "1, 0", "1, -1", "1, 9223372036854775807" })
	void answerThatIsNoLeaseIsAnAttemptThatFailed(long id, long ttl) {
		assertThatExceptionOfType(EtcdException.class).isThrownBy(() -> JetcdEtcdClient.lease(id, ttl))
			.returns(Reason.UNAVAILABLE, EtcdException::reason)
			.withMessageContaining("id %d, ttl %d s", id, ttl);
	}

}
