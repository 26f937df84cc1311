package io.github.etcddiscovery.support;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes on to another telemetry and catches what that throws, since whoever is measured
 * must not suffer from it.
 */
final class GuardedTelemetry implements Telemetry {

	private static final Logger logger = LoggerFactory.getLogger(Telemetry.class);

	private final Telemetry telemetry;

	GuardedTelemetry(Telemetry telemetry) {
		this.telemetry = telemetry;
	}

	@Override
	public Operation begin(Kind kind, String subject) {
		try {
			Operation operation = this.telemetry.begin(kind, subject);
			return (failure) -> guard(() -> operation.end(failure));
		}
		catch (RuntimeException ex) {
			logger.warn("{} of {} is not measured", kind, subject, ex);
			return NONE.begin(kind, subject);
		}
	}

	@Override
	public void written(String key, long revision, long sentAt) {
		guard(() -> this.telemetry.written(key, revision, sentAt));
	}

	@Override
	public void seen(String prefix, long revision, long seenAt) {
		guard(() -> this.telemetry.seen(prefix, revision, seenAt));
	}

	private static void guard(Runnable measurement) {
		try {
			measurement.run();
		}
		catch (RuntimeException ex) {
			logger.warn("Not measured", ex);
		}
	}

}
