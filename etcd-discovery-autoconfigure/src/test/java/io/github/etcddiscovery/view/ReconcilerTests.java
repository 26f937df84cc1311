package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.WatchEvent;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a watch has missed, the comparison every few minutes finds.
 */
class ReconcilerTests extends ScriptedView {

	private static final Duration LONGEST_INTERVAL = Duration.ofSeconds(450);

	private static final Duration SECOND_LOOK = Duration.ofSeconds(5);

	private final ServiceView<String> view = view();

	@BeforeEach
	void sync() {
		start(this.view, entry("a", 3), entry("b", 4));
		watching(10, entry("a", 3), entry("b", 4));
	}

	@Test
	void nothingHappensWhileBothAgree() {
		for (int i = 0; i < 3; i++) {
			this.loop.advance(LONGEST_INTERVAL);
			etcdHolds(entry("a", 3), entry("b", 4));
			assertThat(this.etcd.pending()).isEmpty();
		}
		assertThat(this.view.state()).isEqualTo(ViewState.WATCHING);
		assertThat(this.view.drifts()).isZero();
	}

	@Test
	void missedPutIsFoundAndReadAgain() {
		this.loop.advance(LONGEST_INTERVAL);
		etcdHolds(entry("a", 3), entry("b", 12), entry("c", 13));
		assertThat(this.etcd.pending()).as("it may be on its way").isEmpty();
		this.loop.advance(SECOND_LOOK);
		etcdHolds(entry("a", 3), entry("b", 14), entry("c", 13));
		assertThat(this.view.drifts()).isEqualTo(2);
		readAgain(14, entry("a", 3), entry("b", 14), entry("c", 13));
		assertThat(this.view.catalog().all("orders")).containsExactly("a at 3", "b at 14", "c at 13");
		assertThat(this.view.catalog().epoch()).as("the history is the same").isEqualTo(1);
	}

	@Test
	void missedDeletionIsFoundAndReadAgain() {
		this.loop.advance(LONGEST_INTERVAL);
		etcdHolds(entry("a", 3));
		this.loop.advance(SECOND_LOOK);
		etcdHolds(entry("a", 3));
		assertThat(this.view.drifts()).isOne();
		readAgain(12, entry("a", 3));
		assertThat(this.view.catalog().all("orders")).containsExactly("a at 3");
	}

	@Test
	void readingAgainIsNotForgottenWhenItFails() {
		this.loop.advance(LONGEST_INTERVAL);
		etcdHolds(entry("a", 3), entry("b", 12));
		this.loop.advance(SECOND_LOOK);
		etcdHolds(entry("a", 3), entry("b", 12));
		this.etcd.fail("list /services/", Reason.UNAVAILABLE);
		this.loop.advance(Duration.ofSeconds(1));
		listed(14, entry("a", 3), entry("b", 12));
		assertThat(this.view.catalog().all("orders")).containsExactly("a at 3", "b at 12");
		assertThat(this.view.catalog().epoch()).as("the history is the same").isEqualTo(1);
	}

	@Test
	void changeThatWasOnItsWayIsNoDrift() {
		this.loop.advance(LONGEST_INTERVAL);
		etcdHolds(entry("a", 11), entry("b", 4));
		this.etcd.watch.onEvents(List.of(new WatchEvent(false, entry("a", 11))));
		this.loop.advance(SECOND_LOOK);
		etcdHolds(entry("a", 11), entry("b", 12));
		assertThat(this.view.drifts()).as("another key, only just changed").isZero();
		assertThat(this.view.state()).isEqualTo(ViewState.WATCHING);
	}

	@Test
	void watchThatIsCatchingUpHasMissedNothing() {
		this.loop.advance(LONGEST_INTERVAL);
		etcdHolds(entry("a", 11), entry("b", 14));
		this.etcd.watch.onEvents(List.of(new WatchEvent(false, entry("a", 11))));
		this.loop.advance(SECOND_LOOK);
		etcdHolds(entry("a", 11), entry("b", 14));
		assertThat(this.view.drifts()).isZero();
		assertThat(this.view.state()).isEqualTo(ViewState.WATCHING);
	}

	@Test
	void etcdThatCannotBeReadIsNoDrift() {
		this.loop.advance(LONGEST_INTERVAL);
		this.etcd.fail("keys /services/", Reason.UNAVAILABLE);
		this.loop.run();
		assertThat(this.view.state()).isEqualTo(ViewState.WATCHING);
		this.loop.advance(LONGEST_INTERVAL);
		assertThat(this.etcd.pending()).as("it is tried again").containsExactly("keys /services/");
	}

	@Test
	void viewThatIsNotCurrentIsLookedAtOnceItIs() {
		ends(Reason.UNAVAILABLE);
		this.loop.advance(LONGEST_INTERVAL);
		assertThat(this.etcd.pending()).as("there is nothing to compare").isEmpty();
		watching(10, entry("a", 3), entry("b", 4));
		this.loop.advance(LONGEST_INTERVAL);
		assertThat(this.etcd.pending()).containsExactly("keys /services/");
	}

	private void etcdHolds(KeyValue... entries) {
		this.etcd.pages.accept(Arrays.asList(entries));
		this.etcd.answer("keys /services/", 14L);
		this.loop.run();
	}

	private void readAgain(long revision, KeyValue... entries) {
		assertThat(this.etcd.pending()).containsExactly("list /services/");
		this.loop.advance(Duration.ofMillis(7));
		assertThat(this.view.catalog().isSynced()).isTrue();
		assertThat(this.view.staleness()).as("known not to be current").isEqualTo(Duration.ofMillis(7));
		listed(revision, entries);
		watching(revision, entries);
		assertThat(this.view.state()).isEqualTo(ViewState.WATCHING);
		assertThat(this.view.staleness()).isZero();
	}

	private static KeyValue entry(String id, long revision) {
		return found("orders/" + id, id + " at " + revision, revision);
	}

}
