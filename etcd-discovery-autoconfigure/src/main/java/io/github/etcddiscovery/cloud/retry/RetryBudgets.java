package io.github.etcddiscovery.cloud.retry;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The retry budgets of all services that this application calls, one for each, whatever
 * it is called with. Safe to use from any thread.
 */
public final class RetryBudgets {

	private final Map<String, RetryBudget> budgets = new ConcurrentHashMap<>();

	private final double share;

	/**
	 * Creates the budgets.
	 * @param share of the requests to a service for which there may be a retry, 0 or
	 * more; ten a second there may always be
	 */
	public RetryBudgets(double share) {
		this.share = share;
	}

	RetryBudget of(String serviceId) {
		return this.budgets.computeIfAbsent(serviceId, (added) -> new RetryBudget(added, this.share));
	}

}
