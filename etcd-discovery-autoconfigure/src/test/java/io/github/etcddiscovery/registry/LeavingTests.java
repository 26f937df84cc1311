package io.github.etcddiscovery.registry;

import java.util.concurrent.CompletableFuture;

import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.Lease;
import io.github.etcddiscovery.client.ReadResult;
import io.github.etcddiscovery.client.WriteResult;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A record leaves while etcd may still be about to write it: it has left once its lease
 * is revoked, under which nothing can be written any more. Tests of {@link KeyWriter}.
 */
class LeavingTests extends ScriptedRegistrar {

	@Test
	void recordWhoseCreationIsOpenHasLeftOnceItsLeaseIsRevoked() {
		register("UP");
		grant(7);
		CompletableFuture<Void> gone = this.registrar.deregister(KEY);
		this.loop.run();
		this.etcd.fail("put UP under 7 if at 0", Reason.UNAVAILABLE);
		this.loop.advance(SOON_AGAIN);
		this.etcd.answer("get " + KEY + " at 0", new ReadResult(12, null));
		this.loop.run();
		assertThat(gone).isNotDone();
		revoked(7);
		assertThat(gone).isCompleted();
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void callThatIsLostWhileTheRecordLeavesIsRepeatedSoon() {
		registered("UP");
		CompletableFuture<Void> gone = this.registrar.deregister(KEY);
		this.loop.run();
		this.etcd.putOff("delete if at 10");
		this.loop.advance(KeyWriter.HURRY.plusMillis(500));
		this.etcd.answer("delete if at 10", new WriteResult(false, 11, null));
		this.loop.run();
		this.etcd.putOff("revoke 7");
		this.loop.advance(KeyWriter.HURRY.plusMillis(500));
		revoked(7);
		assertThat(gone).isCompleted();
	}

	@Test
	void callThatIsUnderWayWhenTheRecordBeginsToLeaveIsWaitedForNoLonger() {
		register("UP");
		grant(7);
		this.registrar.deregister(KEY);
		this.loop.run();
		this.etcd.putOff("put UP under 7 if at 0");
		this.loop.advance(KeyWriter.HURRY.plusMillis(500));
		assertThat(this.etcd.pending()).containsExactly("get " + KEY + " at 0");
	}

	@Test
	void othersStayUnderTheirLeases() {
		registered("UP");
		register(OTHER_KEY, "OTHER");
		grant(8);
		this.etcd.answer("put OTHER under 8 if at 0", new WriteResult(true, 11, null));
		this.loop.run();
		this.registrar.deregister(KEY);
		this.loop.run();
		deleted(10, 7);
		assertThat(this.registrar.state(OTHER_KEY)).isEqualTo(RecordState.REGISTERED);
		this.etcd.renewals.clear();
		this.loop.advance(HEARTBEAT);
		assertThat(this.etcd.renewals).containsOnlyKeys(8L);
	}

	@Test
	void leaseIsNotRenewedWhileItsRecordLeaves() {
		registered("UP");
		this.registrar.deregister(KEY);
		this.loop.run();
		this.loop.advance(TTL);
		assertThat(this.etcd.renewals).isEmpty();
	}

	@Test
	void keyOfAnotherIsLeftAloneAndTheLeaseRevoked() {
		register("UP");
		grant(7);
		this.etcd.answer("put UP under 7 if at 0", new WriteResult(false, 10, found("THEIRS", 9, 5)));
		this.loop.run();
		CompletableFuture<Void> gone = this.registrar.deregister(KEY);
		this.loop.run();
		revoked(7);
		assertThat(gone).isCompleted();
	}

	@Test
	void recordWhoseLeaseIsLostDuringItsCreationHasLeftWithoutBeingLookedFor() {
		register("UP");
		grant(7);
		this.etcd.fail("put UP under 7 if at 0", Reason.LEASE_NOT_FOUND);
		this.loop.run();
		CompletableFuture<Object> granted = this.etcd.putOff("grant");
		CompletableFuture<Void> gone = this.registrar.deregister(KEY);
		this.loop.run();
		assertThat(gone).isCompleted();
		granted.complete(new Lease(8, TTL));
		this.loop.run();
		assertThat(this.etcd.pending()).as("nobody needs it any more").containsExactly("revoke 8");
	}

	@Test
	void unleasedKeyThatWasToBeReplacedIsNotDeleted() {
		register("UP");
		grant(7);
		KeyValue unleased = found("by hand", 5, 0);
		this.etcd.answer("put UP under 7 if at 0", new WriteResult(false, 12, unleased));
		this.loop.advance(SOON_AGAIN);
		this.etcd.fail("put UP under 7 if at 5", Reason.UNAVAILABLE);
		CompletableFuture<Void> gone = this.registrar.deregister(KEY);
		this.loop.run();
		this.etcd.answer("get " + KEY + " at 0", new ReadResult(12, unleased));
		this.loop.run();
		revoked(7);
		assertThat(gone).isCompleted();
	}

	@Test
	void leaseLostWhileTheMarkIsWrittenEndsTheRecord() {
		register(new RegistryEntry(KEY, bytes("UP"), bytes("OUT"), (found) -> false));
		grant(7);
		this.etcd.answer("put UP under 7 if at 0", new WriteResult(true, 10, null));
		this.loop.run();
		CompletableFuture<Void> gone = this.registrar.deregister(KEY);
		this.loop.run();
		this.etcd.fail("put OUT under 7 if at 10", Reason.LEASE_NOT_FOUND);
		this.loop.run();
		this.etcd.answer("delete if at 10", new WriteResult(false, 11, null));
		this.loop.run();
		assertThat(gone).isCompleted();
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void leastTimeOfAllLeasesIsReported() {
		registered("UP");
		this.loop.advance(HEARTBEAT);
		register(OTHER_KEY, "OTHER");
		assertThat(this.registrar.leaseRemaining()).as("one has none yet").isZero();
		grant(8);
		assertThat(this.registrar.leaseRemaining()).isEqualTo(TTL.minus(HEARTBEAT));
		assertThat(this.registrar.leaseRemaining(OTHER_KEY)).isEqualTo(TTL);
		assertThat(this.registrar.leaseRemaining("/services/none/1")).isZero();
		assertThat(this.registrar.leaseId(OTHER_KEY)).isEqualTo(8);
	}

	@Test
	void errorInAStepIsFollowedByALookAtTheKey() {
		registered("UP");
		register("DOWN");
		// A result that no client gives: reading it throws.
		this.etcd.answer("put DOWN under 7 if at 10", null);
		this.loop.advance(RETRY);
		this.etcd.answer("get " + KEY + " at 0", new ReadResult(11, found("DOWN", 11, 7)));
		this.loop.advance(RETRY);
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.REGISTERED);
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void errorWhileRenewingDoesNotEndTheRenewals() {
		registered("UP");
		this.loop.advance(HEARTBEAT);
		this.etcd.renewals.get(7L).complete(null);
		this.loop.run();
		this.etcd.renewals.clear();
		this.loop.advance(HEARTBEAT);
		assertThat(this.etcd.renewals).containsOnlyKeys(7L);
	}

}
