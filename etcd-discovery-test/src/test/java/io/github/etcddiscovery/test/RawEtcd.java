package io.github.etcddiscovery.test;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseKeepAliveRequest;
import io.etcd.jetcd.api.LeaseKeepAliveResponse;
import io.etcd.jetcd.api.WatchCreateRequest;
import io.etcd.jetcd.api.WatchGrpc;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import org.awaitility.Awaitility;

/**
 * A server of etcd's API, real or embedded, as gRPC's own stubs see it: nothing is
 * hidden, mended or repeated.
 */
final class RawEtcd implements AutoCloseable {

	private static final long SECONDS = 10;

	private final ManagedChannel channel;

	RawEtcd(String endpoint) {
		this.channel = NettyChannelBuilder.forTarget(endpoint.replace("http://", "")).usePlaintext().build();
	}

	KVGrpc.KVBlockingStub kv() {
		return KVGrpc.newBlockingStub(this.channel).withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
	}

	LeaseGrpc.LeaseBlockingStub lease() {
		return LeaseGrpc.newBlockingStub(this.channel).withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
	}

	LeaseKeepAliveResponse keepAlive(long id) throws InterruptedException {
		Recorder<LeaseKeepAliveRequest, LeaseKeepAliveResponse> answers = new Recorder<>(true);
		StreamObserver<LeaseKeepAliveRequest> requests = LeaseGrpc.newStub(this.channel).leaseKeepAlive(answers);
		requests.onNext(LeaseKeepAliveRequest.newBuilder().setID(id).build());
		LeaseKeepAliveResponse answer = answers.take();
		requests.onCompleted();
		return answer;
	}

	WatchStream watch() {
		return watch(true);
	}

	/** Reads no more than the first answer until it is told to. */
	WatchStream watchReadingOne() {
		return watch(false);
	}

	private WatchStream watch(boolean readingAll) {
		Recorder<WatchRequest, WatchResponse> answers = new Recorder<>(readingAll);
		return new WatchStream(WatchGrpc.newStub(this.channel).watch(answers), answers);
	}

	@Override
	public void close() {
		this.channel.shutdownNow();
	}

	static ByteString bytes(String text) {
		return ByteString.copyFromUtf8(text);
	}

	/**
	 * A stream of watches.
	 */
	record WatchStream(StreamObserver<WatchRequest> requests, Recorder<WatchRequest, WatchResponse> answers) {

		/** All events so far. */
		List<Event> events() {
			return this.answers.all().stream().flatMap((response) -> response.getEventsList().stream()).toList();
		}

		void create(WatchCreateRequest.Builder request) {
			this.requests.onNext(WatchRequest.newBuilder().setCreateRequest(request).build());
		}

	}

	/**
	 * Writes down what is answered.
	 */
	static final class Recorder<R, T> implements ClientResponseObserver<R, T> {

		private final List<T> answers = new CopyOnWriteArrayList<>();

		private final boolean readingAll;

		private volatile ClientCallStreamObserver<R> call;

		private volatile Status end;

		private int taken;

		private Recorder(boolean readingAll) {
			this.readingAll = readingAll;
		}

		@Override
		public void beforeStart(ClientCallStreamObserver<R> call) {
			this.call = call;
			if (!this.readingAll) {
				call.disableAutoRequestWithInitial(1);
			}
		}

		void readOn() {
			this.call.request(Integer.MAX_VALUE);
		}

		@Override
		public void onNext(T answer) {
			this.answers.add(answer);
		}

		@Override
		public void onError(Throwable error) {
			this.end = Status.fromThrowable(error);
		}

		@Override
		public void onCompleted() {
			this.end = Status.OK;
		}

		List<T> all() {
			return List.copyOf(this.answers);
		}

		Status end() {
			return this.end;
		}

		/** Waits for the next answer. */
		T take() {
			Awaitility.await()
				.atMost(Duration.ofSeconds(SECONDS))
				.pollInterval(Duration.ofMillis(2))
				.until(() -> this.answers.size() > this.taken);
			return this.answers.get(this.taken++);
		}

	}

}
