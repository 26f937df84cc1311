package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdClientOptions;
import io.github.etcddiscovery.client.JetcdEtcdClient;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.OnEveryEtcd;
import io.github.etcddiscovery.testsupport.TcpProxy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Entries as large as etcd takes them, more than fit into one message together: 64 MiB.
 */
@OnEveryEtcd
class LargeEntriesTests {

	private static final Duration SOON = Duration.ofSeconds(30);

	private static final int MANY = 50;

	private static final byte[] LARGE = new byte[1_400_000];

	private final EtcdProcess etcd;

	private final EtcdEyes eyes;

	private final TcpProxy proxy;

	private final EtcdClient client;

	private final ServiceView<Integer> view;

	LargeEntriesTests(EtcdBinary binary) {
		this.etcd = EtcdProcess.start(binary);
		this.eyes = new EtcdEyes(this.etcd.endpoint());
		this.proxy = TcpProxy.to(this.etcd.endpoint());
		this.client = new JetcdEtcdClient(EtcdClientOptions.of(this.proxy.endpoint()), List.of());
		this.view = new ServiceView<>(this.client, new KeyLayout("/services").ranges(),
				(key, keyValue) -> keyValue.value().length, (length) -> true);
	}

	@AfterEach
	void stop() {
		this.view.close();
		this.client.close();
		this.proxy.close();
		this.eyes.close();
		this.etcd.close();
	}

	@Test
	void viewReadsThemInSmallerPages() {
		putMany();
		this.view.start();
		this.view.awaitSync(SOON);
		assertThat(this.view.catalog().all("large")).hasSize(MANY);
		assertThat(this.view.catalog().all("zero")).containsExactly(0);
	}

	@Test
	void viewReadsThemAnewIfItMissedThem() {
		this.view.start();
		this.view.awaitSync(SOON);
		this.proxy.setRefusing(true);
		putMany();
		this.proxy.setRefusing(false);
		await().atMost(SOON).until(() -> this.view.catalog().all("zero").size() == 1);
		assertThat(this.view.catalog().all("large")).hasSize(MANY);
		this.eyes.put("/services/zero/2", new byte[0]);
		await("follows again").atMost(SOON).until(() -> this.view.catalog().all("zero").size() == 2);
	}

	@Test
	void keysAsLargeAsEtcdTakesThemAreRefusedByADigestAndFollowed() {
		String evil = "/services/evil/" + "x".repeat(1_400_000);
		IntStream.range(0, 5).forEach((i) -> this.eyes.put(evil + i, new byte[0]));
		this.eyes.put("/services/zero/1", new byte[0]);
		this.view.start();
		this.view.awaitSync(SOON);
		assertThat(this.view.statistics().rejected()).isEqualTo(5);
		assertThat(this.view.rejections(10).keySet()).hasSize(5)
			.allSatisfy((key) -> assertThat(key).startsWith("/services/evil/x").contains("SHA-256"));
		await().atMost(SOON).until(() -> this.view.state() == ViewState.WATCHING);
		this.eyes.put(evil + 5, new byte[0]);
		await().atMost(SOON).until(() -> this.view.statistics().rejected() == 6);
		this.proxy.cut();
		this.eyes.put("/services/zero/2", new byte[0]);
		await("follows again").atMost(SOON).until(() -> this.view.catalog().all("zero").size() == 2);
		assertThat(this.view.statistics().resyncs()).as("what cannot be asked for proves nothing").isZero();
		IntStream.range(0, 6).forEach((i) -> this.eyes.delete(evil + i));
		await().atMost(SOON).until(() -> this.view.statistics().rejected() == 0);
	}

	private void putMany() {
		IntStream.range(0, MANY).forEach((i) -> this.eyes.put("/services/large/" + i, LARGE));
		this.eyes.put("/services/zero/1", new byte[0]);
	}

}
