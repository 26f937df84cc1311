package io.github.etcddiscovery.registry;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.Lease;
import io.github.etcddiscovery.client.ReadResult;
import io.github.etcddiscovery.client.WriteResult;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A record is deregistered while etcd may still be about to write it: the lease is
 * replaced, and only when the former one has gone has the record left.
 */
class ReplacedLeaseTests extends ScriptedRegistrar {

	private static final String THIRD_KEY = "/services/orders/3";

	@Test
	void recordWhoseCreationIsOpenIsGoneWithTheLeaseItMightBeCreatedUnderAndTheOthersMoveInPlace() {
		registered("UP");
		CompletableFuture<Void> gone = deregisteredWithOpenCreation();
		grant(8);
		assertThat(this.etcd.pending()).containsExactly("put UP under 8 if at 10");
		this.etcd.answer("put UP under 8 if at 10", new WriteResult(true, 13, null));
		this.loop.run();
		assertThat(gone).isNotDone();
		this.etcd.answer("revoke 7", null);
		this.loop.run();
		assertThat(gone).isCompleted();
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.REGISTERED);
		assertThat(this.registrar.leaseId()).isEqualTo(8);
		assertThat(this.registeredKeys).containsExactly(KEY);
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void recordThatWasToReplaceAnUnleasedKeyIsGoneOnlyOnceItCannotBeWrittenAnyMore() {
		registered("UP");
		register(OTHER_KEY, "OTHER");
		this.etcd.answer("put OTHER under 7 if at 0",
				new WriteResult(false, 12, new KeyValue(OTHER_KEY, new byte[0], 5, 0)));
		this.loop.advance(RETRY);
		this.etcd.fail("put OTHER under 7 if at 5", Reason.UNAVAILABLE);
		CompletableFuture<Void> gone = this.registrar.deregister(OTHER_KEY);
		this.loop.advance(RETRY);
		this.etcd.answer("get " + OTHER_KEY + " at 0", new ReadResult(12, new KeyValue(OTHER_KEY, new byte[0], 5, 0)));
		this.loop.run();
		assertThat(gone).isNotDone();
		assertThat(this.etcd.pending()).containsExactly("grant");
	}

	@Test
	void leaseThatRecordsCannotLeaveYetIsRenewedAsTheirNewOneIs() {
		registered("UP");
		deregisteredWithOpenCreation();
		grant(8);
		this.etcd.fail("put UP under 8 if at 10", Reason.NO_SPACE);
		this.etcd.renewals.clear();
		this.loop.advance(Duration.ofMinutes(1));
		assertThat(this.etcd.renewals).containsOnlyKeys(7L, 8L);
	}

	@Test
	void recordWhoseCreationIsOpenIsGoneWhenTheReplacedLeaseIsLost() {
		registered("UP");
		CompletableFuture<Void> gone = deregisteredWithOpenCreation();
		this.etcd.answer("grant", new Lease(8, Duration.ofMinutes(3)));
		this.loop.advance(Duration.ofMinutes(1));
		this.etcd.renewals.get(7L).completeExceptionally(new EtcdException(Reason.LEASE_NOT_FOUND, "gone", null));
		this.loop.run();
		assertThat(gone).isCompleted();
		assertThat(this.registrar.leaseId()).isEqualTo(8);
	}

	@Test
	void leaseLostWhileItIsToBeReplacedNeedsNoRevoking() {
		registered("UP");
		CompletableFuture<Void> gone = deregisteredWithOpenCreation();
		this.loop.advance(Duration.ofMinutes(1));
		this.etcd.renewals.get(7L).completeExceptionally(new EtcdException(Reason.LEASE_NOT_FOUND, "gone", null));
		this.loop.run();
		assertThat(gone).as("nothing can come of it any more").isCompleted();
		grant(8);
		this.etcd.answer("put UP under 8 if at 0", new WriteResult(true, 20, null));
		this.loop.run();
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void closingRevokesTheLeaseAndNeedsNoOtherForWhatIsOpen() {
		registered("UP");
		deregisteredWithOpenCreation();
		grant(8);
		close(true);
		this.etcd.answer("put UP under 8 if at 10", new WriteResult(true, 13, null));
		this.loop.run();
		this.etcd.answer("revoke 7", null);
		this.etcd.answer("delete if at 13", new WriteResult(true, 14, null));
		this.loop.run();
		assertThat(this.etcd.pending()).containsExactly("revoke 8");
	}

	@Test
	void leaseIsNotRevokedWhileACreationUnderItIsUnderWay() {
		registered("UP");
		register(THIRD_KEY, "THIRD");
		register(OTHER_KEY, "OTHER");
		this.registrar.deregister(OTHER_KEY);
		this.loop.run();
		this.etcd.answer("put THIRD under 7 if at 0", new WriteResult(true, 11, null));
		this.loop.run();
		register(THIRD_KEY, "CHANGED");
		this.etcd.fail("put OTHER under 7 if at 0", Reason.UNAVAILABLE);
		this.loop.advance(RETRY);
		this.etcd.fail("put CHANGED under 7 if at 11", Reason.UNAVAILABLE);
		this.etcd.answer("get " + OTHER_KEY + " at 0", new ReadResult(12, null));
		this.loop.run();
		grant(8);
		this.etcd.answer("put CHANGED under 8 if at 11", new WriteResult(true, 13, null));
		this.loop.run();
		assertThat(this.etcd.pending()).as("no revocation yet").containsExactly("put UP under 8 if at 10");
		this.etcd.answer("put UP under 8 if at 10", new WriteResult(true, 14, null));
		this.loop.run();
		assertThat(this.etcd.pending()).containsExactly("revoke 7");
	}

	@Test
	void leaseIsNotRevokedWhileTheOnlyWriteUnderItIsUnderWay() {
		registered("UP");
		deregisteredWithOpenCreation();
		register(THIRD_KEY, "THIRD");
		grant(8);
		this.etcd.answer("put THIRD under 7 if at 0", new WriteResult(true, 13, null));
		this.etcd.answer("put UP under 8 if at 10", new WriteResult(true, 14, null));
		this.loop.run();
		assertThat(this.etcd.pending()).as("no revocation yet").containsExactly("put THIRD under 8 if at 13");
		this.etcd.answer("put THIRD under 8 if at 13", new WriteResult(true, 15, null));
		this.loop.run();
		assertThat(this.etcd.pending()).containsExactly("revoke 7");
	}

	@Test
	void leaseIsNotRevokedWhileARecordMayComeToStandUnderItAlthoughItIsBeingWrittenUnderAnother() {
		registered("UP");
		deregisteredWithOpenCreation();
		register(THIRD_KEY, "THIRD");
		grant(8);
		this.etcd.fail("put THIRD under 7 if at 0", Reason.UNAVAILABLE);
		this.etcd.answer("put UP under 8 if at 10", new WriteResult(true, 13, null));
		this.loop.advance(RETRY);
		register("DOWN");
		assertThat(this.etcd.pending()).as("no revocation yet")
			.containsExactly("put THIRD under 8 if at 0", "put DOWN under 8 if at 13");
		CompletableFuture<Object> third = this.etcd.putOff("put THIRD under 8 if at 0");
		this.etcd.answer("put DOWN under 8 if at 13", new WriteResult(true, 14, null));
		this.loop.run();
		assertThat(this.etcd.pending()).as("no revocation yet").isEmpty();
		third.complete(new WriteResult(false, 15, new KeyValue(THIRD_KEY, bytes("THIRD"), 12, 7)));
		this.loop.run();
		this.etcd.answer("put THIRD under 8 if at 12", new WriteResult(true, 16, null));
		this.loop.run();
		assertThat(this.etcd.pending()).containsExactly("revoke 7");
	}

	@Test
	void whatStandsUnderTheFormerLeaseIsNotForgottenWhenTheNewOneIsLost() {
		registered("UP");
		deregisteredWithOpenCreation();
		grant(8);
		this.etcd.fail("put UP under 8 if at 10", Reason.LEASE_NOT_FOUND);
		this.loop.run();
		grant(9);
		assertThat(this.etcd.pending()).containsExactly("put UP under 9 if at 10");
	}

	@Test
	void recordThatComesAfterAllWhileTheLeaseCannotBeGivenUpIsTakenOut() {
		registered("UP");
		CompletableFuture<Void> gone = deregisteredWithOpenCreation();
		this.loop.advance(Duration.ofMinutes(1));
		this.etcd.renewals.get(7L).complete(Duration.ofMinutes(3));
		this.etcd.fail("grant", Reason.NO_SPACE);
		this.loop.run();
		this.etcd.answer("get " + OTHER_KEY + " at 0", new ReadResult(20, new KeyValue(OTHER_KEY, new byte[0], 20, 7)));
		this.loop.run();
		this.etcd.answer("delete if at 20", new WriteResult(true, 21, null));
		this.loop.run();
		assertThat(gone).as("what was open has come, and has gone").isCompleted();
	}

	@Test
	void refusedLeaseDoesNotUndoWhatIsRegistered() {
		registered("UP");
		deregisteredWithOpenCreation();
		this.etcd.fail("grant", Reason.NO_SPACE);
		this.loop.run();
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.REGISTERED);
		assertThat(register("UP")).isCompleted();
	}

	@Test
	void leaseThatNothingElseStandsUnderIsRevokedAsSoonAsThereIsAnotherAndRenewedNoMore() {
		register("UP");
		grant(7);
		CompletableFuture<Void> gone = this.registrar.deregister(KEY);
		this.loop.run();
		this.etcd.fail("put UP under 7 if at 0", Reason.UNAVAILABLE);
		this.loop.advance(RETRY);
		this.etcd.answer("get " + KEY + " at 0", new ReadResult(12, null));
		this.loop.run();
		grant(8);
		assertThat(this.etcd.pending()).containsExactly("revoke 7");
		this.etcd.renewals.clear();
		this.loop.advance(HEARTBEAT);
		assertThat(this.etcd.renewals).containsOnlyKeys(8L);
		this.etcd.fail("revoke 7", Reason.UNAVAILABLE);
		this.loop.advance(RETRY);
		assertThat(gone).isNotDone();
		this.etcd.answer("revoke 7", null);
		this.loop.run();
		assertThat(gone).isCompleted();
	}

	@Test
	void leaseIsRevokedWhenTheLastRecordUnderItIsDeleted() {
		registered("UP");
		deregisteredWithOpenCreation();
		grant(8);
		this.registrar.deregister(KEY);
		this.etcd.fail("put UP under 8 if at 10", Reason.UNAVAILABLE);
		this.loop.advance(RETRY);
		this.etcd.answer("get " + KEY + " at 0", new ReadResult(14, found("UP", 10, 7)));
		this.loop.run();
		this.etcd.answer("delete if at 10", new WriteResult(true, 15, null));
		this.loop.run();
		assertThat(this.etcd.pending()).containsExactly("revoke 7");
	}

	@Test
	void recordThatWasDeletedIsNotDeletedAgainForTheSakeOfAWriteThatIsOpen() {
		register("UP");
		grant(7);
		for (int i = 0; i < 2; i++) {
			this.etcd.fail("put UP under 7 if at 0", Reason.UNAVAILABLE);
			this.loop.advance(RETRY);
		}
		CompletableFuture<Void> gone = this.registrar.deregister(KEY);
		this.loop.run();
		this.etcd.answer("put UP under 7 if at 0", new WriteResult(true, 11, null));
		this.loop.run();
		this.etcd.answer("delete if at 11", new WriteResult(true, 12, null));
		this.loop.run();
		assertThat(gone).as("one of the two may create it yet").isNotDone();
		grant(8);
		assertThat(this.etcd.pending()).containsExactly("revoke 7");
	}

	@Test
	void writeThatExpectsAnEarlierRevisionCannotTakeEffectAndNeedsNoOtherLease() {
		registered("UP");
		register("DOWN");
		this.etcd.fail("put DOWN under 7 if at 10", Reason.UNAVAILABLE);
		this.loop.advance(RETRY);
		this.etcd.answer("put DOWN under 7 if at 10", new WriteResult(true, 11, null));
		this.loop.run();
		CompletableFuture<Void> gone = this.registrar.deregister(KEY);
		this.loop.run();
		this.etcd.answer("delete if at 11", new WriteResult(true, 12, null));
		this.loop.run();
		assertThat(gone).isCompleted();
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void recordWhoseLeaseIsLostDuringItsCreationHasGoneWithoutBeingLookedFor() {
		register("UP");
		grant(7);
		this.etcd.fail("put UP under 7 if at 0", Reason.LEASE_NOT_FOUND);
		this.loop.run();
		CompletableFuture<Void> gone = this.registrar.deregister(KEY);
		this.loop.run();
		assertThat(gone).isCompleted();
		assertThat(this.etcd.pending()).containsExactly("grant");
	}

}
