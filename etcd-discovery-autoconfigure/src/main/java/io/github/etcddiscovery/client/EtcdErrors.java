package io.github.etcddiscovery.client;

import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.etcd.jetcd.common.exception.CompactedException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import org.jspecify.annotations.Nullable;

/**
 * Sorts what gRPC, etcd and jetcd report into what a caller can act on. etcd's error
 * texts are those of its {@code api/v3rpc/rpctypes/error.go}.
 */
final class EtcdErrors {

	/** How a message begins its part that says why there is no connection. */
	static final String NO_CONNECTION = "no connection (";

	/**
	 * Why no connection came about stands in the midst of gRPC's text, on the first line
	 * of a stack trace.
	 */
	private static final Pattern LAST_PICK_FAILURE = Pattern
		.compile("(?s)Last Pick Failure=Status\\{code=\\w+, description=.*?, cause=(?:[\\w.]+\\.)?([^\\n}]+)");

	/**
	 * Of TLS 1.3 a server that does not take a certificate has often gone when it says
	 * so.
	 */
	private static final String CLOSED = "the server closed it: check whether it speaks TLS, as https:// says, or not,"
			+ " and whether it wants a certificate of this client, or another one";

	/** What Netty wraps around the words of others. */
	private static final Pattern NETTY_NOISE = Pattern.compile("^\\S*ConnectException: "
			+ "|finishConnect\\(\\.\\.\\) failed with error\\(-\\d+\\): |^DecoderException: (?:[a-z]+\\.)*");

	/** Causes that say nothing to a user, and what they mean. */
	private static final Map<String, String> MEANINGS = Map.of("UnresolvedAddressException",
			"the host name is not known", "null", CLOSED, "StacklessClosedChannelException", CLOSED);

	private EtcdErrors() {
	}

	/**
	 * Sorts an error.
	 * @param action what was attempted, for the message
	 * @param error what came of it
	 * @return the sorted error
	 */
	static EtcdException sort(String action, Throwable error) {
		Throwable cause = EtcdException.unwrap(error);
		if (cause instanceof EtcdException sorted) {
			return sorted;
		}
		if (cause instanceof CompactedException) {
			return new EtcdException(Reason.COMPACTED, action + " failed: " + cause.getMessage(), cause);
		}
		if (cause instanceof TimeoutException) {
			return new EtcdException(Reason.UNAVAILABLE, action + " failed: no answer in time", cause);
		}
		Status status = status(cause);
		return new EtcdException(reason(status), action + " failed: " + describe(status, cause), cause);
	}

	/**
	 * Whether there was a connection, but the answer to the call did not come in time.
	 */
	static boolean isLate(EtcdException failure) {
		Throwable cause = failure.getCause();
		return cause instanceof TimeoutException || (cause instanceof StatusRuntimeException late
				&& late.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED
				&& !LAST_PICK_FAILURE.matcher(String.valueOf(late.getStatus().getDescription())).find());
	}

	/** Says why there is no connection. */
	static EtcdException noConnection(String reason, @Nullable Throwable cause) {
		return new EtcdException(Reason.UNAVAILABLE, NO_CONNECTION + reason + ")", cause);
	}

	/**
	 * Sorts what came of connecting, where gRPC does not go on trying.
	 * @param error what came of it
	 * @return the sorted error
	 */
	static EtcdException sortConnecting(Throwable error) {
		Status status = status(EtcdException.unwrap(error));
		Throwable cause = status.getCause();
		if (String.valueOf(status.getDescription()).contains("Network closed")) {
			return noConnection(CLOSED, error);
		}
		if (status.getCode() != Status.Code.UNAVAILABLE || cause == null) {
			return sort("Ping", error);
		}
		String message = (cause.getMessage() != null) ? ": " + cause.getMessage().lines().findFirst().orElse("") : "";
		return noConnection(meaning(cause.getClass().getSimpleName() + message), error);
	}

	/** jetcd's own exceptions carry a status code, but not as gRPC's type. */
	private static Status status(Throwable cause) {
		if (cause instanceof io.etcd.jetcd.common.exception.EtcdException jetcd) {
			Status.Code code = Status.Code.valueOf(jetcd.getErrorCode().name());
			return code.toStatus().withDescription(jetcd.getMessage()).withCause(jetcd.getCause());
		}
		return Status.fromThrowable(cause);
	}

	private static Reason reason(Status status) {
		String text = String.valueOf(status.getDescription());
		if (text.contains("invalid auth token")) {
			return Reason.TOKEN_EXPIRED;
		}
		if (text.contains("not supported for learner")) {
			// Another member can answer.
			return Reason.UNAVAILABLE;
		}
		return switch (status.getCode()) {
			case OUT_OF_RANGE -> text.contains("future revision") ? Reason.FUTURE_REVISION : Reason.COMPACTED;
			case NOT_FOUND -> text.contains("lease not found") ? Reason.LEASE_NOT_FOUND : Reason.FATAL;
			case PERMISSION_DENIED -> Reason.PERMISSION_DENIED;
			case UNAUTHENTICATED -> couldNotAsk(status.getCause()) ? Reason.UNAVAILABLE : Reason.UNAUTHENTICATED;
			case RESOURCE_EXHAUSTED -> exhausted(text);
			case INVALID_ARGUMENT -> text.contains("user name is empty") || text.contains("authentication failed")
					? Reason.UNAUTHENTICATED : Reason.FATAL;
			case FAILED_PRECONDITION, UNIMPLEMENTED, ALREADY_EXISTS -> deniedWatch(text);
			default -> text.contains("permission denied") ? Reason.PERMISSION_DENIED : Reason.UNAVAILABLE;
		};
	}

	private static Reason exhausted(String text) {
		if (text.contains("space exceeded")) {
			return Reason.NO_SPACE;
		}
		if (text.contains("received message larger than max")) {
			// etcd's own limit: sent again, it would be refused again.
			return Reason.FATAL;
		}
		return text.contains("gRPC message exceeds maximum size") ? Reason.TOO_LARGE : Reason.UNAVAILABLE;
	}

	/** jetcd reports whatever keeps it from authenticating as a failed authentication. */
	private static boolean couldNotAsk(@Nullable Throwable cause) {
		return cause != null && switch (Status.fromThrowable(cause).getCode()) {
			case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED, ABORTED -> true;
			default -> false;
		};
	}

	/** A refused watch comes as a cancelled one, with nothing but a text to tell why. */
	private static Reason deniedWatch(String text) {
		return text.contains("permission denied") ? Reason.PERMISSION_DENIED : Reason.FATAL;
	}

	private static String describe(Status status, Throwable cause) {
		String description = String.valueOf(status.getDescription());
		if (status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
			Matcher connecting = LAST_PICK_FAILURE.matcher(description);
			return connecting.find() ? NO_CONNECTION + meaning(connecting.group(1)) + ")" : "no answer in time";
		}
		StringBuilder text = new StringBuilder(status.getCode().name());
		if (status.getDescription() != null) {
			text.append(": ").append(description);
		}
		Throwable root = cause;
		while (root.getCause() != null && root.getCause() != root) {
			root = root.getCause();
		}
		// The innermost text is the one that names the cause, such as a wrong password.
		if (root.getMessage() != null && text.indexOf(root.getMessage()) < 0) {
			text.append(" (").append(root.getMessage()).append(')');
		}
		return text.toString();
	}

	private static String meaning(String cause) {
		// How a server closes is a matter of chance if what it was sent is still unread.
		String known = cause.contains("Connection reset") ? CLOSED : MEANINGS.get(cause);
		return (known != null) ? known : NETTY_NOISE.matcher(cause).replaceAll("");
	}

}
