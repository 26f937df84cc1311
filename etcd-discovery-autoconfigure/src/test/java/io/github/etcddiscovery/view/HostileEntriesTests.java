package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.stream.IntStream;

import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A user who may write one service cannot fill the memory or the log of others. Tests of
 * {@link RangeWriter}.
 */
@ExtendWith(OutputCaptureExtension.class)
class HostileEntriesTests extends ScriptedView {

	@Test
	void reasonsAreKeptForAThousandRejectedEntries() {
		ServiceView<String> view = view();
		start(view,
				IntStream.range(0, 1_100)
					.mapToObj((i) -> found("evil/" + i, "unreadable", 1))
					.toArray(KeyValue[]::new));
		assertThat(view.statistics().rejected()).isEqualTo(1_100);
		assertThat(view.rejections(2_000).values()).filteredOn("not to be read"::equals).hasSize(1_000);
		assertThat(view.rejections(2_000).values())
			.filteredOn("reason not kept: 1000 other entries are rejected"::equals)
			.hasSize(100);
	}

	@Test
	void manyBadEntriesOfOneServiceDoNotHideThoseOfAnother(CapturedOutput output) {
		start(view(),
				IntStream.rangeClosed(0, 150)
					.mapToObj((i) -> found((i < 150) ? "evil/" + i : "stock/1", "unreadable", 1))
					.toArray(KeyValue[]::new));
		assertThat(output.getOut().lines().filter((line) -> line.contains("/services/evil/"))).hasSize(10);
		assertThat(output).contains("Ignoring the entry at /services/stock/1: not to be read");
	}

	@Test
	void textOfOthersNeverMakesALineOfItsOwnInTheLog(CapturedOutput output) {
		start(view(), found("evil/1\n2026 ERROR forged\u001b[31m", "unreadable", 1));
		assertThat(output)
			.contains("/services/evil/1\\u000a2026 ERROR forged\\u001b[31m: Invalid instance id '1\\u000a2026 ERROR")
			.doesNotContain("\u001b");
	}

	@Test
	void watchThatEndsAgainAndAgainIsLoggedOnceAMinute(CapturedOutput output) {
		ServiceView<String> view = view();
		start(view);
		for (int i = 0; i < 20; i++) {
			watching(10);
			assertThat(view.state()).isEqualTo(ViewState.WATCHING);
			ends(Reason.UNAVAILABLE);
			this.loop.advance(RETRY);
		}
		assertThat(output.getOut().lines().filter((line) -> line.contains("is not current"))).hasSize(1);
		assertThat(output.getOut().lines().filter((line) -> line.contains("is current again"))).hasSize(1);
		this.loop.advance(Duration.ofMinutes(1));
		watching(10);
		ends(Reason.UNAVAILABLE);
		assertThat(output.getOut().lines().filter((line) -> line.contains("is not current"))).hasSize(2);
	}

	@Test
	void longInterruptionSoonAfterAShortOneIsLogged(CapturedOutput output) {
		ServiceView<String> view = view();
		start(view);
		watching(10);
		ends(Reason.UNAVAILABLE);
		this.loop.advance(RETRY);
		watching(10);
		assertThat(output).as("a short one").doesNotContain("is not current", "is current again");
		ends(Reason.UNAVAILABLE);
		for (int i = 0; i < 40; i++) {
			this.loop.advance(RETRY);
			ends(Reason.UNAVAILABLE);
		}
		assertThat(output.getOut().lines().filter((line) -> line.contains("is not current"))).hasSize(1);
	}

	@Test
	void interruptionIsNotLoggedWhileTheClientHasNoConnection(CapturedOutput output) {
		ServiceView<String> view = view();
		start(view);
		watching(10);
		this.etcd.connected = false;
		for (int i = 0; i < 40; i++) {
			ends(Reason.UNAVAILABLE);
			this.loop.advance(RETRY);
		}
		assertThat(output).doesNotContain("is not current");
		this.etcd.connected = true;
		this.loop.advance(Duration.ofSeconds(5));
		assertThat(output.getOut()).as("the connection is not the cause").containsOnlyOnce("is not current");
	}

}
