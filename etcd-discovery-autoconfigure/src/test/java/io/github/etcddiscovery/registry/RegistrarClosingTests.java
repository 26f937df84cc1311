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
		revoked(7);
		assertThat(closed).succeedsWithin(SOON).isEqualTo(true);
		assertThat(this.loop.isClosed()).isTrue();
		assertThat(this.registrar.close(true, SOON)).as("it has ended").isTrue();
		assertRenewsNothing();
	}

	@Test
	void revocationThatFindsNoAnswerIsRepeated() {
		registered("UP");
		CompletableFuture<Boolean> closed = close(true);
		this.etcd.answer("delete if at 10", new WriteResult(true, 11, null));
		this.loop.run();
		this.etcd.fail("revoke 7", Reason.UNAVAILABLE);
		this.loop.advance(SOON_AGAIN);
		revoked(7);
		assertThat(closed).succeedsWithin(SOON).isEqualTo(true);
		assertThat(this.loop.isClosed()).isTrue();
	}

	@Test
	void leaseThatMayNotBeRevokedIsLeftToRunOut() {
		registered("UP");
		CompletableFuture<Boolean> closed = close(true);
		this.etcd.answer("delete if at 10", new WriteResult(true, 11, null));
		this.loop.run();
		this.etcd.fail("revoke 7", Reason.PERMISSION_DENIED);
		this.loop.run();
		assertThat(closed).succeedsWithin(SOON).isEqualTo(true);
		assertRenewsNothing();
	}

	@Test
	void closingWithoutDeregisteringLeavesTheRecordsToALeaseThatNobodyRenews() {
		registered("UP");
		CompletableFuture<Boolean> closed = close(false);
		assertThat(closed).succeedsWithin(SOON).isEqualTo(true);
		assertThat(this.etcd.pending()).isEmpty();
		assertThat(this.etcd.openWatches).isEmpty();
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
		revoked(7);
		assertThat(closed).succeedsWithin(SOON).isEqualTo(true);
		assertThat(again).isCancelled();
	}

	@Test
	void allRecordsLeaveAtOnceEachWithItsLease() {
		registered("UP");
		register(OTHER_KEY, "OTHER");
		grant(8);
		this.etcd.fail("put OTHER under 8 if at 0", Reason.UNAVAILABLE);
		CompletableFuture<Boolean> closed = close(true);
		assertThat(this.etcd.pending()).containsExactlyInAnyOrder("delete if at 10", "get " + OTHER_KEY + " at 0");
		this.etcd.answerAny("get " + OTHER_KEY + " at 0", new ReadResult(12, null));
		this.etcd.answerAny("delete if at 10", new WriteResult(true, 13, null));
		this.loop.run();
		assertThat(closed).isNotDone();
		this.etcd.answerAny("revoke 7", null);
		this.etcd.answerAny("revoke 8", null);
		this.loop.run();
		assertThat(closed).succeedsWithin(SOON).isEqualTo(true);
	}

	@Test
	void leaseThatIsGrantedWhileItsRecordLeavesIsGivenBack() {
		register("UP");
		CompletableFuture<Object> granted = this.etcd.putOff("grant");
		CompletableFuture<Boolean> closed = close(true);
		assertThat(closed).succeedsWithin(SOON).isEqualTo(true);
		assertThat(this.etcd.pending()).isEmpty();
		granted.complete(new Lease(8, TTL));
		assertThat(this.loop.isClosed()).isTrue();
	}

	private void assertRenewsNothing() {
		this.etcd.renewals.clear();
		this.loop.advance(TTL);
		assertThat(this.etcd.renewals).isEmpty();
	}

}
