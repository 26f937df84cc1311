package io.github.etcddiscovery.support;

import io.github.etcddiscovery.support.Telemetry.Kind;
import io.github.etcddiscovery.support.Telemetry.Operation;
import org.jspecify.annotations.Nullable;

/**
 * The one thing that is being done to something, if anything is. Safe to use from any
 * thread.
 */
public final class OpenOperation {

	private final Telemetry telemetry;

	private final String subject;

	private @Nullable Operation open;

	private @Nullable Kind kind;

	/**
	 * Creates one of which nothing has begun.
	 * @param telemetry hears of it
	 * @param subject the key or prefix to which it is done
	 */
	public OpenOperation(Telemetry telemetry, String subject) {
		this.telemetry = telemetry;
		this.subject = subject;
	}

	/**
	 * Something begins, unless the same is under way already.
	 * @param next what
	 */
	public synchronized void begin(Kind next) {
		if (this.kind != next) {
			this.kind = next;
			this.open = this.telemetry.begin(next, this.subject);
		}
	}

	/**
	 * What was under way has ended. Does nothing if nothing was.
	 * @param failure why it did not succeed, {@code null} if it did
	 */
	public synchronized void end(@Nullable Throwable failure) {
		Operation ended = this.open;
		this.open = null;
		this.kind = null;
		if (ended != null) {
			ended.end(failure);
		}
	}

	/**
	 * What is under way has failed, and begins again.
	 * @param failure why
	 */
	public synchronized void retry(Throwable failure) {
		Kind again = this.kind;
		end(failure);
		if (again != null) {
			begin(again);
		}
	}

}
