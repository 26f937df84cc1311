package io.github.etcddiscovery.cloud.discovery;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.etcddiscovery.view.Catalog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.cloud.client.ServiceInstance;

/**
 * Warns once of a look-up that found nothing because etcd had not been read yet.
 */
final class EarlyLookup {

	private static final Logger logger = LoggerFactory.getLogger(EarlyLookup.class);

	private final AtomicBoolean warned = new AtomicBoolean();

	/**
	 * Returns the instances of a service that may be called. A look-up that finds some
	 * costs nothing more.
	 */
	List<ServiceInstance> check(String serviceId, Catalog<ServiceInstance> catalog) {
		List<ServiceInstance> found = catalog.available(serviceId);
		if (found.isEmpty() && !catalog.isSynced() && !this.warned.getAndSet(true)) {
			logger.warn(
					"No instances of {} are known yet, since etcd has not been read. Look services up after the"
							+ " application has started, for example in an ApplicationRunner and not in @PostConstruct",
					serviceId);
		}
		return found;
	}

}
