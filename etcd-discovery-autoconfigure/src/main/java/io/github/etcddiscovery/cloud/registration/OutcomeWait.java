package io.github.etcddiscovery.cloud.registration;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.github.etcddiscovery.client.EtcdException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for what is done in etcd, but not for long: it is done all the same.
 *
 * @param timeout how long
 */
record OutcomeWait(Duration timeout) {

	private static final Logger logger = LoggerFactory.getLogger(EtcdServiceRegistry.class);

	/**
	 * Waits until something is done to a registration, is refused, or takes too long.
	 * @throws EtcdException if etcd refuses it
	 */
	void await(EtcdRegistration registration, CompletableFuture<Void> outcome, String what) {
		try {
			outcome.get(this.timeout.toNanos(), TimeUnit.NANOSECONDS);
		}
		catch (TimeoutException ex) {
			logger.warn("{} is not {} after {} ms: still trying in the background", registration, what,
					this.timeout.toMillis());
		}
		catch (CancellationException ex) {
			logger.debug("{} was deregistered meanwhile", registration);
		}
		catch (ExecutionException ex) {
			throw EtcdException.from(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
