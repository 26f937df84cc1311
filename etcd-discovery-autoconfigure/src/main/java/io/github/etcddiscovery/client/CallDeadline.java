package io.github.etcddiscovery.client;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;

/**
 * Gives each call that has one answer a deadline. jetcd's calls wait for ever by default.
 * gRPC drops a call that still waits for a connection at its deadline, and says why there
 * is none. A call that has been sent may still take effect.
 */
final class CallDeadline implements ClientInterceptor {

	/** jetcd renews a lease once over a stream that it ends after the first answer. */
	private static final String KEEP_ALIVE = "etcdserverpb.Lease/LeaseKeepAlive";

	private volatile Duration timeout;

	private volatile boolean failFast;

	CallDeadline(Duration timeout) {
		this.timeout = timeout;
	}

	Duration timeout() {
		return this.timeout;
	}

	/** Changes how long the calls that begin from now on may take. */
	void set(Duration changed) {
		this.timeout = changed;
	}

	/**
	 * Says whether calls that begin from now on fail as soon as connecting fails once.
	 * Otherwise gRPC goes on trying until their deadline.
	 */
	void setFailFast(boolean failFast) {
		this.failFast = failFast;
	}

	@Override
	public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions callOptions, Channel next) {
		boolean bounded = method.getType() == MethodDescriptor.MethodType.UNARY
				|| KEEP_ALIVE.equals(method.getFullMethodName());
		CallOptions options = this.failFast ? callOptions.withoutWaitForReady() : callOptions;
		return next.newCall(method,
				bounded ? options.withDeadlineAfter(this.timeout.toNanos(), TimeUnit.NANOSECONDS) : options);
	}

}
