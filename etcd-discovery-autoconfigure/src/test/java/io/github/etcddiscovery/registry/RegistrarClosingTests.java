package io.github.etcddiscovery.registry;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import io.github.etcddiscovery.client.EtcdException;
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

	@Test
	void closingTakesTheRecordsOutAndThenRevokesTheLease() {
		registered("UP");
		CompletableFuture<Boolean> closed = close(true);
		assertThat(this.etcd.openWatches).isEmpty();
		this.etcd.answer("delete if at 10", new WriteResult(true, 11, null));
		this.loop.run();
		assertThat(this.etcd.pending()).containsExactly("revoke 7");
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
		assertThat(this.etcd.openWatches).isEmpty();
		assertThat(this.registrar.leaseId()).isZero();
		assertRenewsNothing();
	}

	@Test
	void closingGivesUpWhenTimeIsUp() {
		registered("UP");
		assertThat(this.registrar.close(true, Duration.ofMillis(1))).isFalse();
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
	void leaseThatIsGrantedWhileTheFormerOneIsBeingRevokedIsGivenBack() {
		registered("UP");
		deregisteredWithOpenCreation();
		CompletableFuture<Object> granted = this.etcd.putOff("grant");
		CompletableFuture<Boolean> closed = closeUpToRevocation();
		granted.complete(new Lease(8, TTL));
		this.loop.run();
		assertThat(this.etcd.pending()).containsExactly("revoke 7", "revoke 8");
		this.etcd.answer("revoke 7", null);
		assertThat(closed).succeedsWithin(SOON).isEqualTo(true);
		assertThat(this.registrar.leaseId()).isZero();
	}

	@Test
	void leaseThatIsRefusedWhileTheFormerOneIsBeingRevokedIsNotAskedForAgain() {
		registered("UP");
		deregisteredWithOpenCreation();
		CompletableFuture<Object> granted = this.etcd.putOff("grant");
		CompletableFuture<Boolean> closed = closeUpToRevocation();
		granted.completeExceptionally(new EtcdException(Reason.UNAVAILABLE, "failed on purpose", null));
		this.loop.advance(RETRY);
		this.etcd.answer("revoke 7", null);
		assertThat(this.etcd.pending()).isEmpty();
		assertThat(closed).succeedsWithin(SOON).isEqualTo(true);
	}

	private CompletableFuture<Boolean> closeUpToRevocation() {
		CompletableFuture<Boolean> closed = close(true);
		this.etcd.answer("delete if at 10", new WriteResult(true, 13, null));
		this.loop.run();
		assertThat(this.etcd.pending()).containsExactly("revoke 7");
		return closed;
	}

	private void assertRenewsNothing() {
		this.etcd.renewals.clear();
		this.loop.advance(TTL);
		assertThat(this.etcd.renewals).isEmpty();
	}

}
