package io.github.etcddiscovery.actuate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class PropagationLagTests {

	private static final String KEY = "/services/orders/a";

	private static final String PREFIX = "/services/";

	private final List<Long> lags = new ArrayList<>();

	private final PropagationLag lag = new PropagationLag(this.lags::add);

	@Test
	void writeThatIsSeenLaterIsMeasuredThen() {
		this.lag.written(KEY, 7, 100);
		this.lag.seen(PREFIX, 6, 110);
		assertThat(this.lags).isEmpty();
		this.lag.seen(PREFIX, 8, 130);
		this.lag.seen(PREFIX, 9, 150);
		assertThat(this.lags).containsExactly(30L);
	}

	@Test
	void writeThatWasSeenBeforeItsAcknowledgementIsMeasuredByTheFirstSight() {
		this.lag.seen(PREFIX, 6, 110);
		this.lag.seen(PREFIX, 7, 120);
		this.lag.seen(PREFIX, 8, 130);
		this.lag.written(KEY, 7, 100);
		assertThat(this.lags).containsExactly(20L);
	}

	@Test
	void whatWasSeenOfAnotherPrefixOrHistoryDoesNotCount() {
		this.lag.seen(PREFIX, 1_000, 90);
		this.lag.seen("/others/", 1_000, 110);
		this.lag.written(KEY, 2, 100);
		assertThat(this.lags).isEmpty();
		this.lag.seen(PREFIX, 2, 105);
		assertThat(this.lags).containsExactly(5L);
	}

	@Test
	void writeThatWasWipedIsNotMeasuredWhenItsRevisionComesAgain() {
		this.lag.written(KEY, 7, 100);
		this.lag.seen(PREFIX, 7, 100 + Duration.ofMinutes(2).toNanos());
		assertThat(this.lags).isEmpty();
	}

	@Test
	void keyUnderALongerPrefixIsSeenThereOnly() {
		this.lag.seen(PREFIX + "orders/", 1, 90);
		this.lag.written(KEY, 7, 100);
		this.lag.seen(PREFIX, 8, 110);
		assertThat(this.lags).isEmpty();
		this.lag.seen(PREFIX + "orders/", 7, 120);
		assertThat(this.lags).containsExactly(20L);
	}

	@Test
	void writesThatAreNeverSeenAreForgotten() {
		for (int i = 0; i < 100; i++) {
			this.lag.written("/elsewhere/" + i, i, i);
		}
		this.lag.seen("/elsewhere/", 1_000, 1_000);
		assertThat(this.lags).hasSize(16);
	}

}
