package io.github.etcddiscovery.support;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.support.Telemetry.Kind;
import io.github.etcddiscovery.support.Telemetry.Operation;
import org.jspecify.annotations.Nullable;

/**
 * The one thing that is being done to something, if anything is. Used by one thread, but
 * for {@link #close(Throwable)}.
 */
@Internal
public final class OpenOperation {

	private final Telemetry telemetry;

	private final String subject;

	private @Nullable Operation open;

	private @Nullable Kind kind;

	private boolean closed;

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
	public void begin(Kind next) {
		if (isOpen(next)) {
			return;
		}
		end(null);
		Operation begun = this.telemetry.begin(next, this.subject);
		if (!keep(next, begun)) {
			begun.end(null);
		}
	}

	private synchronized boolean isOpen(Kind next) {
		return this.closed || this.kind == next;
	}

	private synchronized boolean keep(Kind next, Operation begun) {
		if (!this.closed) {
			this.kind = next;
			this.open = begun;
		}
		return !this.closed;
	}

	/**
	 * What was under way has ended. Does nothing if nothing was.
	 * @param failure why it did not succeed, {@code null} if it did
	 */
	public void end(@Nullable Throwable failure) {
		Operation ended;
		synchronized (this) {
			ended = this.open;
			this.open = null;
			this.kind = null;
		}
		// Outside the lock, so that a slow listener does not hold up other callers.
		if (ended != null) {
			ended.end(failure);
		}
	}

	/**
	 * What is under way has failed, and begins again.
	 * @param failure why
	 */
	public void retry(Throwable failure) {
		Kind again;
		synchronized (this) {
			again = this.kind;
		}
		end(failure);
		if (again != null) {
			begin(again);
		}
	}

	/**
	 * Nothing begins any more, and nobody waits for what is under way. May be called from
	 * any thread.
	 * @param cause why
	 */
	public void close(Throwable cause) {
		synchronized (this) {
			this.closed = true;
		}
		end(cause);
	}

}
