package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link RejectionLog} by a clock that is turned.
 */
@ExtendWith(OutputCaptureExtension.class)
class RejectionLogTests {

	private final AtomicLong time = new AtomicLong();

	private final RejectionLog log = new RejectionLog(this.time::get);

	@Test
	void keyIsLoggedOnceAMinute(CapturedOutput output) {
		this.log.add("/a", "first");
		pass(Duration.ofSeconds(59));
		this.log.add("/a", "second");
		this.log.add("/b", "other");
		assertThat(output).contains("Ignoring the entry at /a: first")
			.contains("Ignoring the entry at /b: other; and 1 times entries that were not logged")
			.doesNotContain("second");
		pass(Duration.ofSeconds(1));
		this.log.add("/a", "third");
		assertThat(output).contains("Ignoring the entry at /a: third");
	}

	@Test
	void hundredKeysAreLoggedAMinute(CapturedOutput output) {
		for (int i = 0; i < 1_000; i++) {
			this.log.add("/" + i, "bad");
		}
		assertThat(output.toString().lines().filter((line) -> line.contains("Ignoring"))).hasSize(100);
		pass(Duration.ofMinutes(1));
		this.log.add("/0", "bad");
		assertThat(output).contains("and 900 times entries that were not logged");
	}

	private void pass(Duration duration) {
		this.time.addAndGet(duration.toNanos());
	}

}
