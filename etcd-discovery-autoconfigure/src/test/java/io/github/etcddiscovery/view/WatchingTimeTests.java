package io.github.etcddiscovery.view;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A clock that stands still while changes do not arrive.
 */
class WatchingTimeTests {

	private long now = 100;

	private final WatchingTime time = new WatchingTime(() -> this.now);

	@Test
	void everyInterruptionIsLeftOut() {
		this.now = 110;
		this.time.stop();
		this.now = 150;
		assertThat(this.time.getAsLong()).isEqualTo(110);
		this.time.goOn();
		this.now = 155;
		assertThat(this.time.getAsLong()).isEqualTo(115);
		this.time.stop();
		this.now = 165;
		this.time.goOn();
		assertThat(this.time.getAsLong()).isEqualTo(115);
	}

	@Test
	void stoppingTwiceAndGoingOnTwiceIsOnce() {
		this.time.stop();
		this.now = 110;
		this.time.stop();
		this.now = 120;
		this.time.goOn();
		this.now = 125;
		this.time.goOn();
		assertThat(this.time.getAsLong()).isEqualTo(105);
	}

}
