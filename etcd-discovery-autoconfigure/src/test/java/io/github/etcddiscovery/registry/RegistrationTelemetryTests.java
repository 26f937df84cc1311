package io.github.etcddiscovery.registry;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.WatchEvent;
import io.github.etcddiscovery.client.WriteResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.springframework.util.StringUtils.countOccurrencesOf;

/**
 * What those hear of a registration who measure it, wait for it or read the log. Tests of
 * {@link RecordProgress}.
 */
@ExtendWith(OutputCaptureExtension.class)
class RegistrationTelemetryTests extends ScriptedRegistrar {

	private static final String REGISTER = "REGISTER " + KEY;

	private static final String NO_LEASE = "No lease for " + KEY + " yet: failed on purpose";

	private static final String DEREGISTER = "DEREGISTER " + KEY;

	@Test
	void registeringTakesFromWhenARecordIsWantedUntilEtcdHasIt() {
		register("UP");
		assertThat(this.telemetry.heard()).containsExactly(REGISTER + " begins");
		this.loop.advance(Duration.ofNanos(5));
		grant(7);
		this.etcd.answer("put UP under 7 if at 0", new WriteResult(true, 10, null));
		this.loop.run();
		assertThat(this.telemetry.heard()).containsExactly(KEY + " written at 10, sent at 5", REGISTER + " succeeds");
		register("UP");
		assertThat(this.telemetry.heard()).as("it is there").isEmpty();
	}

	@Test
	void deregisteringTakesFromWhenARecordIsNotWantedUntilItHasLeft() {
		registered("UP");
		this.telemetry.heard();
		this.registrar.deregister(KEY);
		this.loop.run();
		assertThat(this.telemetry.heard()).containsExactly(DEREGISTER + " begins");
		deleted(10, 7);
		assertThat(this.telemetry.heard()).containsExactly(DEREGISTER + " succeeds");
	}

	@Test
	void recordThatIsNotWantedAnyMoreHasNotBeenRegistered() {
		CompletableFuture<Void> registered = register("UP");
		this.registrar.deregister(KEY);
		this.loop.run();
		assertThat(registered).isCancelled();
		assertThat(this.telemetry.heard()).containsExactly(REGISTER + " begins",
				REGISTER + " fails: " + KEY + " is not wanted any more", DEREGISTER + " begins",
				DEREGISTER + " succeeds");
	}

	@Test
	void refusalEndsAnAttemptAndIsLoggedOnce(CapturedOutput output) {
		CompletableFuture<Void> registered = register("UP");
		grant(7);
		this.telemetry.heard();
		assertThat(this.registrar.refusal(KEY)).isNull();
		for (int i = 1; i <= 2; i++) {
			this.etcd.fail("put UP under 7 if at 0", Reason.PERMISSION_DENIED);
			this.loop.advance(RETRY);
			assertThat(this.telemetry.heard()).containsExactly(REGISTER + " fails: failed on purpose",
					REGISTER + " begins");
			assertThat(this.registrar.refusal(KEY).reason()).isEqualTo(Reason.PERMISSION_DENIED);
			assertThat(this.blockedKeys).hasSize(i).containsOnly(KEY);
		}
		assertThat(registered).isCompletedExceptionally();
		assertThat(output.getOut()).containsOnlyOnce(KEY + " is not registered: failed on purpose");
		this.etcd.answer("put UP under 7 if at 0", new WriteResult(true, 10, null));
		this.loop.run();
		assertThat(this.registrar.refusal(KEY)).isNull();
	}

	@Test
	void refusedChangeLeavesTheRecordRegistered(CapturedOutput output) {
		registered("UP");
		this.telemetry.heard();
		register("DOWN");
		this.etcd.fail("put DOWN under 7 if at 10", Reason.PERMISSION_DENIED);
		this.loop.run();
		assertThat(this.blockedKeys).isEmpty();
		assertThat(this.telemetry.heard()).as("it is there").isEmpty();
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.REGISTERED);
		assertThat(output).contains(KEY + " is not changed: failed on purpose");
		register("UP");
		assertThat(this.registrar.refusal(KEY)).as("nothing is asked for").isNull();
	}

	@Test
	void refusedDeletionEndsAnAttemptAndDoesNotBlockTheRecord(CapturedOutput output) {
		registered("UP");
		this.registrar.deregister(KEY);
		this.loop.run();
		this.telemetry.heard();
		this.etcd.fail("delete if at 10", Reason.PERMISSION_DENIED);
		this.loop.run();
		assertThat(this.telemetry.heard()).containsExactly(DEREGISTER + " fails: failed on purpose",
				DEREGISTER + " begins");
		assertThat(this.blockedKeys).isEmpty();
		assertThat(output).contains(KEY + " is not deregistered: failed on purpose");
		assertThat(this.registrar.refusal(KEY).reason()).isEqualTo(Reason.PERMISSION_DENIED);
	}

	@Test
	void recordThatIsDeletedBySomebodyIsRegisteredOnceMore(CapturedOutput output) {
		registered("UP");
		this.telemetry.heard();
		assertThat(this.registrar.reregistrations()).isZero();
		this.etcd.watch.onEvents(List.of(new WatchEvent(true, found("", 12, 0))));
		this.loop.advance(RETRY);
		assertThat(this.telemetry.heard()).containsExactly(REGISTER + " begins");
		assertThat(output).contains(KEY + " was deleted by somebody else");
		this.etcd.answer("put UP under 7 if at 0", new WriteResult(true, 13, null));
		this.loop.run();
		assertThat(this.telemetry.heard()).contains(REGISTER + " succeeds");
		assertThat(this.registrar.reregistrations()).isEqualTo(1);
		assertThat(this.registeredKeys).containsExactly(KEY, KEY);
	}

	@Test
	void recordWhoseLeaseIsLostIsMissing() {
		registered("UP");
		this.telemetry.heard();
		register("DOWN");
		this.etcd.fail("put DOWN under 7 if at 10", Reason.LEASE_NOT_FOUND);
		this.loop.run();
		assertThat(this.telemetry.heard()).containsExactly(REGISTER + " begins");
		assertThat(this.registrar.state(KEY)).isEqualTo(RecordState.WANTED);
	}

	@Test
	void leaseThatIsRefusedBlocksWhatIsNotRegisteredAndIsLoggedOncePerReason(CapturedOutput output) {
		CompletableFuture<Void> registered = register("UP");
		this.etcd.fail("grant", Reason.NO_SPACE);
		this.loop.advance(RETRY);
		assertThat(registered).isCompletedExceptionally();
		assertThat(this.registrar.refusal(KEY).reason()).isEqualTo(Reason.NO_SPACE);
		assertThat(this.blockedKeys).containsExactly(KEY);
		this.etcd.fail("grant", Reason.NO_SPACE);
		this.loop.advance(RETRY);
		assertThat(output.getOut()).containsOnlyOnce(NO_LEASE);
		this.blockedKeys.clear();
		this.etcd.fail("grant", Reason.UNAVAILABLE);
		this.loop.advance(RETRY);
		assertThat(output.getOut()).as("the connection may just have been lost").containsOnlyOnce(NO_LEASE);
		this.etcd.fail("grant", Reason.UNAVAILABLE);
		this.loop.advance(RETRY);
		assertThat(this.blockedKeys).as("etcd only does not answer").isEmpty();
		assertThat(countOccurrencesOf(output.getOut(), NO_LEASE)).as("for another reason").isEqualTo(2);
		grant(7);
		assertThat(output).contains("A lease for " + KEY + " is granted again");
	}

	@Test
	void whoeverRegistersWhileLeasesAreRefusedIsToldSo() {
		register("UP");
		this.etcd.fail("grant", Reason.NO_SPACE);
		this.loop.advance(RETRY);
		CompletableFuture<Void> again = register("UP");
		CompletableFuture<Void> other = register(OTHER_KEY, "OTHER");
		assertThat(other).isNotDone();
		this.etcd.fail("grant", Reason.NO_SPACE);
		this.etcd.fail("grant", Reason.NO_SPACE);
		this.loop.run();
		assertThat(again).isCompletedExceptionally();
		assertThat(other).isCompletedExceptionally();
		assertThat(this.registrar.refusal(OTHER_KEY).reason()).isEqualTo(Reason.NO_SPACE);
		assertThat(this.blockedKeys).contains(OTHER_KEY);
	}

	@Test
	void leaseThatIsRefusedForOneRecordBlocksNoOther() {
		registered("UP");
		register(OTHER_KEY, "OTHER");
		this.etcd.fail("grant", Reason.NO_SPACE);
		this.loop.run();
		assertThat(this.registrar.refusal(KEY)).isNull();
		assertThat(this.registrar.refusal(OTHER_KEY).reason()).isEqualTo(Reason.NO_SPACE);
		assertThat(this.blockedKeys).containsExactly(OTHER_KEY);
	}

	@Test
	void renewalIsNotLoggedWhileTheClientHasNoConnection(CapturedOutput output) {
		registered("UP");
		this.etcd.connected = false;
		this.loop.advance(HEARTBEAT);
		failRenewal(Reason.UNAVAILABLE);
		this.loop.advance(RETRY);
		this.etcd.renewals.remove(7L).complete(TTL);
		this.loop.run();
		assertThat(output).doesNotContain("cannot be renewed", "renewed again");
		this.loop.advance(HEARTBEAT);
		failRenewal(Reason.PERMISSION_DENIED);
		assertThat(output.getOut()).as("a refusal").containsOnlyOnce("cannot be renewed for now: failed on purpose");
	}

	@Test
	void renewalsThatFailAreLoggedOncePerReasonAndSoIsTheFirstThatSucceeds(CapturedOutput output) {
		registered("UP");
		this.loop.advance(HEARTBEAT);
		for (Reason reason : List.of(Reason.UNAVAILABLE, Reason.UNAVAILABLE, Reason.PERMISSION_DENIED)) {
			failRenewal(reason);
			this.loop.advance(RETRY);
		}
		assertThat(countOccurrencesOf(output.getOut(),
				"The lease of " + KEY + " cannot be renewed for now: failed on purpose"))
			.isEqualTo(2);
		assertThat(output).doesNotContain("is renewed again");
		this.etcd.renewals.remove(7L).complete(TTL);
		this.loop.run();
		assertThat(output.getOut()).containsOnlyOnce("is renewed again");
		this.loop.advance(HEARTBEAT);
		this.etcd.renewals.remove(7L).complete(TTL);
		this.loop.run();
		assertThat(output.getOut()).containsOnlyOnce("is renewed again");
	}

	@Test
	void recordThatIsLeftToItsLeaseHasNotBeenDeregistered() {
		registered("UP");
		this.registrar.deregister(KEY);
		this.loop.run();
		this.telemetry.heard();
		this.registrar.close(false, Duration.ofMillis(1));
		assertThat(this.telemetry.heard()).containsExactly(DEREGISTER + " fails: " + KEY + " is left to its lease");
	}

	private void failRenewal(Reason reason) {
		this.etcd.renewals.remove(7L).completeExceptionally(new EtcdException(reason, "failed on purpose", null));
		this.loop.run();
	}

}
