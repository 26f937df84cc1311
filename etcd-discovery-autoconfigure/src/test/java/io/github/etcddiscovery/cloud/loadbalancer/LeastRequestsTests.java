package io.github.etcddiscovery.cloud.loadbalancer;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.CompletionContext;
import org.springframework.cloud.client.loadbalancer.CompletionContext.Status;
import org.springframework.cloud.client.loadbalancer.DefaultRequest;
import org.springframework.cloud.client.loadbalancer.DefaultRequestContext;
import org.springframework.cloud.client.loadbalancer.DefaultResponse;
import org.springframework.cloud.client.loadbalancer.EmptyResponse;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.test.util.ReflectionTestUtils;

import static io.github.etcddiscovery.cloud.loadbalancer.TestInstances.instance;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of {@link RequestsInFlight} and {@link LeastRequestsInstanceListSupplier}.
 */
class LeastRequestsTests {

	private static final ServiceInstance A = instance("a");

	private static final ServiceInstance B = instance("b");

	private static final ServiceInstance C = instance("c");

	private final RequestsInFlight inFlight = new RequestsInFlight();

	private final TestInstances all = new TestInstances(A, B, C);

	private final ServiceInstanceListSupplier supplier = this.inFlight.leastRequests(this.all);

	private Request<Object> begin(ServiceInstance instance) {
		Request<Object> request = new DefaultRequest<>();
		this.inFlight.onStartRequest(request, new DefaultResponse(instance));
		return request;
	}

	private void end(Request<Object> request, ServiceInstance instance) {
		this.inFlight.onComplete(new CompletionContext<>(Status.SUCCESS, request, new DefaultResponse(instance)));
	}

	private Map<ServiceInstance, Long> chosen(int times) {
		return IntStream.range(0, times)
			.mapToObj((i) -> this.supplier.get(new DefaultRequest<>()).blockFirst())
			.peek((list) -> assertThat(list).hasSize(1))
			.map((list) -> list.get(0))
			.collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
	}

	@Test
	void callsAreCountedFromTheirBeginningToTheirEnd() {
		Request<Object> first = begin(A);
		Request<Object> second = begin(A);
		begin(B);
		assertThat(this.inFlight.count(A)).isEqualTo(2);
		assertThat(this.inFlight.count(B)).isEqualTo(1);
		end(first, A);
		end(first, A);
		assertThat(this.inFlight.count(A)).as("ended twice").isEqualTo(1);
		end(second, A);
		assertThat(this.inFlight.count(A)).isZero();
		assertThat((Map<?, ?>) ReflectionTestUtils.getField(this.inFlight, "counts")).as("those with calls").hasSize(1);
		assertThat((Set<?>) ReflectionTestUtils.getField(this.inFlight, "calls")).hasSize(1);
	}

	@Test
	void requestThatIsRepeatedCountsForTheInstanceOfTheAttempt() {
		Request<Object> request = begin(A);
		end(request, A);
		this.inFlight.onStartRequest(request, new DefaultResponse(B));
		assertThat(this.inFlight.count(A)).isZero();
		assertThat(this.inFlight.count(B)).isEqualTo(1);
	}

	@Test
	void instanceWithTheMostCallsIsNotChosenAndTheOthersShare() {
		List<Request<Object>> calls = List.of(begin(A), begin(A));
		assertThat(chosen(300)).containsOnlyKeys(B, C).allSatisfy((one, count) -> assertThat(count).isGreaterThan(90));
		calls.forEach((call) -> end(call, A));
		assertThat(chosen(300)).as("all alike").hasSize(3);
	}

	@Test
	void eachOfTwoIsDrawn() {
		this.all.set(A, B);
		Request<Object> call = begin(A);
		assertThat(chosen(50)).containsOnlyKeys(B);
		end(call, A);
		begin(B);
		assertThat(chosen(50)).containsOnlyKeys(A);
	}

	@Test
	void oneOrNoInstanceIsPassedOn() {
		this.all.set(A);
		assertThat(this.supplier.get(new DefaultRequest<>()).blockFirst()).containsExactly(A);
		this.all.set();
		assertThat(this.supplier.get(new DefaultRequest<>()).blockFirst()).isEmpty();
		assertThat(this.supplier.get().blockFirst()).isEmpty();
	}

	@Test
	void cancelledCallCountsNoLongerOnceItsRequestIsGarbage() {
		begin(A);
		await().atMost(Duration.ofSeconds(10)).until(() -> {
			System.gc();
			begin(B);
			return this.inFlight.count(A) == 0;
		});
	}

	@Test
	void callsOfManyThreadsAreAllCountedDown() throws InterruptedException {
		ExecutorService callers = Executors.newFixedThreadPool(8);
		CountDownLatch done = new CountDownLatch(8);
		for (int caller = 0; caller < 8; caller++) {
			callers.execute(() -> {
				for (int i = 0; i < 2_000; i++) {
					end(begin(A), A);
				}
				done.countDown();
			});
		}
		assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
		callers.shutdownNow();
		assertThat(this.inFlight.count(A)).isZero();
	}

	@Test
	void otherServicesAndCallsWithoutAnInstanceAreNotCounted() {
		RequestsInFlight nobody = new RequestsInFlight();
		assertThat(nobody.supports(DefaultRequestContext.class, Object.class, ServiceInstance.class)).isFalse();
		assertThat(this.inFlight.supports(DefaultRequestContext.class, Object.class, ServiceInstance.class)).isTrue();
		assertThat(this.inFlight.supports(DefaultRequestContext.class, Object.class, Object.class)).isFalse();
		Request<Object> request = new DefaultRequest<>();
		nobody.onStartRequest(request, new DefaultResponse(A));
		assertThat(nobody.count(A)).isZero();
		this.inFlight.onStartRequest(request, new EmptyResponse());
		this.inFlight.onComplete(new CompletionContext<>(Status.DISCARD, request, new EmptyResponse()));
		this.inFlight.onComplete(new CompletionContext<>(Status.DISCARD, request));
		assertThat(this.inFlight.count(A)).isZero();
	}

}
