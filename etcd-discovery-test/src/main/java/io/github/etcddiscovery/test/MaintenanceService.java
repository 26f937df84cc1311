package io.github.etcddiscovery.test;

import java.util.function.Supplier;

import io.etcd.jetcd.api.AlarmRequest;
import io.etcd.jetcd.api.AlarmResponse;
import io.etcd.jetcd.api.ClusterGrpc;
import io.etcd.jetcd.api.DefragmentRequest;
import io.etcd.jetcd.api.DefragmentResponse;
import io.etcd.jetcd.api.HashKVRequest;
import io.etcd.jetcd.api.HashKVResponse;
import io.etcd.jetcd.api.HashRequest;
import io.etcd.jetcd.api.HashResponse;
import io.etcd.jetcd.api.MaintenanceGrpc;
import io.etcd.jetcd.api.Member;
import io.etcd.jetcd.api.MemberListRequest;
import io.etcd.jetcd.api.MemberListResponse;
import io.etcd.jetcd.api.ResponseHeader;
import io.etcd.jetcd.api.StatusRequest;
import io.etcd.jetcd.api.StatusResponse;
import io.grpc.stub.StreamObserver;

/**
 * What {@code etcdctl} asks about a member and its cluster, of which there is one here.
 */
final class MaintenanceService extends MaintenanceGrpc.MaintenanceImplBase {

	/** The version whose behaviour this is tested to have. */
	private static final String VERSION = "3.7.3";

	/** The size to report at least, one page: {@code etcdctl} divides by it. */
	private static final long SMALLEST_FILE = 4096;

	private final MvccStore store;

	private final Gate gate;

	MaintenanceService(MvccStore store, Gate gate) {
		this.store = store;
		this.gate = gate;
	}

	@Override
	public void status(StatusRequest request, StreamObserver<StatusResponse> observer) {
		this.gate.answer(observer,
				() -> StatusResponse.newBuilder()
					.setHeader(header())
					.setVersion(VERSION)
					.setDbSize(Math.max(this.store.size(), SMALLEST_FILE))
					.setDbSizeInUse(this.store.size())
					.setLeader(Gate.MEMBER_ID)
					.setRaftIndex(this.store.revision())
					.setRaftAppliedIndex(this.store.revision())
					.setRaftTerm(Gate.TERM)
					.build());
	}

	/** There never is one. */
	@Override
	public void alarm(AlarmRequest request, StreamObserver<AlarmResponse> observer) {
		this.gate.answer(observer, () -> AlarmResponse.newBuilder().setHeader(header()).build());
	}

	@Override
	public void defragment(DefragmentRequest request, StreamObserver<DefragmentResponse> observer) {
		this.gate.answer(observer, () -> DefragmentResponse.newBuilder().setHeader(header()).build());
	}

	@Override
	public void hash(HashRequest request, StreamObserver<HashResponse> observer) {
		this.gate.answer(observer,
				() -> HashResponse.newBuilder()
					.setHeader(header())
					.setHash(this.store.hash(this.store.revision()))
					.build());
	}

	@Override
	public void hashKV(HashKVRequest request, StreamObserver<HashKVResponse> observer) {
		this.gate.answer(observer, () -> {
			long upTo = (request.getRevision() > 0) ? request.getRevision() : this.store.revision();
			if (upTo > this.store.revision()) {
				throw EtcdStatuses.futureRevision();
			}
			if (upTo < this.store.compactedRevision()) {
				throw EtcdStatuses.compacted();
			}
			return HashKVResponse.newBuilder()
				.setHeader(header())
				.setHash(this.store.hash(upTo))
				.setCompactRevision(this.store.compactedRevision())
				.build();
		});
	}

	private ResponseHeader header() {
		return Gate.header(this.store.revision());
	}

	/**
	 * etcd's Cluster service, which lists the one member.
	 */
	static final class ClusterService extends ClusterGrpc.ClusterImplBase {

		/** Tells the embedded server from others, together with the member's id. */
		static final String MEMBER_NAME = "embedded-etcd";

		private final MvccStore store;

		private final Gate gate;

		private final Supplier<String> endpoint;

		ClusterService(MvccStore store, Gate gate, Supplier<String> endpoint) {
			this.store = store;
			this.gate = gate;
			this.endpoint = endpoint;
		}

		@Override
		public void memberList(MemberListRequest request, StreamObserver<MemberListResponse> observer) {
			this.gate.answer(observer,
					() -> MemberListResponse.newBuilder()
						.setHeader(Gate.header(this.store.revision()))
						.addMembers(Member.newBuilder()
							.setID(Gate.MEMBER_ID)
							.setName(MEMBER_NAME)
							.addPeerURLs(this.endpoint.get())
							.addClientURLs(this.endpoint.get()))
						.build());
		}

	}

}
