package io.github.etcddiscovery.soak;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was promised and did not hold.
 */
final class Violations {

	/** More say nothing new. */
	private static final int MOST = 100;

	private static final Logger logger = LoggerFactory.getLogger(Violations.class);

	private final List<String> found = new CopyOnWriteArrayList<>();

	void add(String promise, String what, Object... arguments) {
		String violation = promise + ": " + what.formatted(arguments);
		if (this.found.size() < MOST) {
			logger.error("Violated {}", violation);
			this.found.add(violation);
		}
	}

	List<String> found() {
		return this.found;
	}

}
