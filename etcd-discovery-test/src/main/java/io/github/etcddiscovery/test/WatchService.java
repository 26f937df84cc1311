package io.github.etcddiscovery.test;

import java.util.LinkedHashMap;
import java.util.Map;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.WatchCreateRequest;
import io.etcd.jetcd.api.WatchGrpc;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import io.github.etcddiscovery.test.WatchTable.Watcher;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;

/**
 * etcd's Watch service over gRPC.
 */
final class WatchService extends WatchGrpc.WatchImplBase {

	/** In later versions of etcd's API than that of these stubs. */
	private static final int WATCH_ID_FIELD = 7;

	/** Of a response that belongs to no watcher, or to one that has not come about. */
	private static final long NO_WATCH = -1;

	private final MvccStore store;

	private final WatchTable watches;

	private final Gate gate;

	WatchService(MvccStore store, WatchTable watches, Gate gate) {
		this.store = store;
		this.watches = watches;
		this.gate = gate;
	}

	@Override
	public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> observer) {
		return new Stream((ServerCallStreamObserver<WatchResponse>) observer);
	}

	/**
	 * One stream, which carries any number of watchers.
	 */
	private final class Stream implements StreamObserver<WatchRequest> {

		private final ServerCallStreamObserver<WatchResponse> observer;

		private final Map<Long, Watcher> watchers = new LinkedHashMap<>();

		private final Runnable cut = this::cut;

		private long nextId;

		Stream(ServerCallStreamObserver<WatchResponse> observer) {
			this.observer = observer;
			observer.setOnCancelHandler(this::end);
			observer.setOnReadyHandler(() -> this.watchers.values().forEach(WatchService.this.watches::serve));
			WatchService.this.gate.opened(this.cut);
		}

		@Override
		public void onNext(WatchRequest request) {
			WatchService.this.gate.pass(this.observer, () -> {
				switch (request.getRequestUnionCase()) {
					case CREATE_REQUEST -> create(request.getCreateRequest());
					case CANCEL_REQUEST -> cancel(request.getCancelRequest().getWatchId());
					case PROGRESS_REQUEST -> this.observer.onNext(response(NO_WATCH).build());
					case REQUESTUNION_NOT_SET -> {
					}
				}
			});
		}

		private void create(WatchCreateRequest request) {
			Keys keys = new Keys(request.getKey().isEmpty() ? Keys.ZERO : request.getKey(), request.getRangeEnd());
			long id = UnknownFields.varint(request.getUnknownFields(), WATCH_ID_FIELD);
			if (keys.isEmpty()) {
				refuse("mvcc: watcher range is empty");
				return;
			}
			if (id == 0) {
				while (this.watchers.containsKey(this.nextId)) {
					this.nextId++;
				}
				id = this.nextId++;
			}
			else if (this.watchers.containsKey(id)) {
				refuse("mvcc: duplicate watch ID provided on the WatchStream");
				return;
			}
			this.observer.onNext(response(id).setCreated(true).build());
			Watcher watcher = WatchService.this.watches.add(request, keys, id, this.observer::isReady, this::send);
			this.watchers.put(id, watcher);
			WatchService.this.watches.serve(watcher);
		}

		private void refuse(String reason) {
			this.observer.onNext(response(NO_WATCH).setCreated(true).setCanceled(true).setCancelReason(reason).build());
		}

		private void send(WatchResponse response) {
			if (response.getCanceled()) {
				this.watchers.remove(response.getWatchId());
			}
			this.observer
				.onNext(response.toBuilder().setHeader(Gate.header(response.getHeader().getRevision())).build());
		}

		private void cancel(long id) {
			Watcher watcher = this.watchers.remove(id);
			if (watcher != null) {
				WatchService.this.watches.remove(watcher);
				this.observer.onNext(response(id).setCanceled(true).build());
			}
		}

		private WatchResponse.Builder response(long id) {
			return WatchResponse.newBuilder().setHeader(Gate.header(WatchService.this.store.revision())).setWatchId(id);
		}

		@Override
		public void onError(Throwable error) {
			end();
		}

		@Override
		public void onCompleted() {
			end();
			this.observer.onCompleted();
		}

		private void end() {
			removeAll();
			WatchService.this.gate.closed(this.cut);
		}

		private void cut() {
			removeAll();
			this.observer.onError(Gate.unavailable("etcdserver: the stream was cut"));
		}

		private void removeAll() {
			this.watchers.values().forEach(WatchService.this.watches::remove);
			this.watchers.clear();
		}

	}

}
