package io.github.etcddiscovery.cloud.retry;

import java.util.List;

import io.github.etcddiscovery.cloud.UnsentRequests;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.LoadBalancerProperties;
import org.springframework.cloud.client.loadbalancer.reactive.LoadBalancerClientRequestTransformer;
import org.springframework.cloud.client.loadbalancer.reactive.LoadBalancerRetryContext;
import org.springframework.cloud.client.loadbalancer.reactive.LoadBalancerRetryPolicy;
import org.springframework.cloud.client.loadbalancer.reactive.ReactiveLoadBalancer;
import org.springframework.cloud.client.loadbalancer.reactive.RetryableLoadBalancerExchangeFilterFunction;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;

/**
 * What {@link BudgetedRetryFactory} is to blocking clients, for {@code WebClient}. Spring
 * Cloud's own asks the method only where an instance has answered, and would send a POST
 * again whose connection broke.
 */
public class BudgetedExchangeFilterFunction extends RetryableLoadBalancerExchangeFilterFunction {

	private final LoadBalancerRetryPolicy.Factory policies;

	private final ReactiveLoadBalancer.Factory<ServiceInstance> loadBalancers;

	private final List<LoadBalancerClientRequestTransformer> transformers;

	private final RetryBudgets budgets;

	/**
	 * Creates the function.
	 * @param policies say what is to be sent again, by service
	 * @param loadBalancers choose instances, and know the properties of each service
	 * @param transformers of requests for which an instance has been chosen
	 * @param budgets how much may be sent again
	 */
	public BudgetedExchangeFilterFunction(LoadBalancerRetryPolicy.Factory policies,
			ReactiveLoadBalancer.Factory<ServiceInstance> loadBalancers,
			List<LoadBalancerClientRequestTransformer> transformers, RetryBudgets budgets) {
		super(policies, loadBalancers, transformers);
		this.policies = policies;
		this.loadBalancers = loadBalancers;
		this.transformers = List.copyOf(transformers);
		this.budgets = budgets;
	}

	@Override
	public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
		String serviceId = request.url().getHost();
		return (serviceId != null) ? Mono.defer(() -> filter(serviceId, request, next)) : super.filter(request, next);
	}

	private Mono<ClientResponse> filter(String serviceId, ClientRequest request, ExchangeFunction next) {
		RetryBudget budget = this.budgets.of(serviceId);
		budget.deposit();
		Attempts attempts = new Attempts(request.method(), this.policies.apply(serviceId),
				this.loadBalancers.getProperties(serviceId).getRetry(), budget);
		return new RetryableLoadBalancerExchangeFilterFunction((service) -> attempts, this.loadBalancers,
				this.transformers)
			.filter(request, (attempt) -> {
				attempts.begin();
				return next.exchange(attempt)
					.doOnError(attempts::fail)
					.onErrorMap(attempts::isToBeHidden, HiddenFailure::new);
			})
			.onErrorMap(HiddenFailure.class, HiddenFailure::get);
	}

	/**
	 * The attempts of one request, and whether another may follow. They come one after
	 * the other.
	 */
	private static final class Attempts implements LoadBalancerRetryPolicy {

		private final HttpMethod method;

		private final LoadBalancerRetryPolicy policy;

		private final int most;

		private final RetryBudget budget;

		private int begun;

		/** Whether what an instance answered has not been paid for. */
		private boolean unpaid;

		private boolean last;

		Attempts(HttpMethod method, LoadBalancerRetryPolicy policy, LoadBalancerProperties.Retry retry,
				RetryBudget budget) {
			this.method = method;
			this.policy = policy;
			this.most = retry.isEnabled() ? (retry.getMaxRetriesOnSameServiceInstance() + 1)
					* (retry.getMaxRetriesOnNextServiceInstance() + 1) : 1;
			this.budget = budget;
		}

		void begin() {
			this.begun++;
			this.unpaid = true;
		}

		/**
		 * Where Spring Cloud lets none follow, it need not be forbidden, nor paid for.
		 */
		void fail(Throwable failure) {
			boolean follows = this.begun < this.most && isRetryable(failure);
			this.last = follows && !UnsentRequests.isUnsent(failure)
					&& !(this.policy.canRetryOnMethod(this.method) && this.budget.tryWithdraw());
		}

		private boolean isRetryable(Throwable failure) {
			return this.policy.retryableException(failure) || Exceptions.isRetryExhausted(failure)
					|| (failure.getCause() != null && this.policy.retryableException(failure.getCause()));
		}

		/**
		 * Spring Cloud does not ask the policy for this one, which an inner filter threw.
		 */
		boolean isToBeHidden(Throwable failure) {
			return this.last && Exceptions.isRetryExhausted(failure);
		}

		@Override
		public boolean retryableException(@Nullable Throwable failure) {
			return failure != null && !this.last && this.policy.retryableException(failure);
		}

		@Override
		public boolean retryableStatusCode(int statusCode) {
			return this.policy.retryableStatusCode(statusCode);
		}

		@Override
		public boolean canRetryOnMethod(HttpMethod method) {
			return this.policy.canRetryOnMethod(method);
		}

		@Override
		public boolean canRetrySameServiceInstance(LoadBalancerRetryContext context) {
			return this.policy.canRetrySameServiceInstance(context) && pay();
		}

		@Override
		public boolean canRetryNextServiceInstance(LoadBalancerRetryContext context) {
			return this.policy.canRetryNextServiceInstance(context) && pay();
		}

		/** The status may also be Spring Cloud's own, if there was no instance to ask. */
		private boolean pay() {
			if (this.unpaid && this.begun < this.most && !this.budget.tryWithdraw()) {
				return false;
			}
			this.unpaid = false;
			return true;
		}

	}

	/**
	 * Keeps a failure from being taken for one of Spring Cloud's.
	 */
	@SuppressWarnings("serial")
	private static final class HiddenFailure extends RuntimeException {

		private final Throwable failure;

		/** Not as its cause, since causes are looked at. */
		HiddenFailure(Throwable failure) {
			super(null, null, false, false);
			this.failure = failure;
		}

		Throwable get() {
			return this.failure;
		}

	}

}
