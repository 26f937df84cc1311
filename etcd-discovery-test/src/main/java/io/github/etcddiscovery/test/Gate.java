package io.github.etcddiscovery.test;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import io.etcd.jetcd.api.ResponseHeader;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;

/**
 * Through which all calls go: here they are answered, refused or delayed, as the test
 * wishes. Used on the server's one thread only.
 */
final class Gate {

	private static final long CLUSTER_ID = 0x0e7cd;

	static final long MEMBER_ID = 0x0e7cd1;

	static final long TERM = 2;

	private final ScheduledExecutorService thread;

	private final Set<Runnable> streams = new LinkedHashSet<>();

	private boolean refusing;

	private Duration delay = Duration.ZERO;

	Gate(ScheduledExecutorService thread) {
		this.thread = thread;
	}

	void setRefusing(boolean refusing) {
		this.refusing = refusing;
		if (refusing) {
			cutStreams();
		}
	}

	void setDelay(Duration delay) {
		this.delay = delay;
	}

	/** Answers a call with one response. */
	<T> void answer(StreamObserver<T> observer, Supplier<T> operation) {
		pass(observer, () -> {
			observer.onNext(operation.get());
			observer.onCompleted();
		});
	}

	/** Does something for a call; what it throws ends the call. */
	void pass(StreamObserver<?> observer, Runnable operation) {
		Runnable guarded = () -> {
			try {
				operation.run();
			}
			catch (StatusRuntimeException ex) {
				observer.onError(ex);
			}
		};
		if (this.refusing) {
			observer.onError(unavailable("etcdserver: refused, since the test wants it so"));
		}
		else if (this.delay.isZero()) {
			guarded.run();
		}
		else {
			this.thread.schedule(guarded, this.delay.toNanos(), TimeUnit.NANOSECONDS);
		}
	}

	/** Takes note of an open stream. */
	void opened(Runnable cut) {
		this.streams.add(cut);
	}

	void closed(Runnable cut) {
		this.streams.remove(cut);
	}

	/** Ends all open streams, as a connection that breaks does. */
	void cutStreams() {
		List<Runnable> open = List.copyOf(this.streams);
		this.streams.clear();
		open.forEach(Runnable::run);
	}

	static StatusRuntimeException unavailable(String reason) {
		return Status.UNAVAILABLE.withDescription(reason).asRuntimeException();
	}

	/** Completes a header, of which only the revision is known below. */
	static ResponseHeader header(long revision) {
		return ResponseHeader.newBuilder()
			.setClusterId(CLUSTER_ID)
			.setMemberId(MEMBER_ID)
			.setRaftTerm(TERM)
			.setRevision(revision)
			.build();
	}

}
