package io.github.etcddiscovery.cloud.retry;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;

import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.DefaultResponse;
import org.springframework.cloud.client.loadbalancer.LoadBalancerProperties;
import org.springframework.cloud.client.loadbalancer.reactive.ReactiveLoadBalancer;
import org.springframework.cloud.client.loadbalancer.reactive.RetryableExchangeFilterFunctionLoadBalancerRetryPolicy;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link BudgetedExchangeFilterFunction}: how many attempts are made of requests
 * whose connection breaks each time.
 */
class BudgetedExchangeTests {

	/** Without a share of the requests, a budget has 10 retries a second, over 10 s. */
	private static final int BUDGET = 100;

	private final LoadBalancerProperties properties = new LoadBalancerProperties();

	private final AtomicInteger attempts = new AtomicInteger();

	private BudgetedExchangeFilterFunction function() {
		@SuppressWarnings("unchecked")
		ReactiveLoadBalancer<ServiceInstance> balancer = mock(ReactiveLoadBalancer.class);
		given(balancer.choose(any()))
			.willReturn(Mono.just(new DefaultResponse(new DefaultServiceInstance("a", "stock", "h", 1, false))));
		@SuppressWarnings("unchecked")
		ReactiveLoadBalancer.Factory<ServiceInstance> balancers = mock(ReactiveLoadBalancer.Factory.class);
		given(balancers.getInstance("stock")).willReturn(balancer);
		given(balancers.getProperties("stock")).willReturn(this.properties);
		given(balancers.getInstances(eq("stock"), any())).willReturn(Map.of());
		return new BudgetedExchangeFilterFunction(
				(service) -> new RetryableExchangeFilterFunctionLoadBalancerRetryPolicy(this.properties), balancers,
				List.of(), new RetryBudgets(0));
	}

	private int attempts(int requests, HttpMethod method) {
		return attempts(requests, method, Mono.error(new IOException("broken on purpose")));
	}

	private int attempts(int requests, HttpMethod method, Mono<ClientResponse> outcome) {
		BudgetedExchangeFilterFunction function = function();
		for (int i = 0; i < requests; i++) {
			exchange(function, method, outcome).onErrorComplete().block();
		}
		return this.attempts.getAndSet(0);
	}

	private Mono<ClientResponse> exchange(BudgetedExchangeFilterFunction function, HttpMethod method,
			Mono<ClientResponse> outcome) {
		ClientRequest request = ClientRequest.create(method, URI.create("http://stock/articles")).build();
		return function.filter(request, (attempt) -> {
			this.attempts.incrementAndGet();
			return outcome;
		});
	}

	@Test
	void eachRetryIsPaidForOnceAndTheLastAttemptIsNot() {
		assertThat(attempts(BUDGET, HttpMethod.GET)).isEqualTo(2 * BUDGET);
	}

	@Test
	void withoutBudgetThereIsOneAttempt() {
		assertThat(attempts(BUDGET + 20, HttpMethod.GET)).isEqualTo(2 * BUDGET + 20);
	}

	@Test
	void requestThatMayHaveBeenReceivedIsNotRepeatedUnlessItIsAGet() {
		assertThat(attempts(5, HttpMethod.POST)).isEqualTo(5);
	}

	@Test
	void switchedOffRetryMeansOneAttempt() {
		this.properties.getRetry().setEnabled(false);
		assertThat(attempts(5, HttpMethod.GET)).isEqualTo(5);
	}

	private static Mono<ClientResponse> unavailable() {
		return Mono.fromSupplier(() -> ClientResponse.create(HttpStatus.SERVICE_UNAVAILABLE).build());
	}

	@Test
	void statusIsRepeatedOnlyIfSpringCloudIsToldSo() {
		assertThat(attempts(5, HttpMethod.GET, unavailable())).isEqualTo(5);
		this.properties.getRetry().setRetryableStatusCodes(Set.of(503));
		assertThat(attempts(5, HttpMethod.GET, unavailable())).isEqualTo(10);
		assertThat(attempts(5, HttpMethod.POST, unavailable())).isEqualTo(5);
	}

	@Test
	void retryOfAStatusIsPaidForOnceAndTheLastAttemptIsNot() {
		this.properties.getRetry().setRetryableStatusCodes(Set.of(503));
		assertThat(attempts(BUDGET, HttpMethod.GET, unavailable())).isEqualTo(2 * BUDGET);
		assertThat(attempts(BUDGET + 20, HttpMethod.GET, unavailable())).isEqualTo(2 * BUDGET + 20);
	}

	@Test
	void retryOfAStatusOnTheSameInstanceIsPaidForToo() {
		this.properties.getRetry().setRetryableStatusCodes(Set.of(503));
		this.properties.getRetry().setMaxRetriesOnNextServiceInstance(0);
		this.properties.getRetry().setMaxRetriesOnSameServiceInstance(1);
		assertThat(attempts(BUDGET + 20, HttpMethod.GET, unavailable())).isEqualTo(2 * BUDGET + 20);
	}

	@Test
	void requestThatCouldNotBeSentIsRepeatedForNothing() {
		assertThat(attempts(2 * BUDGET, HttpMethod.POST, Mono.error(new ConnectException("refused on purpose"))))
			.isEqualTo(4 * BUDGET);
	}

	@Test
	void failureOfTheLastAttemptIsTheFailureItself() {
		BudgetedExchangeFilterFunction function = function();
		assertThatExceptionOfType(Exception.class)
			.isThrownBy(() -> exchange(function, HttpMethod.POST, Mono.error(new IOException("broken"))).block())
			.withStackTraceContaining("java.io.IOException: broken");
		RuntimeException exhausted = Exceptions.retryExhausted("an inner filter gave up", new IOException("broken"));
		assertThatExceptionOfType(RuntimeException.class)
			.isThrownBy(() -> exchange(function, HttpMethod.POST, Mono.error(exhausted)).block())
			.isSameAs(exhausted);
		assertThat(this.attempts.get()).isEqualTo(2);
	}

	@Test
	void mistakeOfTheCallerIsNotRepeated() {
		assertThat(attempts(5, HttpMethod.GET, Mono.error(new IllegalArgumentException("a mistake")))).isEqualTo(5);
	}

	@Test
	void attemptsAreCountedOverAllInstances() {
		this.properties.getRetry().setMaxRetriesOnNextServiceInstance(2);
		this.properties.getRetry().setMaxRetriesOnSameServiceInstance(1);
		assertThat(attempts(1, HttpMethod.GET)).isEqualTo(6);
	}

}
