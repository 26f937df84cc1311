package io.github.etcddiscovery.view;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.etcd.jetcd.ByteSequence;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.doubles.TestClients;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.OnEveryEtcd;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static io.github.etcddiscovery.testsupport.TestApplications.awaitNoThreads;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

@OnEveryEtcd
class ServiceViewTests {

	private static final Duration SOON = Duration.ofSeconds(5);

	private final EtcdProcess etcd;

	private final EtcdEyes eyes;

	private final EtcdClient client;

	private final ServiceView<String> view;

	ServiceViewTests(EtcdBinary binary) {
		this.etcd = EtcdProcess.start(binary);
		this.eyes = new EtcdEyes(this.etcd.endpoint());
		this.client = TestClients.connect(this.etcd.endpoint());
		this.view = new ServiceView<>(this.client, new KeyLayout("/services").ranges(), (key, keyValue) -> {
			String value = new String(keyValue.value(), StandardCharsets.UTF_8);
			if (value.startsWith("bad")) {
				throw new IllegalArgumentException("not an instance");
			}
			return value;
		}, (value) -> !value.startsWith("out"));
	}

	@AfterEach
	void stop() {
		this.view.close();
		this.client.close();
		this.eyes.close();
		this.etcd.close();
	}

	@Test
	void isNotSyncedBeforeItHasReadEtcdEvenIfThatIsEmpty() {
		assertThat(this.view.catalog().isSynced()).isFalse();
		assertThat(this.view.state()).isEqualTo(ViewState.IDLE);
		this.view.start();
		this.view.awaitSync(SOON);
		assertThat(this.view.catalog().isSynced()).isTrue();
		assertThat(this.view.catalog().services()).isEmpty();
		assertThat(this.view.catalog().epoch()).isEqualTo(1);
	}

	@Test
	void holdsWhatWasThereAndFollowsWhatHappens() {
		this.eyes.put("/services/orders/a", "1");
		this.eyes.put("/services/orders/b", "out of service");
		this.eyes.put("/services-old/orders/c", "another prefix");
		start();
		assertThat(this.view.catalog().services()).containsExactly("orders");
		assertThat(this.view.catalog().all("orders")).containsExactly("1", "out of service");
		assertThat(this.view.catalog().available("orders")).containsExactly("1");
		assertThat(this.view.catalog().available("unknown")).isEmpty();
		this.eyes.put("/services/stock/a", "2");
		this.eyes.delete("/services/orders/a");
		awaitRevision();
		assertThat(this.view.catalog().services()).containsExactly("orders", "stock");
		assertThat(this.view.catalog().available("orders")).isEmpty();
		this.eyes.delete("/services/orders/b");
		awaitRevision();
		assertThat(this.view.catalog().services()).containsExactly("stock");
	}

	@Test
	void badEntryHarmsOnlyItself() {
		this.eyes.put("/services/orders/a", "1");
		this.eyes.put("/services/orders/b", "bad");
		this.eyes.put("/services/no-instance", "1");
		this.eyes.put("/services/orders/too/deep", "1");
		start();
		assertThat(this.view.catalog().all("orders")).containsExactly("1");
		this.eyes.put("/services/orders/a", "bad");
		this.eyes.put("/services/orders/b", "2");
		awaitRevision();
		assertThat(this.view.catalog().all("orders")).containsExactly("2");
		this.eyes.delete("/services/orders/a");
		this.eyes.delete("/services/no-instance");
		this.eyes.delete("/services/orders/b");
		awaitRevision();
		assertThat(this.view.catalog().services()).isEmpty();
	}

	@Test
	void keysThatAreNotTextHarmOnlyThemselves() {
		this.eyes.put("/services/orders/a", "1");
		List<ByteSequence> odd = Stream.of(0xff, 0xfe, 0xc3)
			.map((octet) -> EtcdEyes.bytes("/services/orders/")
				.concat(ByteSequence.from(new byte[] { octet.byteValue() })))
			.toList();
		odd.forEach((key) -> this.eyes.client().getKVClient().put(key, EtcdEyes.bytes("2")).join());
		start();
		await().atMost(SOON).until(() -> this.view.state() == ViewState.WATCHING);
		assertThat(this.view.catalog().all("orders")).containsExactly("1");
		assertThat(this.view.catalog().epoch()).isEqualTo(1);
		assertThat(this.view.rejections(10)).containsOnlyKeys("/services/orders/\\udcff", "/services/orders/\\udcfe",
				"/services/orders/\\udcc3");
		this.eyes.client().getKVClient().delete(odd.get(0)).join();
		this.eyes.put("/services/orders/b", "3");
		awaitRevision();
		assertThat(this.view.catalog().all("orders")).containsExactly("1", "3");
		assertThat(this.view.statistics().rejected()).isEqualTo(2);
	}

	@Test
	void subscriberGetsTheCurrentStateFirstAndThenEveryNewestOne() {
		this.eyes.put("/services/orders/a", "1");
		start();
		List<List<String>> seen = new CopyOnWriteArrayList<>();
		Subscription subscription = this.view.subscribe((catalog) -> seen.add(catalog.available("orders")));
		await().atMost(SOON).untilAsserted(() -> assertThat(seen).containsExactly(List.of("1")));
		this.eyes.put("/services/orders/b", "2");
		await().atMost(SOON).untilAsserted(() -> assertThat(seen).containsExactly(List.of("1"), List.of("1", "2")));
		subscription.close();
		this.eyes.put("/services/orders/c", "3");
		awaitRevision();
		assertThat(seen).hasSize(2);
	}

	@Test
	void subscriberThatThrowsOrBlocksDoesNotHoldUpTheView() throws InterruptedException {
		start();
		CountDownLatch blocked = new CountDownLatch(1);
		List<List<String>> seen = new CopyOnWriteArrayList<>();
		this.view.subscribe((catalog) -> {
			throw new IllegalStateException("thrown on purpose");
		});
		this.view.subscribe((catalog) -> {
			try {
				blocked.await(20, TimeUnit.SECONDS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		});
		this.view.subscribe((catalog) -> seen.add(catalog.available("orders")));
		for (int i = 0; i < 50; i++) {
			this.eyes.put("/services/orders/a", String.valueOf(i));
		}
		awaitRevision();
		assertThat(this.view.catalog().available("orders")).containsExactly("49");
		assertThat(seen).isEmpty();
		blocked.countDown();
		await().atMost(SOON).untilAsserted(() -> assertThat(seen).contains(List.of("49")));
		assertThat(seen.size()).as("what came meanwhile is skipped over").isLessThan(50);
	}

	@Test
	void servesTheLastStateWhileEtcdIsAwayAndSaysHowOldItIs() {
		this.eyes.put("/services/orders/a", "1");
		start();
		assertThat(this.view.staleness()).isZero();
		Catalog<String> before = this.view.catalog();
		this.etcd.kill();
		await().atMost(SOON).until(() -> this.view.staleness().compareTo(Duration.ofMillis(1500)) > 0);
		assertThat(this.view.catalog()).isSameAs(before);
		assertThat(this.view.catalog().available("orders")).containsExactly("1");
		this.etcd.startAgain();
		await().atMost(SOON).until(() -> this.view.staleness().isZero());
		assertThat(this.view.catalog().available("orders")).containsExactly("1");
		assertThat(this.view.catalog().epoch()).isEqualTo(1);
	}

	@Test
	void isCurrentAgainWithinASecondOfEtcdsReturn() {
		start();
		List<Long> recoveries = new ArrayList<>();
		for (int i = 0; i < 3; i++) {
			this.etcd.kill();
			await().atMost(SOON).until(() -> this.view.staleness().compareTo(Duration.ofSeconds(3)) > 0);
			this.etcd.startAgain();
			long back = System.nanoTime();
			await().atMost(SOON).pollInterval(Duration.ofMillis(5)).until(() -> this.view.staleness().isZero());
			recoveries.add(Duration.ofNanos(System.nanoTime() - back).toMillis());
			this.eyes.put("/services/orders/a", String.valueOf(i));
			awaitRevision();
			assertThat(this.view.catalog().available("orders")).containsExactly(String.valueOf(i));
		}
		assertThat(recoveries).allSatisfy((millis) -> assertThat(millis).isLessThan(1000));
	}

	@Test
	void missesNothingThatHappensWhileItIsCutOff() {
		this.eyes.put("/services/orders/a", "1");
		this.eyes.put("/services/orders/b", "1");
		start();
		this.etcd.kill();
		await().atMost(SOON).until(() -> !this.view.staleness().isZero());
		EtcdProcess elsewhere = this.etcd.onOtherPorts();
		try (EtcdEyes others = new EtcdEyes(elsewhere.endpoint())) {
			others.delete("/services/orders/a");
			others.put("/services/orders/c", "3");
		}
		elsewhere.kill();
		this.etcd.startAgain();
		awaitRevision();
		assertThat(this.view.catalog().all("orders")).containsExactly("1", "3");
		assertThat(this.view.catalog().epoch()).isEqualTo(1);
	}

	@Test
	void noticesAServerThatHangsAndIsCurrentAgainWhenItRunsOn() {
		start();
		this.etcd.freeze();
		await().atMost(Duration.ofSeconds(15)).until(() -> !this.view.staleness().isZero());
		this.etcd.thaw();
		this.eyes.put("/services/orders/a", "1");
		await().atMost(SOON).until(() -> this.view.staleness().isZero());
		awaitRevision();
		assertThat(this.view.catalog().all("orders")).containsExactly("1");
	}

	@Test
	void listsAgainWhenWhatItMissedHasBeenCompacted() {
		this.eyes.put("/services/orders/a", "1");
		this.eyes.put("/services/orders/b", "2");
		start();
		Object unchanged = this.view.catalog().available("orders").get(1);
		this.etcd.kill();
		await().atMost(SOON).until(() -> !this.view.staleness().isZero());
		// A port that nobody but this test knows, so that the view does not come first.
		EtcdProcess elsewhere = this.etcd.onOtherPorts();
		try (EtcdEyes others = new EtcdEyes(elsewhere.endpoint())) {
			others.delete("/services/orders/a");
			for (int i = 0; i < 10; i++) {
				others.put("/unrelated", String.valueOf(i));
			}
			others.compact(others.revision());
		}
		elsewhere.kill();
		this.etcd.startAgain();
		awaitRevision();
		assertThat(this.view.catalog().available("orders")).containsExactly("2");
		assertThat(this.view.catalog().available("orders").get(0)).as("not decoded again").isSameAs(unchanged);
		assertThat(this.view.catalog().epoch()).isEqualTo(1);
	}

	@Test
	void noticesThatEtcdWasWipedAlthoughItStartsFromTheBeginning() {
		this.eyes.put("/services/orders/a", "1");
		this.eyes.put("/services/orders/b", "1");
		start();
		this.etcd.kill();
		this.etcd.wipe();
		this.etcd.startAgain();
		this.eyes.put("/services/orders/c", "new");
		await().atMost(SOON).untilAsserted(() -> assertThat(this.view.catalog().all("orders")).containsExactly("new"));
		assertThat(this.view.catalog().epoch()).isEqualTo(2);
	}

	@Test
	void noticesThatEtcdWasWipedAlthoughItHasGrownPastTheRevisionSeen() {
		this.eyes.put("/services/orders/a", "1");
		this.eyes.put("/services/orders/b", "1");
		start();
		this.etcd.kill();
		this.etcd.wipe();
		EtcdProcess elsewhere = this.etcd.onOtherPorts();
		try (EtcdEyes others = new EtcdEyes(elsewhere.endpoint())) {
			others.put("/services/orders/c", "new");
			for (int i = 0; i < 20; i++) {
				others.put("/unrelated", String.valueOf(i));
			}
		}
		elsewhere.kill();
		this.etcd.startAgain();
		await().atMost(SOON).untilAsserted(() -> assertThat(this.view.catalog().all("orders")).containsExactly("new"));
		assertThat(this.view.catalog().epoch()).isEqualTo(2);
	}

	@Test
	void waitsForEtcdAndSaysWhyItIsNotThere() {
		this.etcd.kill();
		this.view.start();
		assertThatExceptionOfType(EtcdException.class).isThrownBy(() -> this.view.awaitSync(Duration.ofSeconds(3)))
			.withMessageContaining("Connection refused");
		assertThat(this.view.catalog().isSynced()).isFalse();
		this.etcd.startAgain();
		this.view.awaitSync(SOON);
		assertThat(this.view.catalog().isSynced()).isTrue();
	}

	@Test
	void catalogsHoldTheSameInstancesUntilOneChanges() {
		this.eyes.put("/services/orders/a", "1");
		start();
		Catalog<String> before = this.view.catalog();
		this.eyes.put("/services/not-an-instance", "1");
		awaitRevision();
		assertThat(this.view.catalog().hasSameInstances(before)).isTrue();
		this.eyes.put("/services/orders/a", "2");
		awaitRevision();
		assertThat(this.view.catalog().hasSameInstances(before)).isFalse();
	}

	@Test
	void probeAsksEtcdItself() {
		this.view.start();
		assertThat(this.view.probe()).succeedsWithin(SOON);
		this.etcd.kill();
		assertThat(this.view.probe()).failsWithin(SOON);
	}

	@Test
	void closedViewKeepsItsLastStateAndItsThreadsEnd() {
		this.eyes.put("/services/orders/a", "1");
		start();
		this.view.subscribe((catalog) -> {
		});
		this.view.close();
		this.view.close();
		await().atMost(SOON).until(() -> this.view.state() == ViewState.CLOSED);
		awaitNoThreads("etcd-view");
		assertThat(this.view.catalog().available("orders")).containsExactly("1");
	}

	private void start() {
		this.view.start();
		this.view.awaitSync(SOON);
		await().atMost(SOON).until(() -> this.view.state() == ViewState.WATCHING);
	}

	/** Waits until the view has seen all that was done under its prefix. */
	private void awaitRevision() {
		this.eyes.put("/services/marker", "x");
		this.eyes.delete("/services/marker");
		long revision = this.eyes.revision();
		await().atMost(SOON).until(() -> this.view.catalog().revision() >= revision);
	}

}
