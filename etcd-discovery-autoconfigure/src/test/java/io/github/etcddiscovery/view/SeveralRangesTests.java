package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.PastState;
import io.github.etcddiscovery.instance.KeyLayout;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A view of two services, each of which is in a range of its own.
 */
class SeveralRangesTests extends ScriptedView {

	private static final Duration SOON = Duration.ofSeconds(10);

	private final ServiceView<String> view = view(new KeyLayout("/services").ranges(List.of("orders", "stock")),
			InstanceLimits.NONE);

	@Test
	void onlyTheServicesOfTheRangesAreFollowed() {
		assertThat(this.view.follows("orders")).isTrue();
		assertThat(this.view.follows("stock")).isTrue();
		assertThat(this.view.follows("billing")).isFalse();
		assertThat(view().follows("billing")).as("all are").isTrue();
	}

	@Test
	void viewIsSyncedWhenEachRangeIsAndEachHasARevision() {
		listOrders();
		assertThat(this.view.catalog().isSynced()).isFalse();
		assertThat(this.view.catalog().epoch()).isEqualTo(1);
		listStock();
		assertThat(this.view.catalog().isSynced()).isTrue();
		assertThat(this.view.catalog().epoch()).isEqualTo(2);
		assertThat(this.view.catalog().revision()).isEqualTo(10);
		assertThat(this.view.catalog().revision("orders")).isEqualTo(10);
		assertThat(this.view.catalog().revision("stock")).isEqualTo(12);
		assertThat(this.view.catalog().revision("billing")).as("not followed").isZero();
		assertThat(this.view.statistics()).isEqualTo(new ViewStatistics(1, 1, 1, 0, 0));
		assertThat(this.view.rejections(10)).containsExactly(Map.entry("/services/stock/a", "not to be read"));
	}

	@Test
	void stateIsThatOfTheRangeThatIsNotWatching() {
		listOrders();
		this.etcd.watch.onCreated(10);
		this.loop.run();
		assertThat(this.view.state()).isEqualTo(ViewState.PROVING);
		this.etcd.fail("list /services/stock/", Reason.UNAVAILABLE);
		proveOrders();
		assertThat(this.view.state()).isEqualTo(ViewState.WAITING);
		assertThat(this.view.failure()).isEqualTo("failed on purpose");
	}

	@Test
	void waitingEndsWhenEveryRangeHasBeenRead() {
		listOrders();
		assertThatExceptionOfType(EtcdException.class).isThrownBy(() -> this.view.awaitSync(Duration.ofMillis(1)));
		CompletableFuture<Void> synced = CompletableFuture.runAsync(() -> this.view.awaitSync(SOON));
		listStock();
		assertThat(synced).succeedsWithin(SOON);
	}

	@Test
	void waitingEndsWhenTimeIsUp() {
		this.view.start();
		this.loop.run();
		assertThatExceptionOfType(EtcdException.class).isThrownBy(() -> this.view.awaitSync(Duration.ofMillis(1)))
			.withMessage("No answer from nowhere within 1 ms");
		this.etcd.fail("list /services/orders/", Reason.UNAVAILABLE);
		this.loop.run();
		assertThatExceptionOfType(EtcdException.class).isThrownBy(() -> this.view.awaitSync(Duration.ofMillis(1)))
			.as("the reason, where one is known")
			.withMessage("failed on purpose");
	}

	@Test
	void waitingEndsWhenARangeIsRefused() {
		this.view.start();
		this.loop.run();
		this.etcd.fail("list /services/orders/", Reason.PERMISSION_DENIED);
		this.loop.run();
		assertThatExceptionOfType(EtcdException.class).isThrownBy(() -> this.view.awaitSync(SOON))
			.returns(Reason.PERMISSION_DENIED, EtcdException::reason);
	}

	@Test
	void threadThatIsInterruptedWhileItWaitsStaysInterrupted() {
		CompletableFuture<Boolean> interrupted = CompletableFuture.supplyAsync(() -> {
			Thread.currentThread().interrupt();
			assertThatExceptionOfType(EtcdException.class).isThrownBy(() -> this.view.awaitSync(SOON))
				.withMessage("Interrupted while waiting for nowhere");
			return Thread.interrupted();
		});
		assertThat(interrupted).succeedsWithin(SOON).isEqualTo(true);
	}

	private void listOrders() {
		this.view.start();
		this.loop.run();
		this.etcd.answer("list /services/orders/", 10L);
		this.loop.run();
	}

	private void listStock() {
		this.etcd.pages.accept(List.of(found("stock/a", "unreadable", 11), found("stock/b", "1", 12)));
		this.etcd.answer("list /services/stock/", 12L);
		this.loop.run();
	}

	private void proveOrders() {
		this.etcd.answer("past /services/orders/ at 10 of /services/orders/", new PastState(0, Map.of()));
		this.loop.run();
	}

}
