package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.Arrays;

import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a watch has missed, the comparison every few minutes finds.
 */
class ReconcilerTests extends ScriptedView {

	private static final Duration LONGEST_INTERVAL = Duration.ofSeconds(450);

	private static final Duration ON_ITS_WAY = Duration.ofSeconds(5);

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
			etcdHeld(entry("a", 3), entry("b", 4));
			assertThat(this.etcd.pending()).isEmpty();
		}
		assertThat(this.view.state()).isEqualTo(ViewState.WATCHING);
		assertThat(this.view.drifts()).isZero();
	}

	@Test
	void missedPutIsFoundAtOneLookAndReadAgain() {
		this.loop.advance(LONGEST_INTERVAL);
		etcdHeld(entry("a", 3), entry("b", 8), entry("c", 9));
		assertThat(this.view.drifts()).isEqualTo(2);
		readAgain(14, entry("a", 3), entry("b", 8), entry("c", 9));
		assertThat(this.view.catalog().all("orders")).containsExactly("a at 3", "b at 8", "c at 9");
		assertThat(this.view.catalog().epoch()).as("the history is the same").isEqualTo(1);
	}

	@Test
	void missedDeletionIsFoundAndReadAgain() {
		this.loop.advance(LONGEST_INTERVAL);
		etcdHeld(entry("a", 3));
		assertThat(this.view.drifts()).isOne();
		readAgain(12, entry("a", 3));
		assertThat(this.view.catalog().all("orders")).containsExactly("a at 3");
	}

	@Test
	void readingAgainIsNotForgottenWhenItFails() {
		this.loop.advance(LONGEST_INTERVAL);
		etcdHeld(entry("a", 3), entry("b", 8));
		this.etcd.fail("list /services/", Reason.UNAVAILABLE);
		this.loop.advance(Duration.ofSeconds(1));
		listed(14, entry("a", 3), entry("b", 8));
		assertThat(this.view.catalog().all("orders")).containsExactly("a at 3", "b at 8");
		assertThat(this.view.catalog().epoch()).as("the history is the same").isEqualTo(1);
	}

	@Test
	void changesThatArriveMeanwhileAreNoDrift() {
		this.loop.advance(LONGEST_INTERVAL);
		happens(put("orders/a", "a at 11", 11), deleted("orders/b", 12));
		etcdHeld(entry("a", 3), entry("b", 4));
		assertThat(this.view.drifts()).isZero();
	}

	@Test
	void revisionThatIsCompactedIsReplacedByTheNewest() {
		compacted();
		etcdHolds(entry("a", 3), entry("b", 4));
		this.loop.advance(ON_ITS_WAY);
		assertThat(this.etcd.pending()).isEmpty();
		assertThat(this.view.drifts()).isZero();
	}

	@Test
	void differenceFromTheNewestThatTheWatchExplainsIsNoDrift() {
		compacted();
		etcdHolds(entry("a", 21), entry("c", 22));
		happens(deleted("orders/b", 20), put("orders/a", "a at 21", 21));
		// Comes and goes: it is where it was.
		happens(put("orders/c", "c at 22", 22), deleted("orders/c", 23));
		this.loop.advance(ON_ITS_WAY);
		assertThat(this.view.drifts()).isZero();
		assertThat(this.view.state()).isEqualTo(ViewState.WATCHING);
	}

	@Test
	void differenceFromTheNewestThatNothingExplainsIsDrift() {
		compacted();
		etcdHolds(entry("a", 21), entry("b", 22), entry("c", 23));
		happens(put("orders/a", "a at 21", 21));
		this.loop.advance(ON_ITS_WAY.minusMillis(1));
		assertThat(this.view.drifts()).as("they may be on their way").isZero();
		this.loop.advance(Duration.ofMillis(1));
		assertThat(this.view.drifts()).isEqualTo(2);
		assertThat(this.etcd.pending()).containsExactly("list /services/");
	}

	@Test
	void anotherWatchThanTheOneLookedAtIsNotBlamed() {
		this.loop.advance(LONGEST_INTERVAL);
		ends(Reason.UNAVAILABLE);
		this.loop.advance(RETRY);
		etcdHeld(entry("a", 3));
		assertThat(this.view.drifts()).isZero();
	}

	@Test
	void etcdThatCannotBeReadIsNoDrift() {
		this.loop.advance(LONGEST_INTERVAL);
		this.etcd.fail("keys /services/ at 10", Reason.UNAVAILABLE);
		this.loop.run();
		assertThat(this.view.state()).isEqualTo(ViewState.WATCHING);
		this.loop.advance(LONGEST_INTERVAL);
		assertThat(this.etcd.pending()).as("it is tried again").containsExactly("keys /services/ at 10");
	}

	@Test
	void viewThatIsNotCurrentIsLookedAtOnceItIs() {
		ends(Reason.UNAVAILABLE);
		this.loop.advance(LONGEST_INTERVAL);
		assertThat(this.etcd.pending()).as("there is nothing to compare").isEmpty();
		watching(10, entry("a", 3), entry("b", 4));
		this.loop.advance(LONGEST_INTERVAL);
		assertThat(this.etcd.pending()).containsExactly("keys /services/ at 10");
	}

	/** At the revision that the view has reached. */
	private void etcdHeld(KeyValue... entries) {
		keys(10, entries);
	}

	private void etcdHolds(KeyValue... entries) {
		keys(0, entries);
	}

	private void keys(long revision, KeyValue... entries) {
		this.etcd.pages.accept(Arrays.asList(entries));
		this.etcd.answer("keys /services/ at " + revision, 30L);
		this.loop.run();
	}

	private void compacted() {
		this.loop.advance(LONGEST_INTERVAL);
		this.etcd.fail("keys /services/ at 10", Reason.COMPACTED);
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
