package io.github.etcddiscovery.view;

import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.etcddiscovery.client.EtcdException.Reason;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link HistoryProof}: by what a view recognises the history that it follows.
 */
class ViewHistoryTests extends ScriptedView {

	private final ServiceView<String> view = view();

	@Test
	void newestOfWhatWasListedAreAskedFor() {
		start(this.view, orders(1, 10));
		this.etcd.watch.onCreated(10);
		this.loop.run();
		assertThat(this.etcd.pending()).containsExactly(asked(10, 3, 4, 5, 6, 7, 8, 9, 10));
	}

	@Test
	void lastThatHaveChangedAreAskedFor() {
		start(this.view, orders(1, 10));
		watching(10, orders(1, 10));
		happens(put("orders/1", "changed", 11), put("orders/5", "changed", 12));
		ends(Reason.UNAVAILABLE);
		this.loop.advance(RETRY);
		this.etcd.watch.onCreated(12);
		this.loop.run();
		assertThat(this.etcd.pending()).as("the oldest of eight makes room for another")
			.containsExactly(asked(12, 4, 6, 7, 8, 9, 10, 1, 5));
	}

	@Test
	void onlyWhatTheLastListingFoundIsAskedFor() {
		start(this.view, orders(1, 3));
		ends(Reason.COMPACTED);
		this.loop.advance(RETRY);
		listed(20, found("orders/7", "v7", 17));
		this.etcd.watch.onCreated(20);
		this.loop.run();
		assertThat(this.etcd.pending()).containsExactly(asked(20, 7));
	}

	@Test
	void keyThatIsListedAsOfTheRevisionReachedButIsNotHeldIsOfAnotherHistory() {
		start(this.view);
		watching(10);
		happens(put("orders/a", "1", 11));
		ends(Reason.COMPACTED);
		this.loop.advance(RETRY);
		listed(12, found("orders/b", "2", 11));
		assertThat(this.view.catalog().epoch()).isEqualTo(2);
	}

	@Test
	void listingAtTheRevisionReachedIsOfTheSameHistory() {
		start(this.view);
		watching(10);
		ends(Reason.COMPACTED);
		this.loop.advance(RETRY);
		listed(10);
		assertThat(this.view.catalog().epoch()).isEqualTo(1);
	}

	private static String asked(long revision, int... orders) {
		return "past /services/ at " + revision + " of "
				+ IntStream.of(orders)
					.mapToObj((order) -> "/services/orders/" + order)
					.collect(Collectors.joining(" "));
	}

}
