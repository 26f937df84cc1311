package io.github.etcddiscovery.client;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

import io.github.etcddiscovery.instance.PlainText;
import org.jspecify.annotations.Nullable;

/**
 * A call to etcd that failed, sorted by what a caller can do about it.
 */
public class EtcdException extends RuntimeException {

	/** etcd's answers and the keys of others may be in a message, of any length. */
	private static final int LONGEST_MESSAGE = 1_000;

	private final Reason reason;

	/**
	 * Creates the exception.
	 * @param reason what a caller can do about it
	 * @param message what failed and why; cut after 1,000 characters, and control
	 * characters are escaped
	 * @param cause the error underneath, if there is one
	 */
	public EtcdException(Reason reason, String message, @Nullable Throwable cause) {
		super(PlainText.of(message, LONGEST_MESSAGE), cause);
		this.reason = reason;
	}

	/**
	 * Returns the sorted error inside what a future reports.
	 * @param error what a future reports, possibly wrapped
	 * @return the error; one that was not sorted counts as {@link Reason#UNAVAILABLE}
	 */
	public static EtcdException from(Throwable error) {
		Throwable cause = unwrap(error);
		return (cause instanceof EtcdException sorted) ? sorted
				: new EtcdException(Reason.UNAVAILABLE, "Unexpected error: " + cause, cause);
	}

	static Throwable unwrap(Throwable error) {
		boolean wrapped = error instanceof CompletionException || error instanceof ExecutionException;
		return (wrapped && error.getCause() != null) ? unwrap(error.getCause()) : error;
	}

	/**
	 * Returns what a caller can do about it.
	 * @return the reason
	 */
	public Reason reason() {
		return this.reason;
	}

	/**
	 * What a caller can do about a failed call.
	 */
	public enum Reason {

		/**
		 * No answer, or none that settles anything: try again. The call may or may not
		 * have taken effect.
		 */
		UNAVAILABLE,

		/** The client uses another member from now on: open the watch again at once. */
		MOVED,

		/** The revision asked for has been compacted away: list again. */
		COMPACTED,

		/**
		 * The revision asked for has not happened yet. Since it was read from etcd
		 * before, the data directory is not the one it was.
		 */
		FUTURE_REVISION,

		/** What etcd answers does not fit into one message: ask for less at once. */
		TOO_LARGE,

		/** The lease is gone: grant a new one. */
		LEASE_NOT_FOUND,

		/** The user may not do this. */
		PERMISSION_DENIED,

		/** etcd has forgotten who this is, and is told again: try again. */
		TOKEN_EXPIRED,

		/** User name or password are wrong or missing. */
		UNAUTHENTICATED,

		/** The database is full: writes fail until space is made, reads go on. */
		NO_SPACE,

		/** The request itself is wrong, or this client is closed: do not repeat it. */
		FATAL;

		/**
		 * Whether etcd, or this client, has settled the matter: repeating the call helps
		 * only once somebody has changed something.
		 * @return whether the call was refused rather than lost
		 */
		public boolean isRefusal() {
			return switch (this) {
				case PERMISSION_DENIED, UNAUTHENTICATED, NO_SPACE, FATAL -> true;
				default -> false;
			};
		}

	}

}
