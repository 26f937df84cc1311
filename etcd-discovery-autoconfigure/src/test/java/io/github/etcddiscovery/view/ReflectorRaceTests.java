package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.List;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.WatchListener;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One named test for every race found. Tests of {@link Reflector}.
 */
class ReflectorRaceTests extends ScriptedView {

	private final ServiceView<String> view = view();

	@BeforeEach
	void sync() {
		start(this.view);
		assertThat(this.view.catalog().isSynced()).isTrue();
	}

	@Test
	void memberThatLagsBehindIsNotTakenForAWipedEtcd() {
		created(5);
		assertThat(this.view.state()).isEqualTo(ViewState.WATCHING);
		assertThat(this.view.catalog().epoch()).isEqualTo(1);
	}

	@Test
	void wipedEtcdIsTakenForOneOnceAReadHasProvenIt() {
		this.etcd.watch.onCreated(5);
		this.loop.run();
		this.etcd.fail("past /services/ at 10 of /services/", Reason.FUTURE_REVISION);
		this.loop.run();
		this.etcd.answer("list /services/", 5L);
		this.loop.run();
		assertThat(this.view.catalog().epoch()).isEqualTo(2);
		assertThat(this.view.catalog().revision()).isEqualTo(5);
	}

	@Test
	void nothingIsAppliedBeforeTheHistoryIsProvenToBeTheSame() {
		this.etcd.watch.onCreated(10);
		this.etcd.watch.onEvents(List.of(put("orders/a", "1", 11)));
		this.loop.run();
		assertThat(this.view.catalog().services()).isEmpty();
		this.etcd.testify(10, List.of());
		this.loop.run();
		assertThat(this.view.catalog().all("orders")).containsExactly("1");
	}

	@Test
	void eventsOfAnotherHistoryAreDropped() {
		this.etcd.watch.onCreated(12);
		this.etcd.watch.onEvents(List.of(put("orders/a", "1", 11)));
		this.loop.run();
		this.etcd.testify(10, List.of(put("orders/b", "of another history", 7).keyValue()));
		this.loop.run();
		this.etcd.pages.accept(List.of(put("orders/b", "of another history", 7).keyValue()));
		this.etcd.answer("list /services/", 12L);
		this.loop.run();
		assertThat(this.view.catalog().all("orders")).containsExactly("of another history");
		assertThat(this.view.catalog().epoch()).isEqualTo(2);
	}

	@Test
	void historyThatIsAnotherOneIsNoticedAlsoAfterAStepThatFailed() {
		created(10);
		happens(put("orders/a", "exhausted", 11));
		this.loop.advance(RETRY);
		listed(12, found("orders/b", "1", 12));
		assertThat(this.view.catalog().epoch()).isEqualTo(1);
		watching(12, found("orders/b", "1", 12));
		ends(Reason.COMPACTED);
		this.loop.advance(RETRY);
		listed(13, found("orders/b", "1", 12), found("orders/c", "of another history", 7));
		assertThat(this.view.catalog().epoch()).isEqualTo(2);
	}

	@Test
	void historyThatIsAnotherOneBehindACompactionIsNoticed() {
		created(10);
		this.etcd.watch.onEvents(List.of(put("orders/a", "1", 11)));
		this.etcd.watch.onEnd(new EtcdException(Reason.COMPACTED, "compacted on purpose", null));
		this.loop.advance(RETRY);
		this.etcd.pages.accept(List.of(put("orders/a", "0", 7).keyValue()));
		this.etcd.fail("list /services/", Reason.UNAVAILABLE);
		this.loop.advance(RETRY);
		this.etcd.pages.accept(List.of());
		this.etcd.answer("list /services/", 500L);
		this.loop.run();
		assertThat(this.view.catalog().epoch()).isEqualTo(2);
	}

	@Test
	void compactionAloneIsNoOtherHistory() {
		created(10);
		this.etcd.watch.onEvents(List.of(put("orders/a", "1", 11)));
		this.etcd.watch.onEnd(new EtcdException(Reason.COMPACTED, "compacted on purpose", null));
		this.loop.advance(RETRY);
		this.etcd.pages.accept(List.of(put("orders/a", "1", 11).keyValue(), put("orders/b", "2", 12).keyValue()));
		this.etcd.answer("list /services/", 500L);
		this.loop.run();
		assertThat(this.view.catalog().epoch()).isEqualTo(1);
		assertThat(this.view.catalog().all("orders")).containsExactly("1", "2");
	}

	@Test
	void eventsOfAWatchThatHasEndedAreDropped() {
		WatchListener former = this.etcd.watch;
		created(10);
		former.onEnd(new EtcdException(Reason.UNAVAILABLE, "ended on purpose", null));
		this.loop.run();
		former.onEvents(List.of(put("orders/a", "1", 11)));
		this.loop.advance(RETRY);
		created(10);
		former.onEvents(List.of(put("orders/a", "1", 11)));
		this.loop.run();
		assertThat(this.view.state()).isEqualTo(ViewState.WATCHING);
		assertThat(this.view.catalog().services()).isEmpty();
		assertThat(this.view.catalog().revision()).isEqualTo(10);
	}

	@Test
	void watchThatEndsForAReasonNobodyKnowsIsOpenedAgain() {
		created(10);
		WatchListener former = this.etcd.watch;
		former.onEnd(new EtcdException(Reason.FATAL, "thrown on purpose", null));
		this.loop.advance(RETRY);
		assertThat(this.etcd.watch).isNotSameAs(former);
		created(10);
		assertThat(this.view.state()).isEqualTo(ViewState.WATCHING);
	}

	@Test
	void eventsBelowTheRevisionReachedAreDropped() {
		created(10);
		this.etcd.watch.onEvents(List.of(put("orders/a", "1", 12)));
		this.etcd.watch.onEvents(List.of(put("orders/a", "0", 11), put("orders/b", "2", 13)));
		this.loop.run();
		assertThat(this.view.catalog().all("orders")).containsExactly("1", "2");
		assertThat(this.view.catalog().revision()).isEqualTo(13);
	}

	@Test
	void allChangesOfARevisionAppearTogether() {
		created(10);
		this.etcd.watch.onEvents(List.of(put("orders/a", "1", 11), put("stock/a", "2", 11)));
		this.loop.run();
		assertThat(this.view.catalog().services()).containsExactly("orders", "stock");
	}

	@Test
	void decoderThatRunsOutOfStackHarmsOnlyItsEntry() {
		created(10);
		this.etcd.watch.onEvents(List.of(put("orders/a", "overflow", 11), put("orders/b", "2", 12)));
		this.loop.run();
		assertThat(this.view.catalog().all("orders")).containsExactly("2");
	}

	@Test
	void deniedListingIsNotRepeatedInHaste() {
		this.etcd.watch.onEnd(new EtcdException(Reason.COMPACTED, "compacted on purpose", null));
		this.loop.advance(RETRY);
		this.etcd.fail("list /services/", Reason.PERMISSION_DENIED);
		this.loop.advance(Duration.ofMillis(900));
		assertThat(this.etcd.pending()).as("not in haste").isEmpty();
		this.loop.advance(RETRY);
		assertThat(this.etcd.pending()).containsExactly("list /services/");
	}

	/** The watch opens, in the history that was followed. */
	private void created(long revision) {
		this.etcd.watch.onCreated(revision);
		this.loop.run();
		this.etcd.testify(10, List.of());
		this.loop.run();
	}

}
