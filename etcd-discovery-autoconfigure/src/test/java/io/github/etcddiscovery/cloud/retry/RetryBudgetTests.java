package io.github.etcddiscovery.cloud.retry;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link RetryBudget} by a clock that is turned.
 */
@ExtendWith(OutputCaptureExtension.class)
class RetryBudgetTests {

	private final AtomicLong time = new AtomicLong(-Duration.ofSeconds(25).toNanos());

	@Test
	void hundredRetriesInTenSecondsAreLeftWhereThereIsHardlyAnyTraffic() {
		RetryBudget budget = new RetryBudget("stock", 0, this.time::get);
		assertThat(retries(budget)).isEqualTo(100);
		pass(Duration.ofSeconds(9));
		assertThat(retries(budget)).isZero();
		pass(Duration.ofSeconds(1));
		assertThat(retries(budget)).isEqualTo(100);
	}

	@Test
	void shareOfTheRequestsOfTenSecondsIsLeftBesides() {
		RetryBudget budget = new RetryBudget("stock", 0.2, this.time::get);
		for (int second = 0; second < 10; second++) {
			IntStream.range(0, 50).forEach((request) -> budget.deposit());
			pass(Duration.ofMillis(950));
		}
		assertThat(retries(budget)).isEqualTo(200);
		pass(Duration.ofSeconds(30));
		assertThat(retries(budget)).as("when those are long ago").isEqualTo(100);
	}

	@Test
	void eachFurtherRequestAddsItsShareToASpentBudget() {
		RetryBudget budget = new RetryBudget("stock", 0.5, this.time::get);
		assertThat(retries(budget)).isEqualTo(100);
		budget.deposit();
		assertThat(retries(budget)).isEqualTo(1);
		budget.deposit();
		assertThat(retries(budget)).isZero();
		budget.deposit();
		assertThat(retries(budget)).isEqualTo(1);
	}

	@Test
	void saysOnceAMinuteThatItIsSpent(CapturedOutput output) {
		RetryBudget budget = new RetryBudget("stock", 0.2, this.time::get);
		for (int second = 0; second < 61; second++) {
			retries(budget);
			pass(Duration.ofSeconds(1));
		}
		assertThat(output.toString()
			.lines()
			.filter((line) -> line.contains("Requests to stock that fail are not sent again for now: more than 10 a"
					+ " second and 20 % were")))
			.hasSize(2);
	}

	private void pass(Duration duration) {
		this.time.addAndGet(duration.toNanos());
	}

	private static int retries(RetryBudget budget) {
		int retries = 0;
		while (retries < 1_000 && budget.tryWithdraw()) {
			retries++;
		}
		return retries;
	}

}
