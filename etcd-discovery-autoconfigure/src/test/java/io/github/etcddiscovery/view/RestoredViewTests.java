package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.instance.KeyLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A view that serves instances of a snapshot until etcd has been read.
 */
@ExtendWith(OutputCaptureExtension.class)
class RestoredViewTests extends ScriptedView {

	private static final Duration TIME = Duration.ofMinutes(10);

	private static final Map<String, List<String>> SNAPSHOT = Map.of("orders", List.of("old"), "stock",
			List.of("s1", "s2"));

	private final ServiceView<String> view = view();

	private void restore() {
		this.view.start();
		this.loop.run();
		this.view.restore(SNAPSHOT, TIME);
		this.loop.run();
	}

	@Test
	void restoredInstancesAreServedAsRetainedOnes() {
		restore();
		Catalog<String> catalog = this.view.catalog();
		assertThat(this.view.isRestored()).isTrue();
		assertThat(catalog.isSynced()).isFalse();
		assertThat(catalog.available("stock")).containsExactly("s1", "s2");
		assertThat(catalog.live("stock")).isEmpty();
		assertThat(catalog.all("stock")).isEmpty();
		assertThat(catalog.retained()).isEqualTo(SNAPSHOT);
		assertThat(catalog.services()).containsExactly("orders", "stock");
	}

	@Test
	void firstListingReplacesThem() {
		restore();
		listed(10, found("orders/1", "new", 7));
		assertThat(this.view.isRestored()).isFalse();
		assertThat(this.view.catalog().available("orders")).containsExactly("new");
		assertThat(this.view.catalog().retained()).isEmpty();
		assertThat(this.view.catalog().contains("stock")).as("not in etcd").isFalse();
	}

	@Test
	void failuresBeforeTheFirstListingChangeNothing() {
		restore();
		this.etcd.fail("list /services/", Reason.UNAVAILABLE);
		this.loop.advance(RETRY);
		assertThat(this.view.catalog().available("orders")).containsExactly("old");
	}

	@Test
	void theyAreNotServedForLongerThanTheTimeGiven(CapturedOutput output) {
		restore();
		List<List<String>> heard = new ArrayList<>();
		this.view.subscribe((catalog) -> heard.add(catalog.available("orders")));
		this.notifier.run();
		this.loop.advance(TIME.minusMillis(1));
		assertThat(this.view.isRestored()).isTrue();
		this.loop.advance(Duration.ofMillis(1));
		this.notifier.run();
		assertThat(this.view.isRestored()).isFalse();
		assertThat(this.view.catalog().services()).isEmpty();
		assertThat(heard).containsExactly(List.of("old"), List.of());
		assertThat(output).contains("Instances of the snapshot are not served any more: they are too old");
	}

	@Test
	void timeThatEndsAfterTheFirstListingChangesNothing(CapturedOutput output) {
		restore();
		listed(10, found("orders/1", "new", 7));
		this.loop.advance(TIME);
		assertThat(this.view.catalog().available("orders")).containsExactly("new");
		assertThat(output).doesNotContain("snapshot");
	}

	@Test
	void snapshotThatComesAfterTheFirstListingIsIgnored() {
		start(this.view, found("orders/1", "new", 7));
		this.view.restore(SNAPSHOT, TIME);
		this.loop.run();
		assertThat(this.view.isRestored()).isFalse();
		assertThat(this.view.catalog().retained()).isEmpty();
		assertThat(this.view.catalog().positions()).containsExactly(new Catalog.Position("/services/", 1, 10));
	}

	@Test
	void eachRangeIsReplacedByItsOwnListing() {
		ServiceView<String> several = view(
				new KeyLayout("/services", Map.of("stock", "/stock")).ranges(List.of("orders", "stock")),
				InstanceLimits.NONE);
		several.start();
		this.loop.run();
		several.restore(SNAPSHOT, TIME);
		this.loop.run();
		this.etcd.pages.accept(List.of());
		this.etcd.answer("list /services/orders/", 10L);
		this.loop.run();
		assertThat(several.isRestored()).as("of the other range").isTrue();
		assertThat(several.catalog().retained()).containsOnlyKeys("stock");
	}

	@Test
	void servicesThatAreNotFollowedAreIgnored() {
		ServiceView<String> one = view(new KeyLayout("/services").ranges(List.of("orders")), InstanceLimits.NONE);
		one.start();
		one.restore(SNAPSHOT, TIME);
		this.loop.run();
		assertThat(one.catalog().services()).containsExactly("orders");
	}

}
