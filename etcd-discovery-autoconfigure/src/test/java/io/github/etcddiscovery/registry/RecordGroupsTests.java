package io.github.etcddiscovery.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.Lease;
import io.github.etcddiscovery.client.WatchEvent;
import io.github.etcddiscovery.client.WatchListener;
import io.github.etcddiscovery.client.WriteResult;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link RecordGroups}: groups of records that are in etcd as a whole or not at
 * all. Tests of {@link RecordGroup}.
 */
class RecordGroupsTests extends ScriptedRegistrar {

	private static final String FIRST = KEY;

	private static final String SECOND = "/legacy/orders/1";

	private static final String MOVED = "/services/stock/1";

	private static final long OTHER_LEASE = 0x99;

	private final Object owner = new Object();

	private final List<String> called = new ArrayList<>();

	private WatchListener watchOfFirst;

	private WatchListener watchOfSecond;

	@Test
	void lastRecordIsWrittenFirstAndTheOneBeforeItFollows() {
		CompletableFuture<Void> placed = place(shown(FIRST, "first"), shown(SECOND, "second"));
		assertThat(this.registrar.state(FIRST)).isEqualTo(RecordState.GONE);
		grant(7);
		written("second", 7, 10);
		assertThat(placed).isNotDone();
		grant(8);
		written("first", 8, 11);
		assertThat(placed).isCompleted();
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void nothingIsWrittenOfAGroupWhoseLastRecordIsRefused() {
		CompletableFuture<Void> placed = place(shown(FIRST, "first"), shown(SECOND, "second"));
		grant(7);
		this.etcd.fail("put second under 7 if at 0", Reason.PERMISSION_DENIED);
		this.loop.run();
		assertThat(placed).failsWithin(SOON).withThrowableThat().withCauseInstanceOf(EtcdException.class);
		assertThat(this.registrar.state(FIRST)).isEqualTo(RecordState.GONE);
		this.loop.advance(RETRY);
		written("second", 7, 10);
		grant(8);
		written("first", 8, 11);
		assertThat(this.registrar.state(FIRST)).isEqualTo(RecordState.REGISTERED);
	}

	@Test
	void recordThatWasWrittenGoesAgainIfTheOneAfterItIsRefused() {
		CompletableFuture<Void> placed = place(shown(FIRST, "first"), shown(SECOND, "second"));
		grant(7);
		written("second", 7, 10);
		grant(8);
		this.etcd.fail("put first under 8 if at 0", Reason.PERMISSION_DENIED);
		this.loop.run();
		assertThat(placed).isCompletedExceptionally();
		deleted(10, 7);
		assertThat(this.registrar.state(SECOND)).isEqualTo(RecordState.GONE);
		this.loop.advance(RETRY);
		written("first", 8, 20);
		grant(9);
		written("second", 9, 21);
		assertThat(this.registrar.state(SECOND)).isEqualTo(RecordState.REGISTERED);
	}

	@Test
	void othersAreTakenOutWhileAKeyIsAnotherProcesssAndComeBackWithIt() {
		placeBoth();
		theirs(this.watchOfSecond, SECOND, 20);
		assertThat(this.registrar.state(SECOND)).isEqualTo(RecordState.CONFLICT);
		deleted(11, 8);
		assertThat(this.registrar.state(FIRST)).isEqualTo(RecordState.GONE);
		vanished(this.watchOfSecond, SECOND, 30);
		this.loop.advance(RETRY);
		written("second", 7, 31);
		grant(9);
		written("first", 9, 32);
		assertThat(this.registrar.state(FIRST)).isEqualTo(RecordState.REGISTERED);
	}

	@Test
	void recordThatComesBackWhileTheOtherHasJustBeenTakenIsTakenOutAgain() {
		placeBoth();
		vanished(this.watchOfFirst, FIRST, 20);
		vanished(this.watchOfSecond, SECOND, 21);
		this.loop.advance(RETRY);
		CompletableFuture<Object> first = this.etcd.putOff("put first under 8 if at 0");
		CompletableFuture<Object> second = this.etcd.putOff("put second under 7 if at 0");
		// Both answers are there before the registrar looks at the first one.
		first.complete(new WriteResult(false, 30, new KeyValue(FIRST, bytes("theirs"), 30, OTHER_LEASE)));
		second.complete(new WriteResult(true, 31, null));
		this.loop.run();
		assertThat(this.registrar.state(FIRST)).isEqualTo(RecordState.CONFLICT);
		deleted(31, 7);
		assertThat(this.registrar.state(SECOND)).isEqualTo(RecordState.GONE);
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void completeGroupStaysWhileANewRecordOfItIsRefused() {
		placeFirst();
		CompletableFuture<Void> placed = place(shown(FIRST, "first"), shown(SECOND, "second"));
		grant(8);
		this.etcd.fail("put second under 8 if at 0", Reason.PERMISSION_DENIED);
		this.loop.run();
		assertThat(placed).isCompletedExceptionally();
		assertThat(this.etcd.pending()).isEmpty();
		assertThat(this.registrar.state(FIRST)).isEqualTo(RecordState.REGISTERED);
	}

	@Test
	void movedRecordLeavesItsOldKeyOnceTheNewOneIsWritten() {
		placeFirst();
		CompletableFuture<Void> placed = place(shown(MOVED, "moved"));
		grant(8);
		assertThat(this.registrar.state(FIRST)).isEqualTo(RecordState.REGISTERED);
		written("moved", 8, 11);
		assertThat(placed).isCompleted();
		deleted(10, 7);
		assertThat(this.registrar.state(FIRST)).isEqualTo(RecordState.GONE);
	}

	@Test
	void keyOnTheWayToWhichTheRecordMovedOnIsLeft() {
		placeFirst();
		CompletableFuture<Void> abandoned = place(shown(SECOND, "second"));
		grant(8);
		this.etcd.answer("put second under 8 if at 0",
				new WriteResult(false, 20, new KeyValue(SECOND, bytes("theirs"), 20, OTHER_LEASE)));
		this.loop.run();
		place(shown(MOVED, "moved"));
		assertThat(abandoned).isCancelled();
		this.etcd.answerAny("grant", new Lease(9, TTL));
		this.etcd.answerAny("revoke 8", null);
		this.loop.run();
		written("moved", 9, 21);
		deleted(10, 7);
		assertThat(this.registrar.state(SECOND)).isEqualTo(RecordState.GONE);
		assertThat(this.registrar.state(MOVED)).isEqualTo(RecordState.REGISTERED);
	}

	@Test
	void hiddenRecordIsTakenOutAloneAndComesBackWhenItIsShown() {
		placeBoth();
		CompletableFuture<Void> hidden = place(shown(FIRST, "first"), hidden(SECOND, "second"));
		assertThat(hidden).isNotDone();
		deleted(10, 7);
		assertThat(hidden).isCompleted();
		assertThat(this.registrar.state(FIRST)).isEqualTo(RecordState.REGISTERED);
		CompletableFuture<Void> shown = place(shown(FIRST, "first"), shown(SECOND, "second"));
		grant(9);
		written("second", 9, 30);
		assertThat(shown).isCompleted();
	}

	@Test
	void othersAreTakenOutIfARecordCannotComeBackAfterItWasHidden() {
		placeBoth();
		place(shown(FIRST, "first"), hidden(SECOND, "second"));
		deleted(10, 7);
		place(shown(FIRST, "first"), shown(SECOND, "second"));
		grant(9);
		this.etcd.answer("put second under 9 if at 0",
				new WriteResult(false, 20, new KeyValue(SECOND, bytes("theirs"), 20, OTHER_LEASE)));
		this.loop.run();
		assertThat(this.registrar.state(SECOND)).isEqualTo(RecordState.CONFLICT);
		deleted(11, 8);
		assertThat(this.registrar.state(FIRST)).isEqualTo(RecordState.GONE);
	}

	@Test
	void removedGroupLeavesItsOldKeyTooIfItWasAboutToMove() {
		placeFirst();
		place(shown(MOVED, "moved"));
		CompletableFuture<Void> removed = this.registrar.remove(List.of(this.owner));
		this.loop.run();
		this.etcd.answerAny("grant", new Lease(8, TTL));
		this.etcd.answerAny("delete if at 10", new WriteResult(true, 11, null));
		this.loop.run();
		this.etcd.answerAny("revoke 7", null);
		this.etcd.answerAny("revoke 8", null);
		this.loop.run();
		assertThat(removed).isCompleted();
		assertThat(this.registrar.state(FIRST)).isEqualTo(RecordState.GONE);
		assertThat(this.registrar.state(MOVED)).isEqualTo(RecordState.GONE);
	}

	@Test
	void groupOfWhichNothingIsShownIsTakenOut() {
		placeFirst();
		CompletableFuture<Void> hidden = place(hidden(MOVED, "moved"));
		assertThat(hidden).isNotDone();
		deleted(10, 7);
		assertThat(hidden).isCompleted();
		assertThat(this.registrar.state(MOVED)).isEqualTo(RecordState.GONE);
	}

	@Test
	void removedGroupIsTakenOutAndWhatWaitedInItDoesNotCome() {
		CompletableFuture<Void> placed = place(shown(FIRST, "first"), shown(SECOND, "second"));
		grant(7);
		written("second", 7, 10);
		CompletableFuture<Void> removed = this.registrar.remove(List.of(this.owner));
		this.loop.run();
		assertThat(placed).isCancelled();
		this.etcd.answerAny("grant", new Lease(8, TTL));
		this.etcd.answerAny("delete if at 10", new WriteResult(true, 11, null));
		this.loop.run();
		this.etcd.answerAny("revoke 7", null);
		this.etcd.answerAny("revoke 8", null);
		this.loop.run();
		assertThat(removed).isCompleted();
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void removingAnOwnerWithoutRecordsIsDoneAtOnce() {
		CompletableFuture<Void> removed = this.registrar.remove(List.of(this.owner));
		this.loop.run();
		assertThat(removed).isCompleted();
	}

	@Test
	void keyThatAnotherOwnerWantsStays() {
		placeFirst();
		Object another = new Object();
		this.registrar.place(another, List.of(shown(FIRST, "first")));
		CompletableFuture<Void> removed = this.registrar.remove(List.of(this.owner));
		this.loop.run();
		assertThat(removed).isCompleted();
		assertThat(this.registrar.state(FIRST)).isEqualTo(RecordState.REGISTERED);
		this.registrar.remove(List.of(another));
		this.loop.run();
		deleted(10, 7);
		assertThat(this.registrar.state(FIRST)).isEqualTo(RecordState.GONE);
	}

	@Test
	void callbackIsCalledOnceTheWholeGroupIsThereAndAtOnceIfItIs() {
		place(shown(FIRST, "first"), shown(SECOND, "second"));
		this.registrar.whenPlaced(this.owner, () -> this.called.add("later"));
		grant(7);
		written("second", 7, 10);
		assertThat(this.called).isEmpty();
		grant(8);
		written("first", 8, 11);
		assertThat(this.called).containsExactly("later");
		this.registrar.whenPlaced(this.owner, () -> this.called.add("at once"));
		this.loop.run();
		assertThat(this.called).containsExactly("later", "at once");
	}

	@Test
	void callbackForAnOwnerThatIsRemovedBeforeIsNeverCalled() {
		place(shown(FIRST, "first"));
		this.registrar.whenPlaced(this.owner, () -> this.called.add("never"));
		this.registrar.remove(List.of(this.owner));
		this.registrar.whenPlaced(this.owner, () -> this.called.add("never"));
		grant(7);
		this.loop.run();
		assertThat(this.called).isEmpty();
	}

	private void placeFirst() {
		place(shown(FIRST, "first"));
		grant(7);
		written("first", 7, 10);
	}

	private void placeBoth() {
		place(shown(FIRST, "first"), shown(SECOND, "second"));
		grant(7);
		written("second", 7, 10);
		this.watchOfSecond = this.etcd.watch;
		grant(8);
		written("first", 8, 11);
		this.watchOfFirst = this.etcd.watch;
	}

	private CompletableFuture<Void> place(WantedRecord... records) {
		CompletableFuture<Void> placed = this.registrar.place(this.owner, List.of(records));
		this.loop.run();
		return placed;
	}

	private void written(String value, long lease, long revision) {
		this.etcd.answer("put " + value + " under " + lease + " if at 0", new WriteResult(true, revision, null));
		this.loop.run();
	}

	private void theirs(WatchListener watch, String key, long revision) {
		watch.onEvents(List.of(new WatchEvent(false, new KeyValue(key, bytes("theirs"), revision, OTHER_LEASE))));
		this.loop.run();
	}

	private void vanished(WatchListener watch, String key, long revision) {
		watch.onEvents(List.of(new WatchEvent(true, new KeyValue(key, new byte[0], revision, 0))));
		this.loop.run();
	}

	private static WantedRecord shown(String key, String value) {
		return new WantedRecord(RegistryEntry.of(key, value), "json", true);
	}

	private static WantedRecord hidden(String key, String value) {
		return new WantedRecord(RegistryEntry.of(key, value), "url", false);
	}

}
