package io.github.etcddiscovery.cloud;

import java.util.concurrent.atomic.AtomicBoolean;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns once of a look-up that came before etcd was read, since an empty answer means
 * nothing then.
 */
final class EarlyLookup {

	private static final Logger logger = LoggerFactory.getLogger(EarlyLookup.class);

	private final AtomicBoolean warned = new AtomicBoolean();

	void warn(String serviceId) {
		if (!this.warned.getAndSet(true)) {
			logger.warn(
					"No instances of {} are known yet, since etcd has not been read. Look services up after the"
							+ " application has started, for example in an ApplicationRunner and not in @PostConstruct",
					serviceId);
		}
	}

}
