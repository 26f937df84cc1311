package io.github.etcddiscovery.registry;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.Lease;
import io.github.etcddiscovery.client.ReadResult;
import io.github.etcddiscovery.client.WatchEvent;
import io.github.etcddiscovery.client.WriteResult;
import io.github.etcddiscovery.testing.ManualEventLoop;
import io.github.etcddiscovery.testing.ScriptedEtcdClient;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One named test for every race found.
 */
class RegistrarRaceTests {

	private static final String KEY = "/services/orders/1";

	private static final String OTHER_KEY = "/services/orders/2";

	private static final Duration RETRY = Duration.ofSeconds(2);

	private final ScriptedEtcdClient etcd = new ScriptedEtcdClient();

	private final ManualEventLoop loop = new ManualEventLoop();

	private final List<String> registeredKeys = new ArrayList<>();

	private final Registrar registrar = new Registrar(this.etcd,
			new TtlOption(Duration.ofMinutes(1), Duration.ofMinutes(3)), this.registeredKeys::add, this.loop,
			new Random(1));

	@Test
	void registeringAgainWhileTheOldRecordIsLeavingComesBackOnceThatHasGone() {
		registered("UP");
		this.registrar.deregister(KEY);
		this.loop.run();
		CompletableFuture<Void> again = register("AGAIN");
		assertThat(this.etcd.pending()).containsExactly("delete if at 10");
		this.etcd.answer("delete if at 10", new WriteResult(true, 11, null));
		this.loop.run();
		this.etcd.answer("put AGAIN under 7 if at 0", new WriteResult(true, 12, null));
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
		this.etcd.answer("delete if at 10", new WriteResult(true, 11, null));
		this.loop.run();
		assertThat(gone).isCompleted();
		this.etcd.answer("put SECOND under 7 if at 0", new WriteResult(true, 12, null));
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
		this.etcd.answer("delete if at 10", new WriteResult(true, 11, null));
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
	void nobodyWaitsForEverForARegistrarThatIsClosed() {
		registered("UP");
		CompletableFuture<Void> leaving = this.registrar.deregister(KEY);
		this.loop.run();
		CompletableFuture<Void> comeback = register("AGAIN");
		CompletableFuture.runAsync(() -> this.registrar.close(true, Duration.ofMillis(1))).join();
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
		this.etcd.answer("grant", new Lease(8, Duration.ofMinutes(3)));
		this.loop.run();
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
		this.etcd.answer("grant", new Lease(7, Duration.ofMinutes(3)));
		this.loop.run();
		this.etcd.fail("put UP under 7 if at 0", Reason.UNAVAILABLE);
		this.loop.advance(RETRY);
		this.etcd.fail("put UP under 7 if at 0", Reason.NO_SPACE);
		this.loop.run();
		CompletableFuture<Void> gone = this.registrar.deregister(KEY);
		this.loop.run();
		this.etcd.answer("get " + KEY + " at 0", new ReadResult(11, found("UP", 11, 7)));
		this.loop.run();
		this.etcd.answer("delete if at 11", new WriteResult(true, 12, null));
		this.loop.run();
		assertThat(gone).isCompleted();
	}

	@Test
	void recordWhoseCreationIsOpenIsGoneWithTheLeaseItMightBeCreatedUnderAndTheOthersMoveInPlace() {
		registered("UP");
		CompletableFuture<Void> gone = deregisteredWithOpenCreation();
		this.etcd.answer("grant", new Lease(8, Duration.ofMinutes(3)));
		this.loop.run();
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
	void leaseThatRecordsCannotLeaveYetIsRenewedAsTheirNewOneIs() {
		registered("UP");
		deregisteredWithOpenCreation();
		this.etcd.answer("grant", new Lease(8, Duration.ofMinutes(3)));
		this.loop.run();
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
		this.etcd.answer("grant", new Lease(8, Duration.ofMinutes(3)));
		this.loop.run();
		assertThat(gone).isCompleted();
		this.etcd.answer("put UP under 8 if at 0", new WriteResult(true, 20, null));
		this.loop.run();
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void closingRevokesTheLeaseAndNeedsNoOtherForWhatIsOpen() {
		registered("UP");
		deregisteredWithOpenCreation();
		this.etcd.answer("grant", new Lease(8, Duration.ofMinutes(3)));
		this.loop.run();
		CompletableFuture.runAsync(() -> this.registrar.close(true, Duration.ofMillis(1))).join();
		this.loop.run();
		this.etcd.answer("put UP under 8 if at 10", new WriteResult(true, 13, null));
		this.loop.run();
		this.etcd.answer("revoke 7", null);
		this.etcd.answer("delete if at 13", new WriteResult(true, 14, null));
		this.loop.run();
		assertThat(this.etcd.pending()).containsExactly("revoke 8");
	}

	@Test
	void leavingWhileAWriteIsUnderWayTakesOutWhatItWrote() {
		register("UP");
		this.etcd.answer("grant", new Lease(7, Duration.ofMinutes(3)));
		this.loop.run();
		CompletableFuture<Void> gone = this.registrar.deregister(KEY);
		this.loop.run();
		assertThat(gone).isNotDone();
		this.etcd.answer("put UP under 7 if at 0", new WriteResult(true, 10, null));
		this.loop.run();
		this.etcd.answer("delete if at 10", new WriteResult(true, 11, null));
		this.loop.advance(RETRY);
		assertThat(gone).isCompleted();
		assertThat(this.etcd.pending()).isEmpty();
	}

	@Test
	void leaseLostDuringAWriteIsReplacedAndTheRecordWrittenUnderTheNewOne() {
		registered("UP");
		register("DOWN");
		this.etcd.fail("put DOWN under 7 if at 10", Reason.LEASE_NOT_FOUND);
		this.loop.run();
		this.etcd.answer("grant", new Lease(8, Duration.ofMinutes(3)));
		this.loop.run();
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
		CompletableFuture.runAsync(() -> this.registrar.close(false, Duration.ofMillis(1))).join();
		this.loop.run();
		this.etcd.answer("put DOWN under 7 if at 10", new WriteResult(true, 11, null));
		this.loop.run();
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.GONE);
		assertThat(this.etcd.pending()).isEmpty();
	}

	private void registered(String value) {
		CompletableFuture<Void> registered = register(value);
		this.etcd.answer("grant", new Lease(7, Duration.ofMinutes(3)));
		this.loop.run();
		this.etcd.answer("put " + value + " under 7 if at 0", new WriteResult(true, 10, null));
		this.loop.run();
		assertThat(registered).isCompleted();
	}

	private CompletableFuture<Void> register(String value) {
		return register(KEY, value);
	}

	private CompletableFuture<Void> register(String key, String value) {
		CompletableFuture<Void> registered = this.registrar
			.register(new RegistryEntry(key, value.getBytes(StandardCharsets.UTF_8), null, (found) -> false));
		this.loop.run();
		return registered;
	}

	/** A second record, which etcd may still create although it is not there. */
	private CompletableFuture<Void> deregisteredWithOpenCreation() {
		register(OTHER_KEY, "OTHER");
		CompletableFuture<Void> gone = this.registrar.deregister(OTHER_KEY);
		this.loop.run();
		this.etcd.fail("put OTHER under 7 if at 0", Reason.UNAVAILABLE);
		this.loop.advance(RETRY);
		this.etcd.answer("get " + OTHER_KEY + " at 0", new ReadResult(12, null));
		this.loop.run();
		assertThat(gone).isNotDone();
		assertThat(this.etcd.pending()).containsExactly("grant");
		return gone;
	}

	private static KeyValue found(String value, long revision, long lease) {
		return new KeyValue(KEY, value.getBytes(StandardCharsets.UTF_8), revision, lease);
	}

}
