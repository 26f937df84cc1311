package io.github.etcddiscovery.view;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

import io.github.etcddiscovery.doubles.ManualEventLoop;
import io.github.etcddiscovery.instance.InvalidValueException;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.support.Telemetry;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Whoever writes many entries does not fill the view, and harms no other service.
 */
class InstanceLimitsTests {

	/** After which everything is read again for the room that there is. */
	private static final Duration PAUSE = Duration.ofSeconds(10);

	private final ModelEtcd etcd = new ModelEtcd(new Random(1));

	private final ManualEventLoop loop = new ManualEventLoop();

	@Test
	void floodOfOneServiceLeavesRoomForOthersAndForThoseThatWereThere() {
		ServiceView<String> view = view(new InstanceLimits(10, 3), List.of());
		put("orders", "b");
		settle();
		put("orders", "a", "c", "d", "e");
		put("stock", "a");
		settle();
		assertThat(view.catalog().all("orders")).hasSize(3).contains("b");
		assertThat(view.catalog().all("stock")).containsExactly("a");
		assertThat(view.statistics().rejected()).isEqualTo(2);
		assertThat(view.rejections(10)).hasSize(2)
			.containsValue("max-instances-per-service is 3, and so many are held");
	}

	@Test
	void firstListingSaysWhichOfTheLimitsIsReached() {
		put("orders", "a", "b");
		put("stock", "a");
		ServiceView<String> view = view(new InstanceLimits(10, 1), List.of());
		assertThat(view.rejections(10))
			.containsExactly(Map.entry("/services/orders/b", "max-instances-per-service is 1, and so many are held"));
	}

	@Test
	void listingTakesNoMoreThanThereIsRoomFor() {
		put("orders", "a", "b", "c");
		put("stock", "a", "b");
		ServiceView<String> view = view(new InstanceLimits(4, 3), List.of());
		assertThat(view.statistics().instances()).isEqualTo(4);
		assertThat(view.rejections(10)).hasSize(1).containsValue("max-instances is 4, and so many are held");
	}

	@Test
	void changedEntryTakesTheRoomThatThereIsByThen() {
		ServiceView<String> view = view(new InstanceLimits(10, 1), List.of());
		put("orders", "a");
		put("orders", "b");
		settle();
		assertThat(view.catalog().all("orders")).containsExactly("a");
		this.etcd.commit(deletionOf("/services/orders/a"));
		put("orders", "b");
		settle();
		assertThat(view.catalog().all("orders")).containsExactly("b");
		assertThat(view.rejections(10)).isEmpty();
	}

	@Test
	void roomThatOneServiceLeavesIsFilledByAnotherOfAnotherRange() {
		ServiceView<String> view = view(new InstanceLimits(1, 1), List.of("orders", "stock"));
		put("orders", "a");
		settle();
		put("stock", "a");
		settle();
		assertThat(view.catalog().services()).containsExactly("orders");
		this.etcd.commit(deletionOf("/services/orders/a"));
		settle();
		this.loop.advance(PAUSE);
		settle();
		assertThat(view.catalog().all("stock")).containsExactly("a");
		assertThat(view.statistics().rejected()).isZero();
		assertThat(view.statistics().resyncs()).as("only the range that waits is read").isEqualTo(1);
	}

	@Test
	void fleetThatWasReplacedWhileTheWatchWasLostIsHeldAtOnce() {
		put("orders", "a", "b", "c");
		ServiceView<String> view = view(new InstanceLimits(3, 3), List.of());
		this.etcd.cut();
		List.of("a", "b", "c").forEach((gone) -> this.etcd.commit(deletionOf("/services/orders/" + gone)));
		put("orders", "d", "e", "f");
		this.etcd.compact();
		Set<List<String>> published = new HashSet<>();
		for (int i = 0; i < 4; i++) {
			this.loop.advance(Duration.ofSeconds(1));
			while (this.etcd.sayOne()) {
				published.add(view.catalog().all("orders"));
				this.loop.run();
			}
			published.add(view.catalog().all("orders"));
		}
		assertThat(published).containsExactlyInAnyOrder(List.of("a", "b", "c"), List.of("d", "e", "f"));
	}

	@Test
	void listingThatDoesNotEndTakesNoRoomFromOtherRanges() {
		put("orders", "a", "b", "c", "d");
		ServiceView<String> view = view(new InstanceLimits(3, 3), List.of("orders", "stock"));
		assertThat(view.catalog().all("orders")).hasSize(3);
		this.etcd.commit(deletionOf("/services/orders/a"));
		settle();
		this.loop.advance(PAUSE);
		settle();
		assertThat(view.catalog().all("orders")).as("d took the room").containsExactly("b", "c", "d");
		this.etcd.compact();
		for (int i = 0; i < 10; i++) {
			this.etcd.cut();
			this.loop.advance(Duration.ofSeconds(1));
			this.etcd.sayOne();
			this.loop.run();
		}
		for (int i = 0; i < 5; i++) {
			this.loop.advance(Duration.ofSeconds(1));
			settle();
		}
		assertThat(view.state()).isEqualTo(ViewState.WATCHING);
		this.etcd.commit(deletionOf("/services/orders/b"));
		put("stock", "a");
		settle();
		this.loop.advance(PAUSE);
		settle();
		assertThat(view.catalog().all("stock")).containsExactly("a");
	}

	@Test
	void whatVanishesIsNotRememberedBeyondTheLimit() {
		ServiceView<String> view = view(new InstanceLimits(20, 12), List.of(), Duration.ofSeconds(10));
		for (int i = 0; i < 100; i++) {
			put("orders", "instance-" + i);
			settle();
			this.etcd.commit(deletionOf("/services/orders/instance-" + i));
			settle();
		}
		assertThat(view.catalog().retained().get("orders")).hasSize(12);
		this.loop.advance(Duration.ofSeconds(30));
		settle();
		assertThat(view.catalog().retained()).isEmpty();
	}

	@Test
	void roomForThoseThatHaveVanishedIsGivenBackWhenTheyReturn() {
		ServiceView<String> view = tenOfWhichTenAreRemembered();
		for (int i = 0; i < 10; i++) {
			vanish("instance-" + i);
			put("orders", "instance-" + i);
			settle();
		}
		vanishAll();
		assertThat(view.catalog().retained().get("orders")).hasSize(10);
	}

	@Test
	void roomForThoseThatHaveVanishedIsGivenBackWhenThatWasLongAgo() {
		ServiceView<String> view = tenOfWhichTenAreRemembered();
		for (int i = 0; i < 10; i++) {
			vanish("instance-" + i);
			this.loop.advance(Duration.ofSeconds(11));
		}
		put("stock", "a");
		settle();
		putAll();
		vanishAll();
		assertThat(view.catalog().retained().get("orders")).hasSize(10);
	}

	@Test
	void roomForThoseThatAreServedStillIsGivenBackWhenTheyAreLetGoOf() {
		ServiceView<String> view = tenOfWhichTenAreRemembered();
		vanishAll();
		this.loop.advance(Duration.ofSeconds(30));
		assertThat(view.catalog().retained()).isEmpty();
		putAll();
		vanishAll();
		assertThat(view.catalog().retained().get("orders")).hasSize(10);
	}

	private ServiceView<String> tenOfWhichTenAreRemembered() {
		ServiceView<String> view = view(new InstanceLimits(20, 10), List.of(), Duration.ofSeconds(10));
		putAll();
		return view;
	}

	private void putAll() {
		IntStream.range(0, 10).forEach((i) -> put("orders", "instance-" + i));
		settle();
	}

	private void vanishAll() {
		IntStream.range(0, 10).forEach((i) -> vanish("instance-" + i));
	}

	@Test
	void limitsBelowOneAreRefused() {
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> new InstanceLimits(0, 1))
			.withMessageContaining("max-instances")
			.withMessageContaining("1 or more");
		assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> new InstanceLimits(1, 0))
			.withMessageContaining("max-instances-per-service");
		assertThat(new InstanceLimits(1, 1).total()).isOne();
	}

	private void vanish(String instance) {
		this.etcd.commit(deletionOf("/services/orders/" + instance));
		settle();
	}

	private ServiceView<String> view(InstanceLimits limits, List<String> services) {
		return view(limits, services, Duration.ZERO);
	}

	private ServiceView<String> view(InstanceLimits limits, List<String> services, Duration ttl) {
		KeyLayout layout = new KeyLayout("/services");
		ServiceView<String> view = new ServiceView<>(this.etcd,
				services.isEmpty() ? layout.ranges() : layout.ranges(services),
				(key, keyValue) -> new String(keyValue.value(), StandardCharsets.UTF_8), (value) -> true, ttl, limits,
				Telemetry.NONE, this.loop, new ManualEventLoop(), new Random(1));
		view.start();
		settle();
		assertThat(view.state()).isEqualTo(ViewState.WATCHING);
		return view;
	}

	private void put(String service, String... instances) {
		for (String instance : instances) {
			this.etcd.commit(Map.of("/services/" + service + "/" + instance, instance));
		}
	}

	private static Map<String, String> deletionOf(String key) {
		Map<String, String> deletion = new HashMap<>();
		deletion.put(key, null);
		return deletion;
	}

	private void settle() {
		this.loop.run();
		while (this.etcd.sayOne()) {
			this.loop.run();
		}
	}

}
