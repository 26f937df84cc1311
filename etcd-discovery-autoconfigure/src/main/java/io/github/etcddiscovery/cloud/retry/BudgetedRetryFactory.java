package io.github.etcddiscovery.cloud.retry;

import io.github.etcddiscovery.cloud.UnsentRequests;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.LoadBalancedRetryContext;
import org.springframework.cloud.client.loadbalancer.LoadBalancedRetryPolicy;
import org.springframework.cloud.client.loadbalancer.LoadBalancerProperties;
import org.springframework.cloud.client.loadbalancer.ServiceInstanceChooser;
import org.springframework.cloud.client.loadbalancer.reactive.ReactiveLoadBalancer;
import org.springframework.cloud.loadbalancer.blocking.retry.BlockingLoadBalancedRetryFactory;
import org.springframework.cloud.loadbalancer.blocking.retry.BlockingLoadBalancedRetryPolicy;

/**
 * Creates the retries of blocking clients: those that Spring Cloud's properties ask for,
 * within the budget of the service, and one for every request that could not be sent,
 * whatever its method. Extend it to add a back-off or listeners.
 */
public class BudgetedRetryFactory extends BlockingLoadBalancedRetryFactory {

	private final ReactiveLoadBalancer.Factory<ServiceInstance> loadBalancers;

	private final RetryBudgets budgets;

	/**
	 * Creates the factory.
	 * @param loadBalancers knows the properties of each service
	 * @param budgets how much may be sent again
	 */
	public BudgetedRetryFactory(ReactiveLoadBalancer.Factory<ServiceInstance> loadBalancers, RetryBudgets budgets) {
		super(loadBalancers);
		this.loadBalancers = loadBalancers;
		this.budgets = budgets;
	}

	@Override
	public LoadBalancedRetryPolicy createRetryPolicy(String serviceId, ServiceInstanceChooser chooser) {
		RetryBudget budget = this.budgets.of(serviceId);
		budget.deposit();
		return new Policy(this.loadBalancers.getProperties(serviceId), budget);
	}

	/**
	 * Of one request.
	 */
	private static final class Policy extends BlockingLoadBalancedRetryPolicy {

		private final RetryBudget budget;

		Policy(LoadBalancerProperties properties, RetryBudget budget) {
			super(properties);
			this.budget = budget;
		}

		@Override
		public boolean canRetry(LoadBalancedRetryContext context) {
			return super.canRetry(context) || UnsentRequests.isUnsent(context.getLastThrowable());
		}

		@Override
		public void registerThrowable(LoadBalancedRetryContext context, Throwable failure) {
			super.registerThrowable(context, failure);
			boolean follows = retryableException(failure) && !context.isExhaustedOnly() && canRetryNextServer(context);
			if (follows && !UnsentRequests.isUnsent(failure) && !this.budget.tryWithdraw()) {
				context.setExhaustedOnly();
			}
		}

	}

}
