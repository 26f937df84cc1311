package io.github.etcddiscovery.support;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link LimitedLog} with a manual clock.
 */
class LimitedLogTests {

	private final AtomicLong time = new AtomicLong();

	private final Logger logger = (Logger) LoggerFactory.getLogger(LimitedLogTests.class);

	private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

	private final LimitedLog log = new LimitedLog(this.logger, this.time::get);

	@BeforeEach
	void listen() {
		this.appender.start();
		this.logger.addAppender(this.appender);
	}

	@AfterEach
	void listenNoMore() {
		this.logger.detachAppender(this.appender);
	}

	@Test
	void subjectIsLoggedOnceAMinute() {
		this.log.log(Level.WARN, "orders", "/a", () -> "first of a");
		pass(Duration.ofSeconds(59));
		this.log.log(Level.WARN, "orders", "/a", () -> "second of a");
		this.log.log(Level.WARN, "orders", "/b", () -> "first of b");
		assertThat(lines()).containsExactly("first of a", "first of b (1 lines were suppressed before)");
		pass(Duration.ofSeconds(1));
		this.log.log(Level.WARN, "orders", "/a", () -> "third of a");
		assertThat(lines()).last().isEqualTo("third of a");
	}

	@Test
	void topicIsLoggedTenTimesAMinuteAndHidesNoOther() {
		for (int i = 0; i < 150; i++) {
			this.log.log(Level.WARN, "evil", "/" + i, () -> "bad");
		}
		assertThat(lines()).hasSize(10);
		this.log.log(Level.WARN, "stock", "/a", () -> "of another");
		assertThat(lines()).last().isEqualTo("of another (140 lines were suppressed before)");
	}

	@Test
	void hundredTopicsAreLoggedAMinute() {
		for (int i = 0; i < 1_000; i++) {
			this.log.log(Level.WARN, "topic" + i, "/a", () -> "bad");
		}
		assertThat(lines()).hasSize(100);
		this.log.log(Level.WARN, "topic0", "/b", () -> "of a known topic");
		assertThat(lines()).hasSize(101);
		pass(Duration.ofMinutes(1));
		this.log.log(Level.WARN, "topic999", "/a", () -> "bad");
		assertThat(lines()).hasSize(102);
	}

	@Test
	void lineIsCut() {
		this.log.log(Level.WARN, "orders", "/a", () -> "x".repeat(5_000));
		assertThat(lines()).containsExactly("x".repeat(1_000) + "...");
	}

	private List<String> lines() {
		return this.appender.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
	}

	private void pass(Duration duration) {
		this.time.addAndGet(duration.toNanos());
	}

}
