package io.github.etcddiscovery.test;

import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrantResponse;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseKeepAliveRequest;
import io.etcd.jetcd.api.LeaseKeepAliveResponse;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.LeaseRevokeResponse;
import io.etcd.jetcd.api.LeaseTimeToLiveRequest;
import io.etcd.jetcd.api.LeaseTimeToLiveResponse;
import io.etcd.jetcd.api.ResponseHeader;
import io.github.etcddiscovery.test.LeaseTable.Lease;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;

/**
 * etcd's Lease service over gRPC, but for the listing of leases, which the stubs do not
 * know ({@link LeaseLeasesMethod}).
 */
final class LeaseService extends LeaseGrpc.LeaseImplBase {

	private final MvccStore store;

	private final LeaseTable leases;

	private final KvOperations operations;

	private final Gate gate;

	LeaseService(MvccStore store, LeaseTable leases, KvOperations operations, Gate gate) {
		this.store = store;
		this.leases = leases;
		this.operations = operations;
		this.gate = gate;
	}

	/** This service, and the listing of leases with it. */
	ServerServiceDefinition bindServiceWithListing() {
		ServerServiceDefinition.Builder all = ServerServiceDefinition.builder(LeaseGrpc.SERVICE_NAME);
		bindService().getMethods().forEach(all::addMethod);
		all.addMethod(ServerMethodDefinition.create(LeaseLeasesMethod.DESCRIPTOR,
				ServerCalls.asyncUnaryCall((byte[] request, StreamObserver<byte[]> observer) -> this.gate
					.answer(observer, () -> LeaseLeasesMethod.response(header(), this.leases.all())))));
		return all.build();
	}

	@Override
	public void leaseGrant(LeaseGrantRequest request, StreamObserver<LeaseGrantResponse> observer) {
		this.gate.answer(observer, () -> {
			Lease lease = this.leases.grant(request.getID(), request.getTTL());
			return LeaseGrantResponse.newBuilder()
				.setHeader(header())
				.setID(lease.id())
				.setTTL(lease.ttlSeconds())
				.build();
		});
	}

	@Override
	public void leaseRevoke(LeaseRevokeRequest request, StreamObserver<LeaseRevokeResponse> observer) {
		this.gate.answer(observer, () -> {
			Lease lease = this.leases.find(request.getID());
			if (lease == null) {
				throw EtcdStatuses.leaseNotFound();
			}
			this.operations.revoke(lease);
			return LeaseRevokeResponse.newBuilder().setHeader(header()).build();
		});
	}

	@Override
	public StreamObserver<LeaseKeepAliveRequest> leaseKeepAlive(StreamObserver<LeaseKeepAliveResponse> observer) {
		Runnable cut = () -> observer.onError(Gate.unavailable("etcdserver: the stream was cut"));
		this.gate.opened(cut);
		((ServerCallStreamObserver<LeaseKeepAliveResponse>) observer).setOnCancelHandler(() -> this.gate.closed(cut));
		return new StreamObserver<>() {

			@Override
			public void onNext(LeaseKeepAliveRequest request) {
				LeaseService.this.gate.pass(observer, () -> observer.onNext(keepAlive(request.getID())));
			}

			@Override
			public void onError(Throwable error) {
				LeaseService.this.gate.closed(cut);
			}

			@Override
			public void onCompleted() {
				LeaseService.this.gate.closed(cut);
				observer.onCompleted();
			}

		};
	}

	private LeaseKeepAliveResponse keepAlive(long id) {
		Lease lease = this.leases.find(id);
		if (lease != null) {
			this.leases.renew(lease);
		}
		return LeaseKeepAliveResponse.newBuilder()
			.setHeader(header())
			.setID(id)
			.setTTL((lease != null) ? lease.ttlSeconds() : 0)
			.build();
	}

	@Override
	public void leaseTimeToLive(LeaseTimeToLiveRequest request, StreamObserver<LeaseTimeToLiveResponse> observer) {
		this.gate.answer(observer, () -> {
			LeaseTimeToLiveResponse.Builder response = LeaseTimeToLiveResponse.newBuilder()
				.setHeader(header())
				.setID(request.getID())
				.setTTL(-1);
			Lease lease = this.leases.find(request.getID());
			if (lease != null) {
				response.setTTL(this.leases.remainingSeconds(lease)).setGrantedTTL(lease.ttlSeconds());
				if (request.getKeys()) {
					response.addAllKeys(lease.keys());
				}
			}
			return response.build();
		});
	}

	private ResponseHeader header() {
		return Gate.header(this.store.revision());
	}

}
