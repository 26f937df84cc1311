package io.github.etcddiscovery.registry;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.Lease;
import io.github.etcddiscovery.client.WriteResult;
import io.github.etcddiscovery.doubles.EmptyEtcdClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What cannot be had from a real etcd on purpose, or only with much ado.
 */
class RefusedRegistrationTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private static final TtlOption TTL = new TtlOption(Duration.ofMillis(500), Duration.ofSeconds(3));

	private final RegistryEntry entry = new RegistryEntry("/services/orders/1", new byte[] { 1 }, null,
			(found) -> false);

	@ParameterizedTest
	@EnumSource(names = { "PERMISSION_DENIED", "UNAUTHENTICATED", "NO_SPACE", "FATAL" })
	void refusedWriteIsReportedAtOnceAndTriedAgain(Reason reason) {
		AtomicInteger puts = new AtomicInteger();
		Registrar registrar = new Registrar(new EmptyEtcdClient() {

			@Override
			public CompletableFuture<WriteResult> put(String key, byte[] value, long leaseId, long expected) {
				return (puts.incrementAndGet() == 1) ? failure(reason) : super.put(key, value, leaseId, expected);
			}

		}, TTL);
		assertThat(registrar.register(this.entry)).failsWithin(Duration.ofSeconds(1))
			.withThrowableThat()
			.withMessageContaining("refused on purpose");
		await().atMost(SOON).until(() -> registrar.state(this.entry.key()) == RecordState.REGISTERED);
		assertThat(registrar.register(this.entry)).succeedsWithin(SOON);
		registrar.close(true, SOON);
	}

	@Test
	void refusedLeaseIsReportedAtOnceAndTriedAgain() {
		AtomicInteger grants = new AtomicInteger();
		Registrar registrar = new Registrar(new EmptyEtcdClient() {

			@Override
			public CompletableFuture<Lease> grant(Duration ttl) {
				return (grants.incrementAndGet() == 1) ? failure(Reason.UNAUTHENTICATED) : super.grant(ttl);
			}

		}, TTL);
		assertThat(registrar.register(this.entry)).failsWithin(Duration.ofSeconds(1));
		await().atMost(SOON).until(() -> registrar.state(this.entry.key()) == RecordState.REGISTERED);
		registrar.close(true, SOON);
	}

	private static <T> CompletableFuture<T> failure(Reason reason) {
		return CompletableFuture.failedFuture(new EtcdException(reason, "refused on purpose", null));
	}

}
