package io.github.etcddiscovery.registry;

import java.time.Duration;
import java.util.List;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.ReadResult;
import io.github.etcddiscovery.client.WatchEvent;
import io.github.etcddiscovery.client.WatchListener;
import io.github.etcddiscovery.client.WriteResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A key that others write as well. Tests of {@link RecordKeeper} and {@link KeyWatch}.
 */
@ExtendWith(OutputCaptureExtension.class)
class ContestedKeyTests extends ScriptedRegistrar {

	private static final long OTHER_LEASE = 0x99;

	private static final String TIME_LEFT = "time left of " + OTHER_LEASE;

	/** Counted from when the record has been taken over. */
	private static final Duration LOOKED_AT_AGAIN = HEARTBEAT.plusSeconds(1).minus(RETRY);

	@Test
	void keyOfALiveProcessIsWatchedUntilItIsFree(CapturedOutput output) {
		occupied();
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.CONFLICT);
		assertThat(this.blockedKeys).containsExactly(KEY);
		assertThat(this.etcd.watchedFrom).isEqualTo(21);
		assertThat(output).contains(KEY + " belongs to another live process, which holds lease 99");
		event(false, "still theirs", 22, OTHER_LEASE);
		this.loop.advance(RETRY);
		assertThat(this.etcd.pending()).isEmpty();
		assertThat(this.blockedKeys).as("told already").containsExactly(KEY);
		assertThat(output).doesNotContain("is free now");
		event(true, "", 23, 0);
		assertThat(output).contains(KEY + " is free now: registering");
		this.loop.advance(RETRY);
		this.etcd.answer("put UP under 7 if at 0", new WriteResult(true, 24, null));
		this.loop.run();
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.REGISTERED);
		assertThat(this.registrar.reregistrations()).as("it had not been there").isZero();
		assertThat(this.etcd.openWatches).hasSize(1);
	}

	@Test
	void recordThatAnotherProcessOverwritesIsMissing() {
		registered("UP");
		assertThat(this.etcd.watchedFrom).isEqualTo(11);
		this.telemetry.heard();
		event(false, "theirs", 12, OTHER_LEASE);
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.CONFLICT);
		assertThat(this.telemetry.heard()).containsExactly("REGISTER " + KEY + " begins");
		assertThat(this.blockedKeys).containsExactly(KEY);
	}

	@Test
	void recordInConflictLeavesWithoutDeletingWhatIsTheirs() {
		occupied();
		this.registrar.deregister(KEY);
		this.loop.run();
		revoked(7);
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.GONE);
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void whatSomebodyWritesWithoutALeaseWhileTheRecordLeavesStays() {
		registered("UP");
		this.registrar.deregister(KEY);
		this.loop.run();
		this.etcd.answer("delete if at 10", new WriteResult(false, 12, found("by hand", 12, 0)));
		this.loop.advance(SOON_AGAIN);
		revoked(7);
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.GONE);
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void recordWithoutALeaseIsReplaced(CapturedOutput output) {
		wantsToReplace(false);
		this.etcd.answer("put UP under 7 if at 0", new WriteResult(false, 20, found("by hand", 15, 0)));
		this.loop.advance(RETRY);
		assertThat(this.etcd.pending()).containsExactly("put UP under 7 if at 15");
		assertThat(output).contains("Replacing " + KEY);
	}

	@Test
	void recordOfALostLeaseIsReplaced(CapturedOutput output) {
		registered("UP");
		register("DOWN");
		this.etcd.fail("put DOWN under 7 if at 10", Reason.LEASE_NOT_FOUND);
		this.loop.run();
		grant(8);
		this.etcd.answer("put DOWN under 8 if at 0", new WriteResult(false, 20, found("UP", 10, 7)));
		this.loop.advance(RETRY);
		assertThat(this.etcd.pending()).contains("put DOWN under 8 if at 10");
		assertThat(output).contains("Replacing " + KEY);
	}

	@Test
	void earlierRunOfTheInstanceIsTakenOverAndItsLeaseLookedAt(CapturedOutput output) {
		takenOver(Duration.ofSeconds(150));
		this.loop.advance(LOOKED_AT_AGAIN.minusMillis(1));
		assertThat(this.etcd.pending()).isEmpty();
		this.loop.advance(Duration.ofMillis(1));
		this.etcd.answer(TIME_LEFT, Duration.ofSeconds(90));
		assertThat(output).contains("Taking over " + KEY + " from an earlier run of this instance, whose lease 99")
			.doesNotContain("Two live processes claim");
	}

	@Test
	void predecessorWhoseLeaseHasRunOutIsDead(CapturedOutput output) {
		takenOver(Duration.ofSeconds(30));
		this.loop.advance(LOOKED_AT_AGAIN);
		this.etcd.answer(TIME_LEFT, Duration.ofSeconds(-1));
		assertThat(output).doesNotContain("Two live processes claim");
	}

	@Test
	void predecessorThatRenewsItsLeaseIsAlive(CapturedOutput output) {
		takenOver(Duration.ofSeconds(150));
		this.loop.advance(LOOKED_AT_AGAIN);
		this.etcd.answer(TIME_LEFT, Duration.ofSeconds(91));
		assertThat(output)
			.contains("Two live processes claim " + KEY + ": the one before goes on renewing its lease 99");
	}

	@Test
	void watchOfAKeyThatEndsIsClosedAndOpenedFromWhatIsReadThen() {
		registered("UP");
		WatchListener former = this.etcd.watch;
		former.onEnd(new EtcdException(Reason.UNAVAILABLE, "ended on purpose", null));
		this.loop.run();
		assertThat(this.etcd.openWatches).isEmpty();
		this.loop.advance(RETRY);
		this.etcd.answer("get " + KEY + " at 0", new ReadResult(40, found("UP", 10, 7)));
		this.loop.run();
		assertThat(this.etcd.watch).isNotSameAs(former);
		assertThat(this.etcd.watchedFrom).isEqualTo(41);
		assertThat(this.etcd.openWatches).hasSize(1);
		assertThat(this.etcd.pending()).as("it is as it was").isEmpty();
		former.onEvents(List.of(new WatchEvent(true, found("", 41, 0))));
		this.loop.advance(RETRY);
		assertThat(this.etcd.pending()).as("what a former watch says").isEmpty();
	}

	@Test
	void memberThatIsJustWhereTheWatchIsToBeginDoesNotLagBehind() {
		registered("UP");
		WatchListener opened = this.etcd.watch;
		opened.onCreated(10);
		this.loop.advance(RETRY);
		assertThat(this.etcd.pending()).isEmpty();
		assertThat(this.etcd.watch).isSameAs(opened);
		assertThat(this.etcd.openWatches).hasSize(1);
	}

	@Test
	void newestOfSeveralChangesCounts() {
		registered("UP");
		this.etcd.watch.onEvents(List.of(new WatchEvent(true, found("", 12, 0)),
				new WatchEvent(false, found("theirs", 13, OTHER_LEASE))));
		this.loop.run();
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.CONFLICT);
	}

	private void occupied() {
		wantsToReplace(false);
		this.etcd.answer("put UP under 7 if at 0", new WriteResult(false, 20, found("theirs", 15, OTHER_LEASE)));
		this.loop.run();
	}

	private void takenOver(Duration timeLeft) {
		wantsToReplace(true);
		this.etcd.answer("put UP under 7 if at 0", new WriteResult(false, 20, found("before", 15, OTHER_LEASE)));
		this.loop.run();
		this.etcd.answer(TIME_LEFT, timeLeft);
		this.loop.advance(RETRY);
		this.etcd.answer("put UP under 7 if at 15", new WriteResult(true, 21, null));
		this.loop.run();
	}

	private void wantsToReplace(boolean predecessor) {
		register(new RegistryEntry(KEY, bytes("UP"), null, (found) -> predecessor));
		grant(7);
	}

	private void event(boolean deleted, String value, long revision, long lease) {
		this.etcd.watch.onEvents(List.of(new WatchEvent(deleted, found(value, revision, lease))));
		this.loop.run();
	}

}
