package io.github.etcddiscovery.support;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link LimitedLog} with a manual clock.
 */
@ExtendWith(OutputCaptureExtension.class)
class LimitedLogTests {

	private final AtomicLong time = new AtomicLong();

	private final LimitedLog log = new LimitedLog(LoggerFactory.getLogger(LimitedLogTests.class), this.time::get);

	@Test
	void subjectIsLoggedOnceAMinute(CapturedOutput output) {
		this.log.log(Level.WARN, "orders", "/a", "first of a");
		pass(Duration.ofSeconds(59));
		this.log.log(Level.WARN, "orders", "/a", "second of a");
		this.log.log(Level.WARN, "orders", "/b", "first of b");
		assertThat(lines(output)).containsExactly("first of a", "first of b (1 lines were suppressed before)");
		pass(Duration.ofSeconds(1));
		this.log.log(Level.WARN, "orders", "/a", "third of a");
		assertThat(lines(output)).last().isEqualTo("third of a");
	}

	@Test
	void topicIsLoggedTenTimesAMinuteAndHidesNoOther(CapturedOutput output) {
		for (int i = 0; i < 150; i++) {
			this.log.log(Level.WARN, "evil", "/" + i, "bad");
		}
		assertThat(lines(output)).hasSize(10);
		this.log.log(Level.WARN, "stock", "/a", "of another");
		assertThat(lines(output)).last().isEqualTo("of another (140 lines were suppressed before)");
	}

	@Test
	void hundredTopicsAreLoggedAMinute(CapturedOutput output) {
		for (int i = 0; i < 1_000; i++) {
			this.log.log(Level.WARN, "topic" + i, "/a", "bad");
		}
		assertThat(lines(output)).hasSize(100);
		this.log.log(Level.WARN, "topic0", "/b", "of a known topic");
		assertThat(lines(output)).hasSize(101);
		pass(Duration.ofMinutes(1));
		this.log.log(Level.WARN, "topic999", "/a", "bad");
		assertThat(lines(output)).hasSize(102);
	}

	@Test
	void lineIsCut(CapturedOutput output) {
		this.log.log(Level.WARN, "orders", "/a", "x".repeat(5_000));
		assertThat(lines(output)).containsExactly("x".repeat(1_000) + "...");
	}

	private static List<String> lines(CapturedOutput output) {
		return output.getOut()
			.lines()
			.filter((line) -> line.contains("WARN"))
			.map((line) -> line.substring(line.indexOf("LimitedLogTests -- ") + "LimitedLogTests -- ".length()))
			.toList();
	}

	private void pass(Duration duration) {
		this.time.addAndGet(duration.toNanos());
	}

}
