package io.github.etcddiscovery.cloud.loadbalancer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.DefaultRequest;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.client.loadbalancer.RetryableRequestContext;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;

import static io.github.etcddiscovery.cloud.loadbalancer.TestInstances.instance;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link FallbackInstanceListSupplier} and {@link CallerSubset}.
 */
@ExtendWith(OutputCaptureExtension.class)
class FallbackInstanceListSupplierTests {

	private static final Duration WAIT = Duration.ofSeconds(10);

	private static final ServiceInstance[] HOME = { instance("h1"), instance("h2"), instance("h3") };

	private static final ServiceInstance[] AWAY = { instance("a1"), instance("a2"), instance("a3"), instance("a4") };

	private final TestInstances home = new TestInstances();

	private final TestInstances away = new TestInstances(AWAY);

	private final TestInstances lastResort = new TestInstances(instance("last"));

	private final AtomicInteger created = new AtomicInteger();

	private final AtomicInteger up = new AtomicInteger();

	private final AtomicInteger registered = new AtomicInteger();

	private final AtomicBoolean several = new AtomicBoolean(true);

	private final AtomicBoolean allUsable = new AtomicBoolean();

	private final FallbackInstanceListSupplier.Clusters clusters = new FallbackInstanceListSupplier.Clusters() {

		@Override
		public boolean areSeveral() {
			return FallbackInstanceListSupplierTests.this.several.get();
		}

		@Override
		public boolean areAllUsable() {
			return FallbackInstanceListSupplierTests.this.allUsable.get();
		}

		@Override
		public int registeredAtHome() {
			return FallbackInstanceListSupplierTests.this.registered.get();
		}

		@Override
		public int upAtHome() {
			return FallbackInstanceListSupplierTests.this.up.get();
		}

		@Override
		public Duration failBackAfter() {
			return WAIT;
		}

	};

	private final AtomicLong now = new AtomicLong();

	private FallbackInstanceListSupplier supplier(String minAvailable) {
		return new FallbackInstanceListSupplier(this.home, () -> {
			this.created.incrementAndGet();
			return this.away;
		}, this.lastResort, MinAvailable.parse(minAvailable), this.clusters, 4711, this.now::get);
	}

	private static List<ServiceInstance> chosen(FallbackInstanceListSupplier supplier) {
		return supplier.get(new DefaultRequest<>()).blockFirst();
	}

	private void home(int instances) {
		this.home.set(Arrays.copyOf(HOME, instances));
	}

	@Test
	void fallbackIsNotEvenCreatedWhileHomeHasEnough() {
		home(2);
		FallbackInstanceListSupplier supplier = supplier("2");
		assertThat(chosen(supplier)).containsExactly(HOME[0], HOME[1]);
		assertThat(this.created).hasValue(0);
		home(0);
		chosen(supplier);
		chosen(supplier);
		assertThat(this.created).hasValue(1);
	}

	@ParameterizedTest
	@CsvSource({ "1, 0, 4", "1, 1, 1", "3, 1, 3", "3, 3, 3", "9, 1, 5", "50%, 1, 2", "100%, 2, 4" })
	void gapUpToTheFloorIsFilled(String minAvailable, int atHome, int expected) {
		this.registered.set(4);
		home(atHome);
		List<ServiceInstance> chosen = chosen(supplier(minAvailable));
		assertThat(chosen).hasSize(expected);
		assertThat(chosen.subList(0, atHome)).containsExactly(Arrays.copyOf(HOME, atHome));
		assertThat(chosen.subList(atHome, expected)).isSubsetOf(AWAY);
	}

	@Test
	void filledListIsTheSameWhileNothingChanges() {
		home(1);
		FallbackInstanceListSupplier supplier = supplier("3");
		List<ServiceInstance> first = chosen(supplier);
		this.now.addAndGet(WAIT.toNanos());
		assertThat(chosen(supplier)).isEqualTo(first);
		List<ServiceInstance> list = List.of(HOME[0]);
		List<ServiceInstance> others = List.of(AWAY);
		FallbackInstanceListSupplier stable = new FallbackInstanceListSupplier(TestSupplier.of(Flux.just(list)),
				() -> TestSupplier.of(Flux.just(others)), this.lastResort, MinAvailable.parse("3"), this.clusters, 1);
		assertThat(chosen(stable)).isSameAs(chosen(stable));
	}

	@Test
	void homeIsUsedAgainOnceItHasHadAnInstanceForAWhile() {
		FallbackInstanceListSupplier supplier = supplier("1");
		assertThat(chosen(supplier)).containsExactly(AWAY);
		home(1);
		assertThat(chosen(supplier)).containsExactly(AWAY);
		this.now.addAndGet(WAIT.toNanos() - 1);
		assertThat(chosen(supplier)).containsExactly(AWAY);
		home(0);
		assertThat(chosen(supplier)).containsExactly(AWAY);
		home(1);
		this.now.addAndGet(1);
		assertThat(chosen(supplier)).as("begins anew").containsExactly(AWAY);
		this.now.addAndGet(WAIT.toNanos());
		assertThat(chosen(supplier)).containsExactly(HOME[0]);
		this.now.addAndGet(1);
		assertThat(chosen(supplier)).containsExactly(HOME[0]);
	}

	@Test
	void homeIsUsedAtOnceIfTheFallbackIsEmpty() {
		FallbackInstanceListSupplier supplier = supplier("1");
		assertThat(chosen(supplier)).containsExactly(AWAY);
		home(1);
		this.away.set();
		assertThat(chosen(supplier)).containsExactly(HOME[0]);
		home(0);
		assertThat(chosen(supplier)).as("nobody can be used anywhere")
			.singleElement()
			.satisfies((instance) -> assertThat(instance.getHost()).isEqualTo("last"));
	}

	@Test
	void withoutRemoteClustersTheListOfHomeIsPassedOn() {
		this.several.set(false);
		home(1);
		assertThat(chosen(supplier("3"))).containsExactly(HOME[0]);
		assertThat(supplier("3").get().blockFirst()).containsExactly(HOME[0]);
		home(0);
		assertThat(chosen(supplier("1"))).isEmpty();
		assertThat(this.created).hasValue(0);
	}

	@Test
	void changeThatTheStatusDoesNotExplainIsLogged(CapturedOutput output) {
		FallbackInstanceListSupplier supplier = supplier("1");
		chosen(supplier);
		assertThat(output).doesNotContain("The load balancer of stock");
		home(1);
		chosen(supplier);
		this.now.addAndGet(WAIT.toNanos());
		chosen(supplier);
		assertThat(output).containsOnlyOnce("The load balancer of stock uses home again");
		home(0);
		this.up.set(1);
		chosen(supplier);
		chosen(supplier);
		assertThat(output).containsOnlyOnce(
				"The load balancer of stock uses a fallback: each instance at home is ejected, unhealthy or not selected");
	}

	@Test
	void subscriberHearsOfGoingBack() {
		VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
		try {
			Sinks.Many<List<ServiceInstance>> lists = Sinks.many().replay().latest();
			lists.tryEmitNext(List.of());
			FallbackInstanceListSupplier supplier = new FallbackInstanceListSupplier(TestSupplier.of(lists.asFlux()),
					() -> this.away, this.lastResort, MinAvailable.ONE, this.clusters, 1,
					() -> Duration.ofMillis(time.now(TimeUnit.MILLISECONDS)).toNanos());
			List<List<ServiceInstance>> seen = new ArrayList<>();
			supplier.get().subscribe(seen::add);
			lists.tryEmitNext(List.of(HOME[0]));
			assertThat(seen).containsExactly(List.of(AWAY), List.of(AWAY));
			time.advanceTimeBy(WAIT);
			assertThat(seen).last().isEqualTo(List.of(HOME[0]));
		}
		finally {
			VirtualTimeScheduler.reset();
		}
	}

	@Test
	void fallbackStartsAndEndsWithItsUse() throws Exception {
		TestSupplier fallback = TestSupplier.of(Flux.just(List.of(AWAY)));
		TestSupplier atHome = TestSupplier.of(Flux.just(List.of()));
		FallbackInstanceListSupplier supplier = new FallbackInstanceListSupplier(atHome, () -> fallback,
				this.lastResort, MinAvailable.ONE, this.clusters, 1);
		supplier.afterPropertiesSet();
		assertThat(fallback.calls).isEmpty();
		chosen(supplier);
		chosen(supplier);
		assertThat(fallback.calls).containsExactly("started");
		supplier.destroy();
		assertThat(fallback.calls).containsExactly("started", "ended");
		assertThat(atHome.calls).containsExactly("started", "ended");
		supplier(("1")).destroy();
		assertThat(this.created).hasValue(0);
	}

	/**
	 * Supplies lists, and notes when it is started and ended.
	 */
	private static final class TestSupplier implements ServiceInstanceListSupplier, InitializingBean, DisposableBean {

		private final Flux<List<ServiceInstance>> lists;

		private final List<String> calls = new ArrayList<>();

		private TestSupplier(Flux<List<ServiceInstance>> lists) {
			this.lists = lists;
		}

		static TestSupplier of(Flux<List<ServiceInstance>> lists) {
			return new TestSupplier(lists);
		}

		@Override
		public String getServiceId() {
			return "stock";
		}

		@Override
		public Flux<List<ServiceInstance>> get() {
			return this.lists;
		}

		@Override
		public void afterPropertiesSet() {
			this.calls.add("started");
		}

		@Override
		public void destroy() {
			this.calls.add("ended");
		}

	}

	private static Request<?> repeated() {
		return new DefaultRequest<>(new RetryableRequestContext(HOME[0]));
	}

	@Test
	void requestThatWasTriedEverywhereAtHomeMovesNoOtherRequest() {
		FallbackInstanceListSupplier supplier = supplier("1");
		assertThat(supplier.get(repeated()).blockFirst()).containsExactly(AWAY);
		home(1);
		assertThat(chosen(supplier)).containsExactly(HOME[0]);
		assertThat(supplier.get(repeated()).blockFirst()).containsExactly(HOME[0]);
		this.away.set();
		home(0);
		assertThat(supplier.get(repeated()).blockFirst()).isEqualTo(this.lastResort.get().blockFirst());
	}

	@Test
	void homeIsPassedOnAsItIsWhileAllOfItCanBeUsed() {
		this.allUsable.set(true);
		home(0);
		FallbackInstanceListSupplier supplier = supplier("1");
		assertThat(chosen(supplier)).isEmpty();
		assertThat(this.created).hasValue(0);
		this.allUsable.set(false);
		assertThat(chosen(supplier)).containsExactly(AWAY);
		this.allUsable.set(true);
		home(1);
		assertThat(chosen(supplier)).as("home has to stay for a while").containsExactly(AWAY);
	}

}
