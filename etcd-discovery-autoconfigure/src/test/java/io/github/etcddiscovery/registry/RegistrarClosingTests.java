package io.github.etcddiscovery.registry;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.Lease;
import io.github.etcddiscovery.client.ReadResult;
import io.github.etcddiscovery.client.WriteResult;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * How a registrar ends.
 */
class RegistrarClosingTests extends ScriptedRegistrar {

	private static final Duration SOON = Duration.ofSeconds(10);

	@Test
	void closingTakesTheRecordsOutAndThenRevokesTheLease() {
		registered("UP");
		CompletableFuture<Boolean> closed = close(true);
		assertThat(this.etcd.openWatches).isZero();
		this.etcd.answer("delete if at 10", new WriteResult(true, 11, null));
		this.loop.run();
		assertThat(closed).isNotDone();
		assertThat(this.loop.isClosed()).isFalse();
		this.etcd.answer("revoke 7", null);
		assertThat(closed).succeedsWithin(SOON).isEqualTo(true);
		assertThat(this.loop.isClosed()).isTrue();
		assertThat(this.registrar.close(true, SOON)).as("it has ended").isTrue();
		assertRenewsNothing();
	}

	@Test
	void leaseThatCannotBeRevokedHarmsNobodyOnceTheRecordsAreOut() {
		registered("UP");
		CompletableFuture<Boolean> closed = close(true);
		this.etcd.answer("delete if at 10", new WriteResult(true, 11, null));
		this.loop.run();
		this.etcd.fail("revoke 7", Reason.UNAVAILABLE);
		assertThat(closed).succeedsWithin(SOON).isEqualTo(true);
		assertThat(this.loop.isClosed()).isTrue();
	}

	@Test
	void closingWithoutDeregisteringLeavesTheRecordsToALeaseThatNobodyRenews() {
		registered("UP");
		CompletableFuture<Boolean> closed = close(false);
		assertThat(closed).succeedsWithin(SOON).isEqualTo(true);
		assertThat(this.etcd.pending()).isEmpty();
		assertThat(this.etcd.openWatches).isZero();
		assertThat(this.registrar.leaseId()).isZero();
		assertRenewsNothing();
	}

	@Test
	void closingGivesUpWhenTimeIsUp() {
		registered("UP");
		assertThat(close(true, Duration.ofMillis(1)).join()).isFalse();
		assertThat(this.loop.isClosed()).isTrue();
	}

	@Test
	void threadThatIsInterruptedWhileClosingStaysInterrupted() {
		registered("UP");
		CompletableFuture<Boolean> interrupted = CompletableFuture.supplyAsync(() -> {
			Thread.currentThread().interrupt();
			assertThat(this.registrar.close(true, SOON)).isFalse();
			return Thread.interrupted();
		});
		assertThat(interrupted).succeedsWithin(SOON).isEqualTo(true);
		assertThat(this.loop.isClosed()).isTrue();
	}

	@Test
	void recordThatWasToComeBackDoesNot() {
		registered("UP");
		this.registrar.deregister(KEY);
		this.loop.run();
		CompletableFuture<Void> again = register("AGAIN");
		CompletableFuture<Boolean> closed = close(true);
		this.etcd.answer("delete if at 10", new WriteResult(true, 11, null));
		this.loop.run();
		assertThat(this.etcd.pending()).containsExactly("revoke 7");
		this.etcd.answer("revoke 7", null);
		assertThat(closed).succeedsWithin(SOON).isEqualTo(true);
		assertThat(again).isCancelled();
	}

	@Test
	void recordThatMayStillBeWrittenGoesWithTheLease() {
		registered("UP");
		register(OTHER_KEY, "OTHER");
		this.etcd.fail("put OTHER under 7 if at 0", Reason.UNAVAILABLE);
		CompletableFuture<Void> gone = this.registrar.deregister(OTHER_KEY);
		this.loop.run();
		CompletableFuture<Boolean> closed = close(true);
		this.etcd.answer("get " + OTHER_KEY + " at 0", new ReadResult(12, null));
		this.etcd.answer("delete if at 10", new WriteResult(true, 13, null));
		this.loop.run();
		assertThat(gone).isCompleted();
		assertThat(this.etcd.pending()).as("no other lease is needed").containsExactly("revoke 7");
		this.etcd.answer("revoke 7", null);
		assertThat(closed).succeedsWithin(SOON).isEqualTo(true);
	}

	@Test
	void leaseThatIsGrantedTooLateIsGivenBack() {
		register("UP");
		assertThat(close(false, Duration.ofMillis(1)).join()).isFalse();
		this.loop.run();
		this.etcd.answer("grant", new Lease(7, TTL));
		this.loop.run();
		assertThat(this.etcd.pending()).containsExactly("revoke 7");
		assertThat(this.registrar.leaseId()).isZero();
	}

	@Test
	void leaseThatIsRefusedTooLateIsNotAskedForAgain() {
		register("UP");
		assertThat(close(false, Duration.ofMillis(1)).join()).isFalse();
		this.loop.run();
		this.etcd.fail("grant", Reason.UNAVAILABLE);
		this.loop.advance(RETRY);
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void recordMarksItselfAsLeavingOnceAndIsThenDeletedWhateverSomebodyElseWrites() {
		registered("UP", "BYE");
		this.registrar.deregister(KEY);
		this.loop.run();
		this.etcd.answer("put BYE under 7 if at 10", new WriteResult(false, 12, found("of somebody", 12, 7)));
		this.loop.run();
		this.etcd.answer("delete if at 12", new WriteResult(true, 13, null));
		this.loop.run();
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.GONE);
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void recordThatSaysAlreadyThatItLeavesIsOnlyDeleted() {
		registered("BYE", "BYE");
		this.registrar.deregister(KEY);
		this.loop.run();
		assertThat(this.etcd.pending()).containsExactly("delete if at 10");
	}

	@Test
	void recordIsNotMarkedWithoutALease() {
		registered("UP", "BYE");
		registerLeaving("DOWN", "BYE");
		this.registrar.deregister(KEY);
		this.loop.run();
		this.etcd.fail("put DOWN under 7 if at 10", Reason.LEASE_NOT_FOUND);
		this.loop.run();
		assertThat(this.etcd.pending()).containsExactlyInAnyOrder("delete if at 10", "grant");
	}

	private void registered(String value, String farewell) {
		this.registrar.register(new RegistryEntry(KEY, value.getBytes(StandardCharsets.UTF_8),
				farewell.getBytes(StandardCharsets.UTF_8), (found) -> false));
		this.loop.run();
		grant(7);
		this.etcd.answer("put " + value + " under 7 if at 0", new WriteResult(true, 10, null));
		this.loop.run();
	}

	private void registerLeaving(String value, String farewell) {
		this.registrar.register(new RegistryEntry(KEY, value.getBytes(StandardCharsets.UTF_8),
				farewell.getBytes(StandardCharsets.UTF_8), (found) -> false));
		this.loop.run();
	}

	/** Begins to close, which waits on another thread for what the test lets happen. */
	private CompletableFuture<Boolean> close(boolean deregister) {
		CompletableFuture<Boolean> closed = close(deregister, SOON);
		await().atMost(SOON).until(this.loop::isDue);
		this.loop.run();
		return closed;
	}

	private CompletableFuture<Boolean> close(boolean deregister, Duration timeout) {
		return CompletableFuture.supplyAsync(() -> this.registrar.close(deregister, timeout));
	}

	private void assertRenewsNothing() {
		this.etcd.renewals.clear();
		this.loop.advance(TTL);
		assertThat(this.etcd.renewals).isEmpty();
	}

}
