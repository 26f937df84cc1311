package io.github.etcddiscovery.cloud.discovery;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import io.github.etcddiscovery.doubles.ManualEventLoop;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.ServiceView;
import io.github.etcddiscovery.view.Subscription;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.event.HeartbeatEvent;
import org.springframework.cloud.client.discovery.event.HeartbeatMonitor;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.SimpleApplicationEventMulticaster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link CatalogEventPublisher} on a loop whose time the test lets pass.
 */
@ExtendWith(OutputCaptureExtension.class)
class CatalogEventPublisherTests {

	private static final ServiceInstance A = new DefaultServiceInstance("a", "stock", "h", 1, false);

	private static final ServiceInstance B = new DefaultServiceInstance("b", "stock", "h", 2, false);

	@SuppressWarnings("unchecked")
	private final ServiceView<ServiceInstance> view = mock(ServiceView.class);

	private final Subscription subscription = mock(Subscription.class);

	private final ManualEventLoop loop = new ManualEventLoop();

	private final SimpleApplicationEventMulticaster listeners = new SimpleApplicationEventMulticaster();

	private final List<String> told = new ArrayList<>();

	private final Map<Catalog<ServiceInstance>, Map<String, List<ServiceInstance>>> contents = new HashMap<>();

	private final CatalogEventPublisher publisher = new CatalogEventPublisher(this.view, this.listeners,
			() -> this.loop);

	private Consumer<Catalog<ServiceInstance>> subscriber;

	@BeforeEach
	void subscribe() {
		given(this.view.subscribe(any())).willAnswer((invocation) -> {
			this.subscriber = invocation.getArgument(0);
			return this.subscription;
		});
		this.listeners.addApplicationListener((ApplicationListener<ApplicationEvent>) (event) -> this.told
			.add((event instanceof ServiceInstancesChangedEvent changed)
					? changed.getServiceId()
							+ changed.getInstances().stream().map(ServiceInstance::getInstanceId).toList()
					: event.getClass().getSimpleName()));
		see(0, Map.of());
		this.publisher.start();
	}

	/** Lets the view see this, without a word to its subscribers. */
	private void see(long epoch, Map<String, List<ServiceInstance>> services) {
		@SuppressWarnings("unchecked")
		Catalog<ServiceInstance> catalog = mock(Catalog.class);
		this.contents.put(catalog, services);
		given(catalog.positions()).willReturn(List.of(new Catalog.Position("/services/", epoch, 5)));
		given(catalog.services()).willReturn(services.keySet().stream().sorted().toList());
		given(catalog.available(any()))
			.willAnswer((invocation) -> services.getOrDefault(invocation.<String>getArgument(0), List.of()));
		given(catalog.hasSameInstances(any()))
			.willAnswer((invocation) -> services.equals(this.contents.get(invocation.getArgument(0))));
		given(this.view.catalog()).willReturn(catalog);
	}

	private void change(Map<String, List<ServiceInstance>> services) {
		see(1, services);
		this.subscriber.accept(this.view.catalog());
	}

	private List<String> told() {
		List<String> taken = List.copyOf(this.told);
		this.told.clear();
		return taken;
	}

	@Test
	void nothingIsToldUntilEtcdHasBeenRead() {
		this.subscriber.accept(this.view.catalog());
		this.loop.run();
		assertThat(told()).isEmpty();
		change(Map.of());
		this.loop.run();
		assertThat(told()).as("that it has been read").containsExactly("HeartbeatEvent");
	}

	@Test
	void eachServiceIsToldOfByItselfAndThenAHeartbeat() {
		change(Map.of("stock", List.of(A), "orders", List.of(B)));
		this.loop.run();
		assertThat(told()).containsExactly("orders[b]", "stock[a]", "HeartbeatEvent");
	}

	@Test
	void servicesThatAreGoneAreToldOf() {
		change(Map.of("stock", List.of(A)));
		this.loop.run();
		told();
		change(Map.of());
		this.loop.advance(CatalogEventPublisher.PACE);
		assertThat(told()).containsExactly("stock[]", "HeartbeatEvent");
	}

	@Test
	void heartbeatAloneTellsOfAServiceWithoutInstancesThatMayBeCalled() {
		change(Map.of("stock", List.of(A)));
		this.loop.run();
		told();
		change(Map.of("stock", List.of(A), "down", List.of()));
		this.loop.advance(CatalogEventPublisher.PACE);
		assertThat(told()).containsExactly("HeartbeatEvent");
	}

	@Test
	void sameInstancesAreNoNews() {
		change(Map.of("stock", List.of(A)));
		this.loop.run();
		told();
		change(Map.of("stock", List.of(A)));
		this.loop.advance(CatalogEventPublisher.PACE);
		assertThat(told()).isEmpty();
	}

	@Test
	void changesThatFollowAreToldTogetherAfterThePace() {
		change(Map.of("stock", List.of(A)));
		this.loop.run();
		told();
		change(Map.of("stock", List.of()));
		this.loop.advance(CatalogEventPublisher.PACE.minusNanos(1));
		change(Map.of("stock", List.of(A, B)));
		assertThat(told()).isEmpty();
		this.loop.advance(CatalogEventPublisher.PACE);
		assertThat(told()).containsExactly("stock[a, b]", "HeartbeatEvent");
		this.loop.advance(CatalogEventPublisher.PACE);
		assertThat(told()).isEmpty();
	}

	@Test
	void changeAfterAQuietTimeIsToldAtOnce() {
		change(Map.of("stock", List.of(A)));
		this.loop.run();
		this.loop.advance(CatalogEventPublisher.PACE);
		told();
		change(Map.of("stock", List.of(B)));
		this.loop.run();
		assertThat(told()).containsExactly("stock[b]", "HeartbeatEvent");
	}

	@Test
	void listenerThatThrowsKeepsNoEventFromAnybody(CapturedOutput output) {
		this.listeners.addApplicationListener((ApplicationListener<ServiceInstancesChangedEvent>) (event) -> {
			throw new IllegalStateException("thrown on purpose");
		});
		change(Map.of("stock", List.of(A), "orders", List.of(B)));
		this.loop.run();
		assertThat(told()).contains("orders[b]", "stock[a]", "HeartbeatEvent");
		assertThat(output).contains("A listener failed at").contains("thrown on purpose");
	}

	@Test
	void stoppedPublisherTellsNothingAndStartedAgainTellsAll() {
		change(Map.of("stock", List.of(A)));
		assertThat(this.publisher.isRunning()).isTrue();
		assertThat(this.publisher.isPauseable()).isFalse();
		this.publisher.start();
		this.publisher.stop();
		this.publisher.stop();
		then(this.subscription).should().close();
		assertThat(this.publisher.isRunning()).isFalse();
		this.loop.run();
		assertThat(told()).isEmpty();
		assertThat(this.loop.isClosed()).isTrue();
		this.publisher.start();
		this.subscriber.accept(this.view.catalog());
		this.loop.run();
		assertThat(told()).contains("stock[a]");
	}

	@Test
	void valueOfAHeartbeatIsAnotherEachTimeAlsoWithoutAChangeInEtcd() {
		HeartbeatMonitor gateway = new HeartbeatMonitor();
		List<Boolean> news = new ArrayList<>();
		this.listeners.addApplicationListener(
				(ApplicationListener<HeartbeatEvent>) (event) -> news.add(gateway.update(event.getValue())));
		change(Map.of("stock", List.of(A)));
		this.loop.run();
		// Retained instances expire: the positions stay.
		change(Map.of());
		this.loop.advance(CatalogEventPublisher.PACE);
		this.publisher.stop();
		this.publisher.start();
		this.subscriber.accept(this.view.catalog());
		this.loop.advance(CatalogEventPublisher.PACE);
		assertThat(news).hasSizeGreaterThanOrEqualTo(2).containsOnly(true);
	}

}
