package io.github.etcddiscovery.cloud.loadbalancer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.DefaultRequest;
import org.springframework.cloud.client.loadbalancer.RequestData;
import org.springframework.cloud.client.loadbalancer.RetryableRequestContext;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.http.HttpHeaders;
import org.springframework.test.util.ReflectionTestUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link UntriedInstanceListSupplier}.
 */
class UntriedInstanceListSupplierTests {

	private static final ServiceInstance A = instance("a");

	private static final ServiceInstance B = instance("b");

	private static final ServiceInstance C = instance("c");

	private final ServiceInstanceListSupplier delegate = mock(ServiceInstanceListSupplier.class);

	private final AtomicBoolean elsewhere = new AtomicBoolean();

	private final UntriedInstanceListSupplier supplier = new UntriedInstanceListSupplier(this.delegate,
			this.elsewhere::get);

	private static ServiceInstance instance(String id) {
		return new DefaultServiceInstance(id, "stock", id, 80, false);
	}

	private void there(ServiceInstance... instances) {
		given(this.delegate.get()).willReturn(Flux.just(List.of(instances)));
		given(this.delegate.get(any())).willReturn(Flux.just(List.of(instances)));
	}

	private static RequestData request() {
		RequestData request = mock(RequestData.class);
		given(request.getHeaders()).willReturn(new HttpHeaders());
		return request;
	}

	private List<ServiceInstance> supplied(ServiceInstance previous, RequestData request) {
		return this.supplier.get(new DefaultRequest<>(new RetryableRequestContext(previous, request))).blockFirst();
	}

	@Test
	void firstAttemptMayGoAnywhere() {
		there(A, B);
		assertThat(supplied(null, request())).containsExactly(A, B);
		assertThat(this.supplier.get().blockFirst()).containsExactly(A, B);
		assertThat(this.supplier.get(new DefaultRequest<>("no retry")).blockFirst()).containsExactly(A, B);
	}

	@Test
	void eachAttemptLeavesOutAllThatWereTried() {
		there(A, B, C);
		RequestData request = request();
		assertThat(supplied(A, request)).containsExactly(B, C);
		assertThat(supplied(B, request)).containsExactly(C);
		assertThat(supplied(A, request())).as("of another request").containsExactly(B, C);
	}

	@Test
	void onceAllWereTriedOnlyTheLastIsLeftOut() {
		there(A, B);
		RequestData request = request();
		supplied(A, request);
		assertThat(supplied(B, request)).containsExactly(A);
	}

	@Test
	void onlyInstanceIsTriedAgain() {
		there(A);
		assertThat(supplied(A, request())).containsExactly(A);
	}

	@Test
	void requestWithoutHeadersLeavesOutTheLastOnly() {
		there(A, B);
		assertThat(supplied(A, mock(RequestData.class))).containsExactly(B);
		assertThat(supplied(B, null)).containsExactly(A);
	}

	@Test
	void requestsThatAreRememberedAreBounded() {
		there(A, B);
		List<RequestData> kept = new ArrayList<>(
				Stream.generate(UntriedInstanceListSupplierTests::request).limit(1_200).toList());
		kept.forEach((request) -> supplied(A, request));
		assertThat((Map<?, ?>) ReflectionTestUtils.getField(this.supplier, "tried")).hasSize(1_000);
		assertThat(supplied(B, kept.get(1_199))).as("the newest is known still").containsExactly(A);
	}

	@Test
	void nothingIsLeftOnceAllWereTriedIfThereIsAnotherCluster() {
		this.elsewhere.set(true);
		there(A, B);
		RequestData request = request();
		assertThat(supplied(null, request)).containsExactly(A, B);
		assertThat(supplied(A, request)).containsExactly(B);
		assertThat(supplied(B, request)).isEmpty();
	}

}
