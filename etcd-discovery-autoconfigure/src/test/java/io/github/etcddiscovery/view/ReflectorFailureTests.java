package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.List;

import io.github.etcddiscovery.client.EtcdException.Reason;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a view does after failures: how long it waits, and that nothing ends it. Tests of
 * {@link RangeFollower}.
 */
class ReflectorFailureTests extends ScriptedView {

	private static final String LIST = "list /services/";

	private final ServiceView<String> view = view();

	@Test
	void errorWhileAChangeIsAppliedIsFollowedByReadingEverything() {
		start(this.view);
		watching(10);
		happens(put("orders/a", "exhausted", 11), put("orders/b", "2", 12));
		assertThat(this.view.state()).isEqualTo(ViewState.WAITING);
		assertThat(this.view.failure()).contains("OutOfMemoryError");
		this.loop.advance(Duration.ofMillis(50));
		listed(12, found("orders/a", "1", 11), found("orders/b", "2", 12));
		watching(12, found("orders/a", "1", 11), found("orders/b", "2", 12));
		assertThat(this.view.catalog().all("orders")).containsExactly("1", "2");
		assertThat(this.view.failure()).isNull();
		assertThat(this.view.catalog().epoch()).as("of the same history").isEqualTo(1);
	}

	@Test
	void errorWhileAPageIsReadIsFollowedByReadingEverything() {
		this.view.start();
		this.loop.run();
		this.etcd.pages.accept(List.of(found("orders/a", "exhausted", 3)));
		this.loop.run();
		assertThat(this.view.state()).isEqualTo(ViewState.WAITING);
		this.etcd.putOff(LIST);
		this.loop.advance(RETRY);
		listed(10, found("orders/a", "1", 10));
		assertThat(this.view.catalog().all("orders")).containsExactly("1");
	}

	@Test
	void errorThatAFormatThrowsHarmsOneEntryOnly() {
		start(this.view, found("orders/a", "assertion", 3), found("orders/b", "2", 4));
		assertThat(this.view.catalog().all("orders")).containsExactly("2");
		assertThat(this.view.rejections(9)).containsKey("/services/orders/a");
	}

	@Test
	void listingThatBrokeOffIsRepeatedAfterLongerAndLongerWaits() {
		this.view.start();
		this.loop.run();
		for (Duration wait : List.of(Duration.ofMillis(800), Duration.ofMillis(1600), Duration.ofMillis(3200),
				Duration.ofMillis(6400), Duration.ofMillis(12800), Duration.ofMillis(25600), Duration.ofSeconds(30),
				Duration.ofSeconds(30))) {
			this.etcd.pages.accept(List.of(found("orders/a", "1", 3)));
			this.etcd.fail(LIST, Reason.UNAVAILABLE);
			this.loop.advance(wait.minusMillis(1));
			assertThat(this.etcd.pending()).isEmpty();
			this.loop.advance(Duration.ofMillis(1));
			assertThat(this.etcd.pending()).containsExactly(LIST);
		}
	}

	@Test
	void listingThatFoundNoServerIsRepeatedSoon() {
		this.view.start();
		this.loop.run();
		for (int i = 0; i < 20; i++) {
			this.etcd.fail(LIST, Reason.UNAVAILABLE);
			this.loop.advance(Duration.ofMillis(500));
			assertThat(this.etcd.pending()).containsExactly(LIST);
		}
	}

	@Test
	void watchThatIsEndedAgainAndAgainIsOpenedLessOften() {
		start(this.view);
		for (int wait : List.of(50, 100, 200, 400, 500, 500)) {
			watching(10);
			this.loop.advance(Duration.ofMillis(50));
			ends(Reason.UNAVAILABLE);
			this.loop.advance(Duration.ofMillis(wait - 1));
			assertThat(this.view.state()).isEqualTo(ViewState.WAITING);
			this.loop.advance(Duration.ofMillis(1));
			assertThat(this.view.state()).isEqualTo(ViewState.OPENING);
		}
		watching(10);
		this.loop.advance(Duration.ofSeconds(3));
		ends(Reason.UNAVAILABLE);
		this.loop.advance(Duration.ofMillis(50));
		assertThat(this.view.state()).as("after a watch that lived").isEqualTo(ViewState.OPENING);
	}

	@Test
	void watchIsOpenedAtOnceWhereTheClientHasMoved() {
		start(this.view);
		watching(10);
		happens(put("orders/a", "1", 11));
		ends(Reason.MOVED);
		assertThat(this.view.state()).isEqualTo(ViewState.OPENING);
		assertThat(this.etcd.watchedFrom).isEqualTo(12);
		assertThat(this.view.staleness()).isZero();
		assertThat(this.view.failure()).isNull();
		watching(11, found("orders/a", "1", 11));
		happens(put("orders/a", "2", 12));
		assertThat(this.view.catalog().all("orders")).containsExactly("2");
	}

}
