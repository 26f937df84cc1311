package io.github.etcddiscovery.cluster;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.etcddiscovery.doubles.ManualEventLoop;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.Subscription;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;

/**
 * Tests of {@link ClusterView} and {@link ClusterCatalog}.
 */
@ExtendWith(OutputCaptureExtension.class)
class ClusterViewTests {

	private static final Duration WAIT = Duration.ofSeconds(10);

	private static final String STOCK = "stock";

	private final ManualEventLoop loop = new ManualEventLoop();

	private TestCatalog home = TestCatalog.unread();

	private TestCatalog us = TestCatalog.unread();

	private TestCatalog asia = TestCatalog.unread();

	private final ClusterView<String> view = new ClusterView<>(this.home.view(), Comparator.naturalOrder(), this.loop);

	private static Remote<String> fallback(String name, TestCatalog catalog) {
		return new Remote<>(name, catalog.view(), false, false, WAIT);
	}

	private static Remote<String> merged(String name, TestCatalog catalog) {
		return new Remote<>(name, catalog.view(), true, false, WAIT);
	}

	/** Two fallbacks that have instances. */
	private void fallbacks() {
		this.us = this.us.with(STOCK, "u1", "u2");
		this.asia = this.asia.with(STOCK, "a1");
		this.view.setRemotes(List.of(fallback("us", this.us), fallback("asia", this.asia)));
	}

	private List<String> available() {
		return this.view.catalog().available(STOCK);
	}

	@Test
	void withoutRemotesTheCatalogIsThatOfHome() {
		this.home = this.home.with(STOCK, "h1");
		assertThat(this.view.catalog()).isSameAs(this.home);
		assertThat(this.view.hasRemotes()).isFalse();
		assertThat(ClusterView.preferred(this.view.catalog(), STOCK)).containsExactly("h1");
		assertThat(ClusterView.fallback(this.view.catalog(), STOCK)).isEmpty();
		assertThat(this.view.failBackAfter(STOCK)).isZero();
		assertThat(this.view.failedOver()).isEmpty();
	}

	@Test
	void fallbacksAreUsedInOrderWhileHomeHasNone(CapturedOutput output) {
		fallbacks();
		this.home = this.home.with(STOCK, "h1");
		assertThat(available()).containsExactly("h1");
		this.home = this.home.with(STOCK);
		assertThat(available()).containsExactly("u1", "u2");
		assertThat(this.view.failedOver()).isEqualTo(Map.of(STOCK, "us"));
		this.us = this.us.with(STOCK);
		assertThat(available()).containsExactly("a1");
		assertThat(this.view.failedOver()).isEqualTo(Map.of(STOCK, "asia"));
		this.asia = this.asia.with(STOCK);
		assertThat(available()).isEmpty();
		assertThat(this.view.failedOver()).isEmpty();
		this.loop.run();
		assertThat(output).containsOnlyOnce("Service stock is served from cluster us: home has no instance that is UP")
			.doesNotContain("from home again");
	}

	@Test
	void listOfTheFallbackStaysTheSameObjectWhileNothingOfItChanges() {
		fallbacks();
		this.home = this.home.with("orders", "o1");
		List<String> before = available();
		this.home = this.home.with("orders", "o1", "o2");
		this.asia = this.asia.with("orders", "o3");
		assertThat(available()).isSameAs(before);
	}

	@Test
	void fallbackIsNotUsedBeforeHomeIsRead() {
		fallbacks();
		assertThat(this.view.catalog().isSynced()).isFalse();
		assertThat(available()).isEmpty();
		assertThat(ClusterView.fallback(this.view.catalog(), STOCK)).isEmpty();
		this.home = this.home.with(STOCK, "h1");
		assertThat(available()).as("no waiting at the first sync").containsExactly("h1");
	}

	@Test
	void serviceThatHomeDoesNotFollowIsServedByTheFallback() {
		given(this.home.view().follows(STOCK)).willReturn(false);
		fallbacks();
		assertThat(available()).containsExactly("u1", "u2");
		assertThat(this.view.follows(STOCK)).isTrue();
		given(this.us.view().follows("orders")).willReturn(false);
		given(this.asia.view().follows("orders")).willReturn(false);
		given(this.home.view().follows("orders")).willReturn(false);
		assertThat(this.view.follows("orders")).isFalse();
	}

	@Test
	void homeIsUsedAgainOnceItHasHadAnInstanceForAWhile(CapturedOutput output) {
		fallbacks();
		this.home = this.home.with(STOCK);
		assertThat(available()).containsExactly("u1", "u2");
		this.home = this.home.with(STOCK, "h1");
		assertThat(available()).containsExactly("u1", "u2");
		this.loop.advance(WAIT.minusMillis(1));
		assertThat(available()).containsExactly("u1", "u2");
		assertThat(this.view.failedOver()).isEqualTo(Map.of(STOCK, "us"));
		this.loop.advance(Duration.ofMillis(1));
		assertThat(available()).containsExactly("h1");
		assertThat(this.view.failedOver()).isEmpty();
		assertThat(output).containsOnlyOnce("Service stock is served from home again");
	}

	@Test
	void instanceThatComesAndGoesMovesNothing() {
		fallbacks();
		this.home = this.home.with(STOCK);
		assertThat(available()).containsExactly("u1", "u2");
		for (int i = 0; i < 5; i++) {
			this.home = this.home.with(STOCK, "h1");
			this.loop.advance(WAIT.dividedBy(2));
			assertThat(available()).containsExactly("u1", "u2");
			this.home = this.home.with(STOCK);
			this.loop.advance(WAIT);
			assertThat(available()).containsExactly("u1", "u2");
		}
	}

	@Test
	void homeIsUsedAtOnceIfTheFallbackHasNoneEither() {
		fallbacks();
		this.home = this.home.with(STOCK);
		assertThat(available()).containsExactly("u1", "u2");
		this.home = this.home.with(STOCK, "h1");
		this.us = this.us.with(STOCK);
		this.asia = this.asia.with(STOCK);
		assertThat(available()).containsExactly("h1");
	}

	@Test
	void serviceThatNobodyReadMeanwhileIsNotHeld() {
		fallbacks();
		this.home = this.home.with(STOCK);
		this.home = this.home.with(STOCK, "h1");
		assertThat(available()).containsExactly("h1");
	}

	@Test
	void eachServiceWaitsForItself() {
		fallbacks();
		this.us = this.us.with("orders", "u3");
		this.home = this.home.with(STOCK).with("orders");
		assertThat(available()).containsExactly("u1", "u2");
		assertThat(this.view.catalog().available("orders")).containsExactly("u3");
		this.home = this.home.with(STOCK, "h1");
		this.loop.advance(WAIT.dividedBy(2));
		this.home = this.home.with("orders", "h2");
		this.loop.advance(WAIT.dividedBy(2));
		assertThat(available()).containsExactly("h1");
		assertThat(this.view.catalog().available("orders")).containsExactly("u3");
		this.loop.advance(WAIT.dividedBy(2));
		assertThat(this.view.catalog().available("orders")).containsExactly("h2");
	}

	@Test
	void retainedInstancesAreTheLastResort() {
		this.us = this.us.with(STOCK, "u1");
		this.view.setRemotes(List.of(fallback("us", this.us)));
		this.home = this.home.with(STOCK).retaining(STOCK, "gone");
		assertThat(available()).containsExactly("u1");
		assertThat(ClusterView.preferred(this.view.catalog(), STOCK)).isEmpty();
		this.us = this.us.with(STOCK);
		assertThat(available()).containsExactly("gone");
		assertThat(this.view.catalog().live(STOCK)).isEmpty();
		assertThat(ClusterView.preferred(this.view.catalog(), STOCK)).containsExactly("gone");
		this.home = this.home.retaining("orders", "x");
		this.us = this.us.retaining(STOCK, "gone too");
		assertThat(available()).containsExactly("gone too");
	}

	@Test
	void mergedClusterIsUsedTogetherWithHome() {
		this.us = this.us.with(STOCK, "b", "d");
		this.asia = this.asia.with(STOCK, "z");
		this.view.setRemotes(List.of(fallback("asia", this.asia), merged("us", this.us)));
		this.home = this.home.with(STOCK, "a", "b", "c");
		List<String> merged = available();
		assertThat(merged).as("once each, sorted").containsExactly("a", "b", "c", "d");
		this.home = this.home.with("orders", "o");
		assertThat(available()).isSameAs(merged);
		this.us = this.us.with(STOCK, "b");
		assertThat(available()).containsExactly("a", "b", "c");
		this.home = this.home.with(STOCK);
		assertThat(available()).containsExactly("b");
		this.us = this.us.with(STOCK);
		assertThat(available()).as("nobody at home or merged").containsExactly("z");
	}

	@Test
	void catalogContainsTheServicesAndInstancesOfAllClusters() {
		fallbacks();
		this.us = this.us.with("billing", "b1");
		this.home = this.home.with(STOCK, "h1").with("orders", "o1");
		Catalog<String> catalog = this.view.catalog();
		assertThat(catalog.services()).containsExactly("billing", "orders", STOCK);
		assertThat(catalog.services()).isSameAs(catalog.services());
		assertThat(catalog.all(STOCK)).containsExactly("a1", "h1", "u1", "u2");
		assertThat(catalog.contains("billing")).isTrue();
		assertThat(catalog.contains("unknown")).isFalse();
		assertThat(catalog.revision(STOCK)).isEqualTo(7);
		assertThat(catalog.revision()).isEqualTo(7);
		assertThat(catalog.epoch()).isEqualTo(1);
		assertThat(catalog.positions()).isEqualTo(this.home.positions());
		assertThat(catalog.retained()).isEmpty();
	}

	@Test
	void catalogOfAMomentStaysAsItWas() {
		fallbacks();
		this.home = this.home.with(STOCK, "h1");
		Catalog<String> before = this.view.catalog();
		this.home = this.home.with(STOCK);
		Catalog<String> after = this.view.catalog();
		assertThat(after.available(STOCK)).containsExactly("u1", "u2");
		assertThat(before.available(STOCK)).containsExactly("h1");
		assertThat(before.hasSameInstances(after)).isFalse();
		this.home = this.home.with(STOCK, "h1");
		Catalog<String> held = this.view.catalog();
		this.loop.advance(WAIT);
		Catalog<String> back = this.view.catalog();
		assertThat(held.available(STOCK)).containsExactly("u1", "u2");
		assertThat(back.available(STOCK)).containsExactly("h1");
		assertThat(back.hasSameInstances(held)).as("other instances of the same clusters").isFalse();
		assertThat(back.hasSameInstances(this.home)).isFalse();
	}

	@Test
	void subscriberHearsOfEveryClusterAndOfGoingBack() {
		List<List<String>> seen = new ArrayList<>();
		Subscription subscription = this.view.subscribe((catalog) -> seen.add(catalog.available(STOCK)));
		this.home = this.home.with(STOCK);
		this.loop.run();
		fallbacks();
		this.loop.run();
		this.us = this.us.with(STOCK, "u3");
		this.loop.run();
		this.home = this.home.with(STOCK, "h1");
		this.loop.advance(WAIT);
		subscription.close();
		this.home = this.home.with(STOCK, "h2");
		this.loop.run();
		assertThat(seen).containsExactly(List.of(), List.of("u1", "u2"), List.of("u3"), List.of("u3"), List.of("h1"));
	}

	@Test
	void remotesComeAndGoAtRunTime() {
		List<List<Remote<String>>> changes = new ArrayList<>();
		this.view.onRemotesChange(() -> changes.add(this.view.remotes()));
		this.home = this.home.with(STOCK);
		fallbacks();
		assertThat(available()).containsExactly("u1", "u2");
		assertThat(this.view.hasRemotes()).isTrue();
		this.view.setRemotes(List.of(fallback("asia", this.asia)));
		assertThat(available()).containsExactly("a1");
		this.view.setRemotes(List.of());
		assertThat(available()).isEmpty();
		assertThat(this.view.catalog()).isSameAs(this.home);
		this.us = this.us.with(STOCK, "u9");
		assertThat(available()).isEmpty();
		assertThat(changes).extracting(List::size).containsExactly(2, 1, 0);
	}

	@Test
	void shorterWaitDoesNotWaitForALongerOne() {
		this.us = this.us.with(STOCK, "u1");
		this.asia = this.asia.with("orders", "a1");
		this.view.setRemotes(List.of(new Remote<>("us", this.us.view(), false, false, Duration.ofMinutes(10)),
				new Remote<>("asia", this.asia.view(), false, false, Duration.ofSeconds(1))));
		this.home = this.home.with(STOCK).with("orders");
		assertThat(available()).containsExactly("u1");
		assertThat(this.view.catalog().available("orders")).containsExactly("a1");
		this.home = this.home.with(STOCK, "h1");
		this.home = this.home.with("orders", "h2");
		this.loop.advance(Duration.ofSeconds(1));
		assertThat(this.view.catalog().available("orders")).containsExactly("h2");
		assertThat(available()).containsExactly("u1");
		this.loop.advance(Duration.ofMinutes(10));
		assertThat(available()).containsExactly("h1");
	}

	@Test
	void everyChangeIsLoggedHoweverOftenItHappens(CapturedOutput output) {
		fallbacks();
		for (int i = 0; i < 3; i++) {
			this.home = this.home.with(STOCK);
			available();
			this.home = this.home.with(STOCK, "h1");
			this.loop.advance(WAIT);
		}
		assertThat(output.getOut().split("Service stock is served from cluster us", -1)).hasSize(4);
		assertThat(output.getOut().split("Service stock is served from home again", -1)).hasSize(4);
	}

	@Test
	void firstReadingOfHomeIsAChangeEvenIfItIsEmpty() {
		fallbacks();
		Catalog<String> before = this.view.catalog();
		this.home = this.home.with("orders");
		assertThat(this.view.catalog().available(STOCK)).containsExactly("u1", "u2");
		assertThat(this.view.catalog().hasSameInstances(before)).isFalse();
	}

	@Test
	void serviceIsKnownOnceItsOwnRangeIsRead() {
		fallbacks();
		this.home.readOnly(STOCK);
		assertThat(available()).containsExactly("u1", "u2");
		assertThat(this.view.catalog().isSynced()).isFalse();
		assertThat(this.view.catalog().available("orders")).isEmpty();
		this.us = this.us.with("orders", "u3");
		assertThat(this.view.catalog().available("orders")).isEmpty();
	}

	@Test
	void changesOfSeveralViewsAtOnceAreAllSeenInTheEnd() throws Exception {
		fallbacks();
		TestCatalog one = this.home;
		TestCatalog other = this.us;
		CompletableFuture<Void> changes = CompletableFuture.runAsync(() -> change(one, "h"));
		change(other, "u");
		changes.get(30, TimeUnit.SECONDS);
		assertThat(this.view.catalog().all(STOCK)).contains("h4999", "u4999");
	}

	private static void change(TestCatalog catalog, String name) {
		TestCatalog last = catalog;
		for (int i = 0; i < 5_000; i++) {
			last = last.with(STOCK, name + i);
		}
	}

	@Test
	void callbackThatFailsKeepsNoOtherFromHearing() {
		List<String> heard = new ArrayList<>();
		this.view.onRemotesChange(() -> {
			throw new IllegalStateException("thrown on purpose");
		});
		this.view.onRemotesChange(() -> heard.add("heard"));
		fallbacks();
		assertThat(heard).containsExactly("heard");
	}

	@Test
	void mergedListIsMadeAgainOfEqualListsWithOtherInstances() {
		MergedLists<StringBuilder> lists = new MergedLists<>(Comparator.comparing(StringBuilder::toString));
		List<StringBuilder> first = List.of(new StringBuilder("a"));
		List<StringBuilder> second = List.of(new StringBuilder("b"));
		List<StringBuilder> merged = lists.get("x", List.of(first, second));
		assertThat(lists.get("x", List.of(first, second))).isSameAs(merged);
		assertThat(lists.get("x", List.of(new ArrayList<>(first), second))).isNotSameAs(merged);
		assertThat(lists.get("x", List.of(first, List.of()))).isSameAs(first);
	}

}
