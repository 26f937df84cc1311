package io.github.etcddiscovery.view;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.doubles.TestClients;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.instance.KeyRange;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.OnEveryEtcd;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A view of several ranges of keys, each of which keeps the promises by itself.
 */
@OnEveryEtcd
class SeveralPrefixesTests {

	private static final Duration SOON = Duration.ofSeconds(5);

	private static final KeyLayout LAYOUT = new KeyLayout("/services", Map.of("legacy", "/legacy.rpc"));

	private final EtcdProcess etcd;

	private final EtcdEyes eyes;

	private final EtcdClient client;

	SeveralPrefixesTests(EtcdBinary binary) {
		this.etcd = EtcdProcess.start(binary);
		this.eyes = new EtcdEyes(this.etcd.endpoint());
		this.client = TestClients.connect(this.etcd.endpoint());
	}

	@AfterEach
	void stop() {
		this.client.close();
		this.eyes.close();
		this.etcd.close();
	}

	@Test
	void chosenServicesAreFollowedAndNoOthers() {
		this.eyes.put("/services/orders/a", "1");
		this.eyes.put("/services/invoices/a", "1");
		try (ServiceView<String> view = follow(LAYOUT.ranges(List.of("orders", "stock")))) {
			assertThat(view.catalog().services()).containsExactly("orders");
			this.eyes.put("/services/stock/a", "1");
			this.eyes.put("/services/stock-old/a", "1");
			await().atMost(SOON).until(() -> view.catalog().services().equals(List.of("orders", "stock")));
			assertThat(view.catalog().available("invoices")).isEmpty();
			assertThat(view.follows("stock")).isTrue();
			assertThat(view.follows("invoices")).isFalse();
			assertThat(view.probe()).succeedsWithin(SOON);
		}
	}

	@Test
	void mappedServiceIsSeenBesideAllOthersAndOnlyWhereItIsMappedTo() {
		this.eyes.put("/services/orders/a", "1");
		this.eyes.put("/services/legacy/a", "not here");
		this.eyes.put("/legacy.rpc/7587", "here");
		try (ServiceView<String> view = follow(LAYOUT.ranges())) {
			assertThat(view.catalog().services()).containsExactly("legacy", "orders");
			assertThat(view.catalog().available("legacy")).containsExactly("here");
			this.eyes.delete("/services/legacy/a");
			this.eyes.put("/legacy.rpc/7588", "here too");
			await().atMost(SOON).until(() -> view.catalog().available("legacy").equals(List.of("here", "here too")));
			this.eyes.delete("/legacy.rpc/7587");
			this.eyes.delete("/legacy.rpc/7588");
			await().atMost(SOON).until(() -> view.catalog().services().equals(List.of("orders")));
		}
	}

	@Test
	void everyPrefixHasItsOwnRevisionAndTheLowestIsThatOfTheCatalog() {
		this.eyes.put("/services/orders/a", "1");
		try (ServiceView<String> view = follow(LAYOUT.ranges(List.of("orders", "stock")))) {
			long before = view.catalog().revision();
			this.eyes.put("/services/stock/a", "1");
			long revision = this.eyes.revision();
			await().atMost(SOON).until(() -> view.catalog().positions().get(1).revision() == revision);
			assertThat(view.catalog().positions()).containsExactly(new Catalog.Position("/services/orders/", 1, before),
					new Catalog.Position("/services/stock/", 1, revision));
			assertThat(view.catalog().revision()).isEqualTo(before);
			assertThat(view.catalog().revision("orders")).isEqualTo(before);
			assertThat(view.catalog().revision("stock")).isEqualTo(revision);
			assertThat(view.catalog().revision("not-followed")).isZero();
			assertThat(view.catalog().epoch()).isEqualTo(2);
		}
	}

	@Test
	void isSyncedOnlyWhenEveryPrefixIs() {
		this.etcd.kill();
		try (ServiceView<String> view = view(LAYOUT.ranges(List.of("orders", "stock")))) {
			assertThat(view.state()).isEqualTo(ViewState.IDLE);
			view.start();
			assertThat(view.catalog().isSynced()).isFalse();
			this.etcd.startAgain();
			view.awaitSync(SOON);
			assertThat(view.catalog().isSynced()).isTrue();
		}
	}

	@Test
	void everyPrefixFindsItsWayBackByItself() {
		this.eyes.put("/services/orders/a", "1");
		this.eyes.put("/services/stock/a", "1");
		try (ServiceView<String> view = follow(LAYOUT.ranges(List.of("orders", "stock", "empty")))) {
			this.etcd.kill();
			await().atMost(SOON).until(() -> !view.staleness().isZero());
			EtcdProcess elsewhere = this.etcd.onOtherPorts();
			try (EtcdEyes others = new EtcdEyes(elsewhere.endpoint())) {
				others.delete("/services/orders/a");
				others.put("/services/stock/b", "2");
				others.put("/services/empty/c", "3");
			}
			elsewhere.kill();
			this.etcd.startAgain();
			await().atMost(SOON).until(() -> view.staleness().isZero() && view.state() == ViewState.WATCHING);
			await().atMost(SOON).until(() -> view.catalog().services().equals(List.of("empty", "stock")));
			assertThat(view.catalog().available("stock")).containsExactly("1", "2");
			assertThat(view.catalog().positions()).extracting(Catalog.Position::epoch).containsOnly(1L);
		}
	}

	@Test
	void wipedEtcdIsNoticedUnderEveryPrefix() {
		this.eyes.put("/services/orders/a", "1");
		this.eyes.put("/services/stock/a", "1");
		try (ServiceView<String> view = follow(LAYOUT.ranges(List.of("orders", "stock")))) {
			this.etcd.kill();
			this.etcd.wipe();
			this.etcd.startAgain();
			this.eyes.put("/services/stock/b", "new");
			await().atMost(SOON).until(() -> view.catalog().services().equals(List.of("stock")));
			await().atMost(SOON).until(() -> view.catalog().available("stock").equals(List.of("new")));
			assertThat(view.catalog().positions()).extracting(Catalog.Position::epoch).containsOnly(2L);
		}
	}

	private ServiceView<String> follow(List<KeyRange> ranges) {
		ServiceView<String> view = view(ranges);
		view.start();
		view.awaitSync(SOON);
		await().atMost(SOON).until(() -> view.state() == ViewState.WATCHING);
		return view;
	}

	private ServiceView<String> view(List<KeyRange> ranges) {
		return new ServiceView<>(this.client, ranges,
				(key, keyValue) -> new String(keyValue.value(), StandardCharsets.UTF_8), (value) -> true);
	}

}
