package io.github.etcddiscovery.view;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.WatchEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What those hear of a view who measure it, read it, subscribe to it or look at the log.
 */
@ExtendWith(OutputCaptureExtension.class)
class ViewTelemetryTests extends ScriptedView {

	private static final Duration SHORTEST = Duration.ofMillis(50);

	private static final String RESYNC = "RESYNC /services/";

	private final ServiceView<String> view = view();

	@Test
	void firstListingIsNoResync(CapturedOutput output) {
		start(this.view, found("orders/a", "1", 9));
		assertThat(this.telemetry.heard()).containsExactly("/services/ seen at 10");
		assertThat(this.view.statistics()).isEqualTo(new ViewStatistics(1, 0, 1, 0, 0));
		assertThat(this.view.catalog().positions()).containsExactly(new Catalog.Position("/services/", 1, 10));
		assertThat(output).contains("Found 1 entries under /services/ in etcd at nowhere");
	}

	@Test
	void readingEverythingAgainIsMeasuredAndCounted(CapturedOutput output) {
		start(this.view);
		for (int i = 1; i <= 2; i++) {
			this.telemetry.heard();
			ends(Reason.COMPACTED);
			assertThat(this.telemetry.heard()).isEmpty();
			this.loop.advance(RETRY);
			assertThat(this.telemetry.heard()).containsExactly(RESYNC + " begins");
			listed(10 + i);
			assertThat(this.telemetry.heard()).containsExactly("/services/ seen at " + (10 + i), RESYNC + " succeeds");
			assertThat(this.view.statistics().resyncs()).isEqualTo(i);
		}
		assertThat(output.getOut()).containsOnlyOnce("Found 0 entries under /services/");
	}

	@Test
	void resyncThatFailsEndsAndBeginsAnew() {
		start(this.view);
		ends(Reason.COMPACTED);
		this.loop.advance(RETRY);
		this.telemetry.heard();
		this.etcd.fail("list /services/", Reason.UNAVAILABLE);
		this.loop.run();
		assertThat(this.telemetry.heard()).containsExactly(RESYNC + " fails: failed on purpose");
		this.loop.advance(RETRY);
		assertThat(this.telemetry.heard()).containsExactly(RESYNC + " begins");
	}

	@Test
	void changesAreCountedAndSeenTogether() {
		start(this.view);
		watching(10);
		this.telemetry.heard();
		happens(put("orders/a", "1", 11), put("orders/b", "2", 12));
		assertThat(this.view.statistics()).isEqualTo(new ViewStatistics(2, 0, 2, 2, 0));
		assertThat(this.telemetry.heard()).containsExactly("/services/ seen at 12");
	}

	@Test
	void readerDoesNotWaitForAWriterThatNeverPauses() {
		start(this.view);
		watching(10);
		this.telemetry.heard();
		for (int i = 1; i <= 2_001; i++) {
			this.etcd.watch.onEvents(List.of(put("orders/a", "v" + i, 10 + i)));
		}
		this.loop.run();
		assertThat(this.telemetry.heard()).containsExactly("/services/ seen at 1010", "/services/ seen at 2010",
				"/services/ seen at 2011");
		assertThat(this.view.catalog().all("orders")).containsExactly("v2001");
	}

	@Test
	void listsStayTheSameWhileOtherServicesChange() {
		start(this.view, found("orders/a", "1", 1), found("stock/a", "2", 2));
		watching(10, found("orders/a", "1", 1), found("stock/a", "2", 2));
		happens(put("orders/b", "3", 11));
		List<String> orders = this.view.catalog().available("orders");
		List<String> services = this.view.catalog().services();
		happens(put("stock/b", "4", 12));
		assertThat(this.view.catalog().available("orders")).isSameAs(orders);
		assertThat(this.view.catalog().services()).isSameAs(services);
	}

	@Test
	void subscribersHearOfChanges() {
		List<List<String>> heard = new ArrayList<>();
		start(this.view);
		watching(10);
		this.view.subscribe((catalog) -> heard.add(catalog.all("orders")));
		this.notifier.run();
		happens(put("orders/a", "1", 11));
		this.notifier.run();
		assertThat(heard).containsExactly(List.of(), List.of("1"));
	}

	@Test
	void failureIsReportedUntilChangesArriveAgain(CapturedOutput output) {
		start(this.view);
		watching(10);
		assertThat(this.view.failure()).isNull();
		assertThat(output).doesNotContain("current again");
		ends(Reason.UNAVAILABLE);
		for (int i = 0; i < 2; i++) {
			assertThat(this.view.failure()).isEqualTo("ended on purpose");
			assertThat(this.view.state()).isEqualTo(ViewState.WAITING);
			this.loop.advance(RETRY);
			ends(Reason.UNAVAILABLE);
		}
		assertThat(this.view.staleness()).as("since the first failure").isEqualTo(RETRY.multipliedBy(2));
		assertThat(output).as("not yet").doesNotContain("is not current");
		this.loop.advance(RETRY);
		assertThat(output.getOut()).containsOnlyOnce("The view of /services/ is not current: ended on purpose");
		ends(Reason.PERMISSION_DENIED);
		assertThat(output.getOut().lines().filter((line) -> line.contains("is not current"))).as("for another reason")
			.hasSize(2);
		this.loop.advance(RETRY);
		watching(10);
		assertThat(this.view.failure()).isNull();
		assertThat(this.view.staleness()).isZero();
		assertThat(output).contains("The view of /services/ is current again after 8000 ms");
	}

	@Test
	void historyThatCannotBeProvenIsAFailure() {
		start(this.view);
		this.etcd.watch.onCreated(10);
		this.loop.run();
		this.etcd.fail("past /services/ at 10 of /services/", Reason.UNAVAILABLE);
		this.loop.run();
		assertThat(this.view.failure()).isEqualTo("failed on purpose");
		assertThat(this.etcd.openWatches).isEmpty();
		this.loop.advance(RETRY);
		watching(10);
		assertThat(this.view.failure()).isNull();
		assertThat(this.etcd.openWatches).hasSize(1);
	}

	@Test
	void waitsAreShortAgainOnceAWatchHasLived() {
		start(this.view);
		for (int i = 0; i < 5; i++) {
			ends(Reason.UNAVAILABLE);
			this.loop.advance((i > 0) ? SHORTEST : Duration.ZERO);
			assertThat(this.etcd.openWatches).as("longer each time").isEmpty();
			this.loop.advance(RETRY);
		}
		watching(10);
		this.loop.advance(Duration.ofSeconds(3));
		ends(Reason.UNAVAILABLE);
		this.loop.advance(SHORTEST);
		assertThat(this.etcd.openWatches).hasSize(1);
	}

	@Test
	void closedViewStopsWhateverItDoes() {
		start(this.view);
		ends(Reason.COMPACTED);
		this.loop.advance(RETRY);
		this.telemetry.heard();
		this.view.close();
		assertThat(this.telemetry.heard()).containsExactly(RESYNC + " fails: The view of /services/ is closed");
		assertThat(this.loop.isClosed()).as("not before all that was asked for is done").isFalse();
		this.loop.run();
		assertThat(this.view.state()).isEqualTo(ViewState.CLOSED);
		assertThat(this.loop.isClosed()).isTrue();
		assertThat(this.notifier.isClosed()).isTrue();
		listed(12, found("orders/a", "1", 12));
		assertThat(this.view.catalog().revision()).isEqualTo(10);
		this.view.close();
		this.loop.run();
		assertThat(this.view.state()).isEqualTo(ViewState.CLOSED);
	}

	@Test
	void closedViewWatchesNothing() {
		start(this.view);
		watching(10);
		this.view.close();
		this.loop.run();
		assertThat(this.etcd.openWatches).isEmpty();
		assertThat(this.view.state()).isEqualTo(ViewState.CLOSED);
	}

	@Test
	void instancesWithoutLeaseAreCountedAndNamedInOrder() {
		start(this.view, found("orders/b", "1", 9), found("orders/a", "1", 8), leased("orders/c", 7));
		watching(10, found("orders/b", "1", 9), found("orders/a", "1", 8), leased("orders/c", 7));
		assertThat(this.view.withoutLease(10)).containsExactly("/services/orders/a", "/services/orders/b");
		assertThat(this.view.withoutLease(1)).containsExactly("/services/orders/a");
		happens(new WatchEvent(false, leased("orders/a", 11)), put("orders/c", "1", 12),
				put("orders/b", "unreadable", 13));
		assertThat(this.view.withoutLease(10)).containsExactly("/services/orders/c");
		assertThat(this.view.statistics().withoutLease()).isEqualTo(1);
		happens(deleted("orders/c", 14));
		assertThat(this.view.withoutLease(10)).isEmpty();
	}

	private static KeyValue leased(String instance, long revision) {
		return new KeyValue("/services/" + instance, "1".getBytes(StandardCharsets.UTF_8), revision, 4711);
	}

}
