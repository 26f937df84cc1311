package io.github.etcddiscovery.cloud.discovery;

import java.time.Duration;
import java.util.Map;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.cloud.EtcdUnavailableException;
import io.github.etcddiscovery.doubles.EmptyEtcdClient;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import org.junit.jupiter.api.Test;
import org.mockito.InOrder;

import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.cloud.client.ServiceInstance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;

/**
 * Tests of {@link ViewLifecycle}.
 */
class ViewLifecycleTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(6);

	@SuppressWarnings("unchecked")
	private final ServiceView<ServiceInstance> view = mock(ServiceView.class);

	private final Runnable remotes = mock(Runnable.class);

	private ViewLifecycle lifecycle(boolean failFast, Map<String, Integer> awaited) {
		@SuppressWarnings("unchecked")
		Catalog<ServiceInstance> empty = mock(Catalog.class);
		given(this.view.catalog()).willReturn(empty);
		given(this.view.subscribe(any())).willReturn(() -> {
		});
		return new ViewLifecycle(this.view, new EmptyEtcdClient(), failFast, TIMEOUT, this.remotes, this.view,
				new AwaitedInstances(awaited, Duration.ofMillis(1)), null);
	}

	@Test
	void startsBeforeAnyWebServerAndStopsAfterIt() {
		assertThat(lifecycle(true, Map.of()).getPhase()).isLessThan(WebServerApplicationContext.GRACEFUL_SHUTDOWN_PHASE)
			.isLessThan(WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE)
			.isEqualTo(Integer.MIN_VALUE);
		assertThat(lifecycle(true, Map.of()).isPauseable()).isFalse();
	}

	@Test
	void waitsForTheFirstSyncOnlyWhereItIsNeeded() {
		lifecycle(false, Map.of()).start();
		then(this.view).should(never()).awaitSync(any());
		lifecycle(true, Map.of()).start();
		then(this.view).should().awaitSync(TIMEOUT);
	}

	@Test
	void etcdThatCannotBeReadEndsTheStart() {
		ViewLifecycle lifecycle = lifecycle(true, Map.of());
		willThrow(new EtcdException(Reason.UNAVAILABLE, "no answer", null)).given(this.view).awaitSync(any());
		assertThatExceptionOfType(EtcdUnavailableException.class).isThrownBy(lifecycle::start)
			.withMessageContaining("nowhere")
			.withMessageContaining("no answer");
		assertThat(lifecycle.isRunning()).isFalse();
	}

	@Test
	void missingInstancesEndTheStartOnlyWithFailFast() {
		assertThatExceptionOfType(InstancesMissingException.class)
			.isThrownBy(lifecycle(true, Map.of("stock", 1))::start)
			.withMessageContaining("stock (0 of 1 instances)");
		ViewLifecycle lifecycle = lifecycle(false, Map.of("stock", 1));
		lifecycle.start();
		assertThat(lifecycle.isRunning()).isTrue();
		lifecycle.stop();
		assertThat(lifecycle.isRunning()).isFalse();
	}

	@Test
	void instancesAreAwaitedOnceAndNotAtALaterStart() {
		ViewLifecycle lifecycle = lifecycle(false, Map.of("stock", 1));
		lifecycle.start();
		lifecycle.stop();
		lifecycle.start();
		then(this.view).should().subscribe(any());
	}

	@Test
	void remoteClustersAreAwaitedAfterHomeAndOnce() {
		ViewLifecycle lifecycle = lifecycle(true, Map.of());
		lifecycle.start();
		lifecycle.stop();
		lifecycle.start();
		InOrder order = inOrder(this.view, this.remotes);
		order.verify(this.view).awaitSync(TIMEOUT);
		order.verify(this.remotes).run();
		order.verify(this.view).awaitSync(TIMEOUT);
		then(this.remotes).shouldHaveNoMoreInteractions();
	}

}
