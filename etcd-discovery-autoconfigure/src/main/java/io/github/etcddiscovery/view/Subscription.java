package io.github.etcddiscovery.view;

/**
 * Ends a subscription.
 */
@FunctionalInterface
public interface Subscription extends AutoCloseable {

	/**
	 * Ends the subscription. A call under way is not waited for. May be called more than
	 * once.
	 */
	@Override
	void close();

}
