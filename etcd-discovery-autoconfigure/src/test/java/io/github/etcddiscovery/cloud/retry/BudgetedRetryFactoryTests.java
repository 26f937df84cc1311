package io.github.etcddiscovery.cloud.retry;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.LoadBalancedRetryContext;
import org.springframework.cloud.client.loadbalancer.LoadBalancedRetryPolicy;
import org.springframework.cloud.client.loadbalancer.LoadBalancerProperties;
import org.springframework.cloud.client.loadbalancer.ServiceInstanceChooser;
import org.springframework.cloud.client.loadbalancer.reactive.ReactiveLoadBalancer;
import org.springframework.http.HttpMethod;
import org.springframework.mock.http.client.MockClientHttpRequest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link BudgetedRetryFactory}: what is sent again, and what that costs.
 */
class BudgetedRetryFactoryTests {

	/** A reserve of ten a second, over ten seconds. */
	private static final int RESERVE = 100;

	private final LoadBalancerProperties properties = new LoadBalancerProperties();

	private final RetryBudgets budgets = new RetryBudgets(0);

	@BeforeEach
	void retryOnAllExceptions() {
		this.properties.getRetry().setRetryOnAllExceptions(true);
	}

	/** Fails an attempt, in the order of Spring Cloud's interceptor. */
	private LoadBalancedRetryContext fail(HttpMethod method, Throwable failure) {
		LoadBalancedRetryPolicy policy = policy();
		LoadBalancedRetryContext context = context(method);
		context.registerThrowable(failure);
		policy.registerThrowable(context, failure);
		return context;
	}

	private LoadBalancedRetryPolicy policy() {
		return policy(this.budgets);
	}

	private LoadBalancedRetryPolicy policy(RetryBudgets budgets) {
		@SuppressWarnings("unchecked")
		ReactiveLoadBalancer.Factory<ServiceInstance> loadBalancers = mock(ReactiveLoadBalancer.Factory.class);
		given(loadBalancers.getProperties("stock")).willReturn(this.properties);
		return new BudgetedRetryFactory(loadBalancers, budgets).createRetryPolicy("stock",
				mock(ServiceInstanceChooser.class));
	}

	private static LoadBalancedRetryContext context(HttpMethod method) {
		return new LoadBalancedRetryContext(null, new MockClientHttpRequest(method, URI.create("http://stock/")));
	}

	private void spendAll() {
		for (int i = 0; i < RESERVE; i++) {
			assertThat(this.budgets.of("stock").tryWithdraw()).isTrue();
		}
		assertThat(this.budgets.of("stock").tryWithdraw()).isFalse();
	}

	@Test
	void eachRetryOfARequestThatMayHaveBeenReceivedIsPaidFor() {
		for (int i = 0; i < RESERVE; i++) {
			assertThat(fail(HttpMethod.GET, new IOException("reset")).isExhaustedOnly()).isFalse();
		}
		assertThat(fail(HttpMethod.GET, new IOException("reset")).isExhaustedOnly()).isTrue();
	}

	@Test
	void requestThatCouldNotBeSentIsFree() {
		for (int i = 0; i < 2 * RESERVE; i++) {
			assertThat(fail(HttpMethod.POST, new ConnectException("refused")).isExhaustedOnly()).isFalse();
		}
		spendAll();
		assertThat(fail(HttpMethod.POST, new ConnectException("refused")).isExhaustedOnly()).isFalse();
	}

	@Test
	void whatIsNotSentAgainCostsNothing() {
		this.properties.getRetry().setMaxRetriesOnNextServiceInstance(0);
		fail(HttpMethod.GET, new IOException("reset"));
		this.properties.getRetry().setMaxRetriesOnNextServiceInstance(1);
		fail(HttpMethod.POST, new IOException("reset"));
		this.properties.getRetry().setRetryOnAllExceptions(false);
		fail(HttpMethod.GET, new IllegalStateException("a mistake"));
		spendAll();
	}

	@Test
	void requestAddsItsShareToTheBudget() {
		RetryBudgets all = new RetryBudgets(1);
		policy(all);
		for (int i = 0; i < RESERVE + 1; i++) {
			assertThat(all.of("stock").tryWithdraw()).isTrue();
		}
		assertThat(all.of("stock").tryWithdraw()).isFalse();
	}

	@Test
	void postIsSentAgainOnlyIfNoInstanceReceivedIt() {
		LoadBalancedRetryPolicy policy = policy();
		LoadBalancedRetryContext context = context(HttpMethod.POST);
		context.registerThrowable(new IOException("reset"));
		assertThat(policy.canRetryNextServer(context)).isFalse();
		context.registerThrowable(new ConnectException("refused"));
		assertThat(policy.canRetryNextServer(context)).isTrue();
		assertThat(policy().canRetryNextServer(context(HttpMethod.GET))).isTrue();
	}

}
