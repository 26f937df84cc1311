package io.github.etcddiscovery.cloud.loadbalancer;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;

import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.LoadBalancerProperties;
import org.springframework.cloud.client.loadbalancer.reactive.ReactiveLoadBalancer;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Very many instances that answer slowly, or never, take a few checks at a time.
 */
class HealthCheckLimitsTests {

	private static final Duration SOON = Duration.ofSeconds(20);

	private static final int MANY = 5_000;

	private final Sinks.Many<List<ServiceInstance>> instances = Sinks.many().replay().latest();

	private final AtomicInteger underWay = new AtomicInteger();

	private final AtomicInteger most = new AtomicInteger();

	private final Map<Integer, AtomicInteger> asked = new ConcurrentHashMap<>();

	private final Queue<MonoSink<Boolean>> open = new ConcurrentLinkedQueue<>();

	private final List<List<ServiceInstance>> supplied = new CopyOnWriteArrayList<>();

	private HealthCheckedInstanceListSupplier supplier;

	@AfterEach
	void destroy() throws Exception {
		this.supplier.destroy();
	}

	@Test
	void thousandsThatAnswerAtOnceAreAllCheckedAndSuppliedTogether() throws Exception {
		start(Duration.ofMinutes(1), (uri) -> Mono.fromSupplier(() -> count(uri.getPort())));
		tell(MANY);
		await().atMost(SOON).until(() -> !this.supplied.isEmpty() && last().size() == MANY);
		assertThat(this.asked.values()).extracting(AtomicInteger::get).containsOnly(1);
		assertThat(this.supplied).as("lists for 5,000 results").hasSizeLessThan(100);
	}

	@Test
	void thirtyTwoAreCheckedAtATimeAndTheOthersByTurns() throws Exception {
		start(Duration.ofMinutes(1), this::neverAnswering);
		tell(MANY);
		await().atMost(SOON).until(() -> this.open.size() == 32);
		for (int i = 0; i < 100; i++) {
			this.open.remove().success(true);
		}
		await().atMost(SOON).until(() -> this.asked.size() == 132);
		assertThat(this.most).hasValue(32);
		await().atMost(SOON).until(() -> !this.supplied.isEmpty() && last().size() == 100);
	}

	@Test
	void checkWithoutAnAnswerIsCancelledAndRepeated() throws Exception {
		start(Duration.ofMillis(100), this::neverAnswering);
		tell(40);
		await().atMost(SOON)
			.until(() -> this.asked.size() == 40 && this.asked.values().stream().allMatch((count) -> count.get() >= 2));
		assertThat(this.most).hasValue(32);
	}

	@Test
	void instancesThatAreGoneAreCheckedNoMore() throws Exception {
		start(Duration.ofMinutes(1), this::neverAnswering);
		tell(MANY);
		await().atMost(SOON).until(() -> this.open.size() == 32);
		tell(0);
		await().atMost(SOON).until(() -> this.underWay.get() == 0);
		assertThat(this.asked).as("no other one began").hasSize(32);
	}

	@Test
	void instancesThatDoNotAnswerTakeHalfOfTheChecksOnceThatIsKnown() throws Exception {
		start(Duration.ofMillis(200), (uri) -> (uri.getPort() <= 100) ? neverAnswering(uri) : Mono.just(true));
		tell(100);
		await().atMost(SOON)
			.until(() -> this.asked.size() == 100
					&& this.asked.values().stream().allMatch((count) -> count.get() >= 2));
		this.most.set(0);
		await().during(Duration.ofSeconds(1)).atMost(SOON).until(() -> this.most.get() <= 16);
		tell(101);
		await().atMost(SOON).until(() -> !this.supplied.isEmpty() && last().size() == 1);
	}

	@Test
	void firstChoiceDoesNotWaitForeverForAnAnswer() throws Exception {
		start(Duration.ofMinutes(1), this::neverAnswering);
		tell(MANY);
		await().atMost(Duration.ofSeconds(8)).until(() -> !this.supplied.isEmpty() && last().size() >= MANY - 100);
	}

	@Test
	void probeThatEndsWithoutAnAnswerCountsAsUnhealthy() throws Exception {
		start(Duration.ofMinutes(1), (uri) -> (uri.getPort() == 1) ? Mono.empty() : Mono.just(true));
		tell(2);
		await().atMost(SOON).until(() -> !this.supplied.isEmpty() && last().size() == 1);
	}

	@Test
	void errorInACheckKeepsNoOtherFromBeingMade() throws Exception {
		start(Duration.ofMillis(100), (uri) -> {
			count(uri.getPort());
			if (uri.getPort() <= 50 && this.asked.get(uri.getPort()).get() == 1) {
				throw new OutOfMemoryError("thrown on purpose");
			}
			return Mono.just(true);
		});
		tell(100);
		await().atMost(SOON).until(() -> !this.supplied.isEmpty() && last().size() == 100);
	}

	private Mono<Boolean> neverAnswering(URI uri) {
		return Mono.<Boolean>create((sink) -> {
			count(uri.getPort());
			this.most.accumulateAndGet(this.underWay.incrementAndGet(), Math::max);
			this.open.add(sink);
		}).doOnTerminate(this.underWay::decrementAndGet).doOnCancel(this.underWay::decrementAndGet);
	}

	private boolean count(int port) {
		this.asked.computeIfAbsent(port, (added) -> new AtomicInteger()).incrementAndGet();
		return true;
	}

	private List<ServiceInstance> last() {
		return this.supplied.get(this.supplied.size() - 1);
	}

	private void tell(int count) {
		this.instances.tryEmitNext(IntStream.rangeClosed(1, count)
			.<ServiceInstance>mapToObj(
					(port) -> new DefaultServiceInstance(String.valueOf(port), "stock", "h", port, false))
			.toList());
	}

	@SuppressWarnings("unchecked")
	private void start(Duration interval, HealthProbe probe) throws Exception {
		LoadBalancerProperties properties = new LoadBalancerProperties();
		properties.getHealthCheck().setInterval(interval);
		ReactiveLoadBalancer.Factory<ServiceInstance> factory = mock(ReactiveLoadBalancer.Factory.class);
		given(factory.getProperties("stock")).willReturn(properties);
		this.supplier = new HealthCheckedInstanceListSupplier(new ServiceInstanceListSupplier() {

			@Override
			public String getServiceId() {
				return "stock";
			}

			@Override
			public Flux<List<ServiceInstance>> get() {
				return HealthCheckLimitsTests.this.instances.asFlux();
			}

		}, factory, probe);
		this.supplier.get().subscribe(this.supplied::add);
		this.supplier.afterPropertiesSet();
	}

}
