package io.github.etcddiscovery.soak;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.WatchCreateRequest;
import io.etcd.jetcd.api.WatchGrpc;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;

/**
 * Watches all keys of one member, over gRPC and nothing else, and tells what it sees.
 * Begins again after the last revision known whenever its watch ends.
 */
final class Witness implements AutoCloseable {

	private static final long PAUSE_MILLIS = 100;

	/** Of a range, all keys there are. */
	private static final ByteString ALL = ByteString.copyFrom(new byte[1]);

	private final String endpoint;

	private final Truth truth;

	private final Violations violations;

	private final MemberChannel channel;

	private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();

	Witness(String endpoint, Truth truth, Violations violations) {
		this.endpoint = endpoint;
		this.truth = truth;
		this.violations = violations;
		this.channel = new MemberChannel(endpoint);
		watch();
	}

	private void watch() {
		History history = this.truth.current();
		Channel authenticated;
		try {
			authenticated = this.channel.authenticated();
		}
		catch (StatusRuntimeException ex) {
			watchAgain();
			return;
		}
		StreamObserver<WatchRequest> requests = WatchGrpc.newStub(authenticated).watch(new Responses(history));
		requests.onNext(WatchRequest.newBuilder()
			.setCreateRequest(
					WatchCreateRequest.newBuilder().setKey(ALL).setRangeEnd(ALL).setStartRevision(history.known() + 1))
			.build());
	}

	private void watchAgain() {
		if (!this.executor.isShutdown()) {
			this.executor.schedule(this::watch, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
		}
	}

	@Override
	public void close() {
		this.executor.shutdownNow();
		this.channel.close();
	}

	/**
	 * What the member says.
	 */
	private final class Responses implements StreamObserver<WatchResponse> {

		private final History history;

		private boolean ended;

		Responses(History history) {
			this.history = history;
		}

		@Override
		public void onNext(WatchResponse response) {
			if (response.getCompactRevision() > this.history.known() + 1) {
				Witness.this.violations.add("checker", "has lost its place to a compaction at %d",
						response.getCompactRevision());
			}
			SortedMap<Long, List<Change>> revisions = new TreeMap<>();
			for (Event event : response.getEventsList()) {
				boolean deleted = event.getType() == Event.EventType.DELETE;
				revisions.computeIfAbsent(event.getKv().getModRevision(), (added) -> new ArrayList<>())
					.add(new Change(event.getKv().getKey().toStringUtf8(),
							deleted ? null : event.getKv().getValue().toStringUtf8(), event.getKv().getLease()));
			}
			revisions.forEach((revision, changes) -> this.history.observed(Witness.this.endpoint, revision, changes));
			if (response.getCanceled()) {
				end();
			}
		}

		/** A stream may end after its watch has. */
		private void end() {
			if (!this.ended) {
				this.ended = true;
				watchAgain();
			}
		}

		@Override
		public void onError(Throwable ex) {
			end();
		}

		@Override
		public void onCompleted() {
			end();
		}

	}

}
