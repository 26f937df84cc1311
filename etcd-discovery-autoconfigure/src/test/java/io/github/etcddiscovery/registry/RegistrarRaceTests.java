package io.github.etcddiscovery.registry;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.ReadResult;
import io.github.etcddiscovery.client.WatchEvent;
import io.github.etcddiscovery.client.WriteResult;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One named test for every race found. Tests of {@link RecordKeepers} and
 * {@link LeaseKeeper}.
 */
class RegistrarRaceTests extends ScriptedRegistrar {

	@Test
	void registeringAgainWhileTheOldRecordIsLeavingComesBackOnceThatHasGone() {
		registered("UP");
		this.registrar.deregister(KEY);
		this.loop.run();
		CompletableFuture<Void> again = register("AGAIN");
		assertThat(this.etcd.pending()).containsExactly("delete if at 10");
		deleted(10, 7);
		grant(8);
		this.etcd.answer("put AGAIN under 8 if at 0", new WriteResult(true, 12, null));
		this.loop.run();
		assertThat(again).isCompleted();
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.REGISTERED);
	}

	@Test
	void lastOfSeveralWishesWhileARecordIsLeavingCounts() {
		registered("UP");
		CompletableFuture<Void> gone = this.registrar.deregister(KEY);
		this.loop.run();
		CompletableFuture<Void> first = register("FIRST");
		CompletableFuture<Void> second = register("SECOND");
		deleted(10, 7);
		assertThat(gone).isCompleted();
		grant(8);
		this.etcd.answer("put SECOND under 8 if at 0", new WriteResult(true, 12, null));
		this.loop.run();
		assertThat(first).isCompleted();
		assertThat(second).isCompleted();
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void recordThatIsDeregisteredAgainWhileItIsLeavingDoesNotComeBack() {
		registered("UP");
		this.registrar.deregister(KEY);
		this.loop.run();
		CompletableFuture<Void> again = register("AGAIN");
		CompletableFuture<Void> gone = this.registrar.deregister(KEY);
		this.loop.run();
		deleted(10, 7);
		this.loop.advance(RETRY);
		assertThat(again).isCancelled();
		assertThat(gone).isCompleted();
		assertThat(this.etcd.pending()).isEmpty();
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.GONE);
	}

	@Test
	void leaseRemainsForWhatEtcdSaidCountedFromWhenItWasAsked() {
		assertThat(this.registrar.leaseRemaining()).isZero();
		registered("UP");
		assertThat(this.registrar.leaseRemaining()).isEqualTo(Duration.ofMinutes(3));
		this.loop.advance(Duration.ofMinutes(1));
		assertThat(this.registrar.leaseRemaining()).isEqualTo(Duration.ofMinutes(2));
		this.loop.advance(Duration.ofSeconds(5));
		this.etcd.renewals.get(7L).complete(Duration.ofMinutes(4));
		this.loop.run();
		assertThat(this.registrar.leaseRemaining()).isEqualTo(Duration.ofSeconds(235));
		this.loop.advance(Duration.ofMinutes(5));
		assertThat(this.registrar.leaseRemaining()).isZero();
	}

	@Test
	void lostLeaseIsNotRenewed() {
		registered("UP");
		register("DOWN");
		this.etcd.fail("put DOWN under 7 if at 10", Reason.LEASE_NOT_FOUND);
		this.loop.advance(HEARTBEAT);
		assertThat(this.etcd.renewals).isEmpty();
	}

	@Test
	void nobodyWaitsForEverForARegistrarThatIsClosed() {
		registered("UP");
		CompletableFuture<Void> leaving = this.registrar.deregister(KEY);
		this.loop.run();
		CompletableFuture<Void> comeback = register("AGAIN");
		this.registrar.close(true, Duration.ofMillis(1));
		assertThat(leaving).isCancelled();
		assertThat(comeback).isCancelled();
		assertThat(this.registrar.register(RegistryEntry.of(KEY, "LATE"))).isCancelled();
		assertThat(this.registrar.deregister(KEY)).isCancelled();
	}

	@Test
	void listenerIsToldWheneverARecordComesToBeInEtcdAndNotWhenItChangesThere() {
		registered("UP");
		register("DOWN");
		this.etcd.answer("put DOWN under 7 if at 10", new WriteResult(true, 11, null));
		this.loop.run();
		assertThat(this.registeredKeys).containsExactly(KEY);
		register("UP");
		this.etcd.fail("put UP under 7 if at 11", Reason.LEASE_NOT_FOUND);
		this.loop.run();
		grant(8);
		this.etcd.answer("put UP under 8 if at 0", new WriteResult(true, 20, null));
		this.loop.run();
		assertThat(this.registeredKeys).containsExactly(KEY, KEY);
	}

	@Test
	void writeWhoseOutcomeIsOpenIsSettledEvenIfItIsNotWantedAnyMore() {
		registered("UP");
		register("DOWN");
		register("UP");
		this.etcd.fail("put DOWN under 7 if at 10", Reason.UNAVAILABLE);
		this.loop.advance(RETRY);
		this.etcd.answer("put UP under 7 if at 10", new WriteResult(false, 11, found("DOWN", 11, 7)));
		this.loop.run();
		this.etcd.answer("put UP under 7 if at 11", new WriteResult(true, 12, null));
		this.loop.advance(RETRY);
		assertThat(this.etcd.pending()).isEmpty();
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.REGISTERED);
	}

	@Test
	void refusedRetryDoesNotMakeForgetThatTheFirstWriteMayHaveTakenEffect() {
		register("UP");
		grant(7);
		this.etcd.fail("put UP under 7 if at 0", Reason.UNAVAILABLE);
		this.loop.advance(RETRY);
		this.etcd.fail("put UP under 7 if at 0", Reason.NO_SPACE);
		this.loop.run();
		CompletableFuture<Void> gone = this.registrar.deregister(KEY);
		this.loop.run();
		this.etcd.answer("get " + KEY + " at 0", new ReadResult(11, found("UP", 11, 7)));
		this.loop.run();
		deleted(11, 7);
		assertThat(gone).isCompleted();
	}

	@Test
	void changeReportedDuringAWriteIsLookedIntoAsOftenAsItTakes() {
		registered("UP");
		register("DOWN");
		this.etcd.watch.onEvents(List.of(new WatchEvent(true, found("", 12, 0))));
		this.loop.run();
		this.etcd.answer("put DOWN under 7 if at 10", new WriteResult(true, 11, null));
		this.loop.run();
		this.etcd.fail("get " + KEY + " at 0", Reason.UNAVAILABLE);
		this.loop.advance(RETRY);
		this.etcd.answer("get " + KEY + " at 0", new ReadResult(12, null));
		this.loop.advance(RETRY);
		assertThat(this.etcd.pending()).containsExactly("put DOWN under 7 if at 0");
	}

	@Test
	void leavingWhileAWriteIsUnderWayTakesOutWhatItWrote() {
		register("UP");
		grant(7);
		CompletableFuture<Void> gone = this.registrar.deregister(KEY);
		this.loop.run();
		assertThat(gone).isNotDone();
		this.etcd.answer("put UP under 7 if at 0", new WriteResult(true, 10, null));
		this.loop.run();
		deleted(10, 7);
		assertThat(gone).isCompleted();
		this.loop.advance(RETRY);
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void leaseLostDuringAWriteIsReplacedAndTheRecordWrittenUnderTheNewOne() {
		registered("UP");
		register("DOWN");
		this.etcd.fail("put DOWN under 7 if at 10", Reason.LEASE_NOT_FOUND);
		this.loop.run();
		grant(8);
		this.etcd.answer("put DOWN under 8 if at 0", new WriteResult(true, 20, null));
		this.loop.advance(RETRY);
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.REGISTERED);
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void keyWatchThatOpensBeforeTheRevisionAskedForReadsTheKey() {
		registered("UP");
		this.etcd.watch.onCreated(3);
		this.loop.advance(RETRY);
		this.etcd.answer("get " + KEY + " at 0", new ReadResult(3, null));
		this.loop.advance(RETRY);
		assertThat(this.etcd.pending()).containsExactly("put UP under 7 if at 0");
	}

	@Test
	void abandonedRecordIgnoresTheAnswerToItsLastWrite() {
		registered("UP");
		register("DOWN");
		close(false);
		this.etcd.answer("put DOWN under 7 if at 10", new WriteResult(true, 11, null));
		this.loop.run();
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.GONE);
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void changeIsDoneWhenEtcdHoldsItAndNotBefore() {
		registered("v1");
		CompletableFuture<Void> changed = register("v2");
		assertThat(changed).isNotDone();
		CompletableFuture<Void> changedAgain = register("v3");
		this.etcd.answer("put v2 under 7 if at 10", new WriteResult(true, 11, null));
		this.loop.run();
		assertThat(changed).as("as long as etcd does not hold what is wanted by now").isNotDone();
		this.etcd.answer("put v3 under 7 if at 11", new WriteResult(true, 12, null));
		this.loop.run();
		assertThat(changed).isCompleted();
		assertThat(changedAgain).isCompleted();
	}

	@Test
	void changeThatIsRefusedFailsAndIsTriedAgain() {
		registered("v1");
		CompletableFuture<Void> changed = register("v2");
		this.etcd.fail("put v2 under 7 if at 10", Reason.PERMISSION_DENIED);
		this.loop.run();
		assertThat(changed).isCompletedExceptionally();
		CompletableFuture<Void> wantedAgain = register("v1");
		assertThat(wantedAgain).as("what is there already").isCompleted();
	}

	@Test
	void refusalOfWhatIsNotWantedAnyMoreSaysNothingOfWhatIs() {
		registered("v1");
		CompletableFuture<Void> tooLarge = register("v2");
		CompletableFuture<Void> takenBack = register("v1");
		this.etcd.fail("put v2 under 7 if at 10", Reason.FATAL);
		this.loop.run();
		assertThat(takenBack).isNotDone();
		this.loop.advance(RETRY);
		assertThat(takenBack).as("there all the time").isCompleted();
		assertThat(tooLarge).isCompleted();
	}

	@Test
	void refusalConcernsAllWhoWantTheSame() {
		registered("v1");
		CompletableFuture<Void> one = register("v2");
		CompletableFuture<Void> other = register("v2");
		this.etcd.fail("put v2 under 7 if at 10", Reason.PERMISSION_DENIED);
		this.loop.run();
		assertThat(one).isCompletedExceptionally();
		assertThat(other).isCompletedExceptionally();
	}

}
