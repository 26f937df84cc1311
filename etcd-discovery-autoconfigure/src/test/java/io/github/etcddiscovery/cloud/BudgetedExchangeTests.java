package io.github.etcddiscovery.cloud;

import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.DefaultResponse;
import org.springframework.cloud.client.loadbalancer.LoadBalancerProperties;
import org.springframework.cloud.client.loadbalancer.reactive.ReactiveLoadBalancer;
import org.springframework.cloud.client.loadbalancer.reactive.RetryableExchangeFilterFunctionLoadBalancerRetryPolicy;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.client.ClientRequest;

import static org.assertj.core.api.Assertions.assertThat;
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
		BudgetedExchangeFilterFunction function = function();
		ClientRequest request = ClientRequest.create(method, URI.create("http://stock/articles")).build();
		for (int i = 0; i < requests; i++) {
			function.filter(request, (attempt) -> {
				this.attempts.incrementAndGet();
				return Mono.error(new IOException("broken on purpose"));
			}).onErrorComplete().block();
		}
		return this.attempts.get();
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

}
