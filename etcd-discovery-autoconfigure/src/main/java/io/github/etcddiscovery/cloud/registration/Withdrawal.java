package io.github.etcddiscovery.cloud.registration;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.github.etcddiscovery.registry.Registrar;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registrations that are wanted no more, and are about to leave etcd.
 *
 * @param registrations the registrations
 * @param wasThere whether one of them was in etcd
 * @param last the registrar to close, if nothing else is registered
 * @param gone completes when they are out of etcd, if something else is registered
 */
record Withdrawal(Collection<EtcdRegistration> registrations, boolean wasThere, @Nullable Registrar last,
		CompletableFuture<Void> gone) {

	/** Nothing to do. */
	static final Withdrawal NONE = new Withdrawal(List.of(), false, null, CompletableFuture.completedFuture(null));

	private static final Logger logger = LoggerFactory.getLogger(EtcdServiceRegistry.class);

	/**
	 * Waits until the registrations are out of etcd, at most three seconds.
	 * @return whether one that was in etcd is out of it now
	 */
	boolean await() {
		if (this.last != null) {
			return this.last.close(true, Registrar.CLOSE_TIMEOUT) && this.wasThere;
		}
		try {
			this.gone.get(Registrar.CLOSE_TIMEOUT.toNanos(), TimeUnit.NANOSECONDS);
			return this.wasThere;
		}
		catch (TimeoutException | ExecutionException ex) {
			logger.warn("{} not deregistered after {} ms: still trying in the background", this.registrations,
					Registrar.CLOSE_TIMEOUT.toMillis());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		return false;
	}

}
