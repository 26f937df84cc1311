package io.github.etcddiscovery.support;

import java.util.concurrent.atomic.AtomicBoolean;

import io.github.etcddiscovery.Internal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes all calls on to another telemetry, and catches what that throws: a failure of
 * the metrics must not harm the code that is measured. The first failure is logged.
 */
@Internal
public final class GuardedTelemetry implements Telemetry {

	private static final Logger logger = LoggerFactory.getLogger(Telemetry.class);

	private final Telemetry telemetry;

	private final AtomicBoolean failed = new AtomicBoolean();

	/**
	 * Creates a guard.
	 * @param telemetry what to pass on to
	 */
	public GuardedTelemetry(Telemetry telemetry) {
		this.telemetry = telemetry;
	}

	@Override
	public Operation begin(Kind kind, String subject) {
		Operation[] begun = { NONE.begin(kind, subject) };
		guard(() -> begun[0] = this.telemetry.begin(kind, subject));
		return (failure) -> guard(() -> begun[0].end(failure));
	}

	@Override
	public void written(String key, long revision, long sentAt) {
		guard(() -> this.telemetry.written(key, revision, sentAt));
	}

	@Override
	public void seen(String prefix, long revision, long seenAt) {
		guard(() -> this.telemetry.seen(prefix, revision, seenAt));
	}

	private void guard(Runnable measurement) {
		try {
			measurement.run();
		}
		catch (RuntimeException | LinkageError | StackOverflowError ex) {
			if (this.failed.compareAndSet(false, true)) {
				logger.error("Something is not measured; further failures are not logged", ex);
			}
		}
	}

}
