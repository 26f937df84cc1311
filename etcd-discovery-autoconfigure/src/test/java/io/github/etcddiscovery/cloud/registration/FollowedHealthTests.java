package io.github.etcddiscovery.cloud.registration;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.etcddiscovery.cloud.registration.FollowedHealth.Result;
import io.github.etcddiscovery.cloud.registration.FollowedHealth.Settings;
import io.github.etcddiscovery.doubles.ManualEventLoop;
import io.github.etcddiscovery.support.EventLoop;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of {@link FollowedHealth}.
 */
@ExtendWith(OutputCaptureExtension.class)
class FollowedHealthTests {

	private static final Duration INTERVAL = Duration.ofSeconds(2);

	private static final Duration TIMEOUT = Duration.ofSeconds(1);

	private static final Result UP = new Result(true, "UP");

	private static final Result DOWN = new Result(false, "db is DOWN");

	private final ManualEventLoop timer = new ManualEventLoop();

	private final ManualEventLoop checker = new ManualEventLoop();

	private final List<Boolean> heard = new ArrayList<>();

	private Result result = UP;

	/** How many threads for checks were started. */
	private int started;

	private FollowedHealth health = health(2, 1);

	@Test
	void firstCheckDecidesAlone() {
		this.health = health(2, 3);
		CompletableFuture<Void> first = begin();
		assertThat(this.health.state().up()).as("before the check").isFalse();
		assertThat(first).isNotDone();
		check(UP);
		assertThat(first).isCompleted();
		assertThat(this.health.state().up()).isTrue();
		assertThat(this.heard).as("the caller may not have waited").containsExactly(true);
	}

	@Test
	void firstCheckThatFailsIsLoggedWithTheReason(CapturedOutput output) {
		begin();
		check(DOWN);
		assertThat(this.health.state().up()).isFalse();
		assertThat(this.health.state().description()).isEqualTo("db is DOWN");
		assertThat(output).contains(
				"Health group readiness is not UP (db is DOWN): until it is, this application is not advertised as UP");
	}

	@Test
	void failuresInARowMakeItUnhealthy() {
		begin();
		check(UP);
		next(DOWN);
		next(UP);
		next(DOWN);
		assertThat(this.health.state().up()).as("not in a row").isTrue();
		next(DOWN);
		assertThat(this.health.state().up()).isFalse();
		next(DOWN);
		assertThat(this.heard).containsExactly(true, false);
	}

	@Test
	void successesInARowMakeItHealthyAgain(CapturedOutput output) {
		this.health = health(1, 2);
		begin();
		check(DOWN);
		next(UP);
		next(DOWN);
		next(UP);
		assertThat(this.health.state().up()).as("not in a row").isFalse();
		next(UP);
		assertThat(this.health.state().up()).isTrue();
		assertThat(this.heard).containsExactly(false, true);
		assertThat(output).contains("Health group readiness is UP again");
	}

	@Test
	void checkThatTakesTooLongIsAFailureWhateverItReturnsLater() {
		this.health = health(1, 1);
		begin();
		check(UP);
		this.timer.advance(INTERVAL.plus(TIMEOUT));
		assertThat(this.health.state()).isEqualTo(new FollowedHealth.State(false, "no result within 1000 ms"));
		this.checker.run();
		this.timer.run();
		assertThat(this.health.state().up()).as("too late").isFalse();
		this.timer.advance(TIMEOUT);
		check(UP);
		assertThat(this.health.state().up()).isTrue();
	}

	@Test
	void whileManyChecksHangNoOtherIsStarted() {
		begin();
		check(UP);
		for (int i = 0; i < 7; i++) {
			this.timer.advance(INTERVAL.plus(TIMEOUT));
		}
		assertThat(this.health.state().description()).isEqualTo("no result within 1000 ms, and 5 checks still run");
		assertThat(this.started).isEqualTo(5);
		this.checker.run();
		this.timer.run();
		this.timer.advance(TIMEOUT);
		check(UP);
		assertThat(this.health.state().up()).as("none hangs any more").isTrue();
	}

	@Test
	void checkThatHangsIsInterruptedAndTheNextOneCounts() {
		CompletableFuture<Result> never = new CompletableFuture<>();
		AtomicInteger calls = new AtomicInteger();
		this.health = new FollowedHealth(new Settings("readiness", Duration.ofMillis(20), Duration.ofMillis(50), 1, 1),
				() -> (calls.getAndIncrement() == 0) ? waitFor(never) : UP);
		this.health.start(() -> {
		});
		assertThat(this.health.state().up()).isFalse();
		await().atMost(Duration.ofSeconds(5)).until(() -> this.health.state().up());
		this.health.stop();
	}

	private static Result waitFor(CompletableFuture<Result> result) {
		try {
			return result.get();
		}
		catch (InterruptedException | ExecutionException ex) {
			return DOWN;
		}
	}

	@Test
	void intervalThatIsShorterThanTheTimeoutDoesNotCutChecksShort() {
		this.health = new FollowedHealth(new Settings("readiness", Duration.ofMillis(100), TIMEOUT, 1, 1),
				() -> this.result, () -> this.timer, () -> this.checker);
		begin();
		check(UP);
		this.timer.advance(Duration.ofMillis(900));
		this.checker.run();
		this.timer.run();
		assertThat(this.health.state().up()).isTrue();
		assertThat(this.heard).as("nothing but the first check").containsExactly(true);
	}

	@Test
	void checkThatThrowsIsAFailure() {
		this.health = new FollowedHealth(new Settings("readiness", INTERVAL, TIMEOUT, 1, 1), () -> {
			throw new NoClassDefFoundError("thrown on purpose");
		}, () -> this.timer, () -> this.checker);
		begin();
		check(UP);
		assertThat(this.health.state())
			.isEqualTo(new FollowedHealth.State(false, "the check failed with java.lang.NoClassDefFoundError"));
	}

	@Test
	void anotherStartForgetsTheStateAndEndsTheFormerChecks() {
		begin();
		check(UP);
		this.health.begin(() -> {
		});
		assertThat(this.timer.isClosed()).isTrue();
		assertThat(this.health.state()).isEqualTo(new FollowedHealth.State(false, "not checked yet"));
	}

	@Test
	void stopEndsBothThreads() {
		begin();
		this.health.stop();
		assertThat(this.timer.isClosed()).isTrue();
		assertThat(this.checker.isClosed()).isTrue();
	}

	@Test
	void startWaitsForTheFirstCheckAndCanBeRepeated() {
		this.health = new FollowedHealth(new Settings("readiness", INTERVAL, TIMEOUT, 1, 1), () -> this.result);
		for (Result next : List.of(UP, DOWN)) {
			this.result = next;
			this.health.start(() -> {
			});
			assertThat(this.health.state().up()).isEqualTo(next.up());
			this.health.stop();
		}
	}

	@Test
	void startGivesUpWaitingAfterTheTimeout() {
		CompletableFuture<Result> never = new CompletableFuture<>();
		this.health = new FollowedHealth(new Settings("readiness", INTERVAL, Duration.ofMillis(50), 1, 1), never::join,
				() -> EventLoop.onThread("test-health"), () -> EventLoop.onThread("test-health-check"));
		this.health.start(() -> {
		});
		assertThat(this.health.state().description()).isEqualTo("no result within 50 ms");
		this.health.stop();
		never.complete(UP);
	}

	private FollowedHealth health(int failures, int successes) {
		return new FollowedHealth(new Settings("readiness", INTERVAL, TIMEOUT, failures, successes), () -> this.result,
				() -> this.timer, () -> {
					this.started++;
					return this.checker;
				});
	}

	private CompletableFuture<Void> begin() {
		CompletableFuture<Void> first = this.health.begin(() -> this.heard.add(this.health.state().up()));
		this.timer.run();
		return first;
	}

	private void next(Result result) {
		this.timer.advance(INTERVAL);
		check(result);
	}

	/** Lets the check that has begun return a result. */
	private void check(Result result) {
		this.result = result;
		this.checker.run();
		this.timer.run();
	}

}
