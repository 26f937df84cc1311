package io.github.etcddiscovery.grpc;

import io.grpc.Status;

/**
 * Marks a failure of {@link EtcdNameResolver}: no instance of the service may be called.
 * gRPC hands such a failure to the load balancing policy like any other, such as that
 * etcd cannot be read, and only this one is a reason to give up connections.
 */
final class NoInstanceException extends Exception {

	private static final long serialVersionUID = 1L;

	private static final NoInstanceException MARK = new NoInstanceException();

	/** Has no stack trace: it marks a failure, and is not thrown. */
	private NoInstanceException() {
		super("None of the service's instances in etcd may be called", null, false, false);
	}

	static Status mark(Status failure) {
		return failure.withCause(MARK);
	}

	static boolean isMarked(Status failure) {
		return failure.getCause() == MARK;
	}

}
