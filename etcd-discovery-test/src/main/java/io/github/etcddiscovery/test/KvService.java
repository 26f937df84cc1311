package io.github.etcddiscovery.test;

import io.etcd.jetcd.api.CompactionRequest;
import io.etcd.jetcd.api.CompactionResponse;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.DeleteRangeResponse;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.PutResponse;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.ResponseHeader;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.grpc.stub.StreamObserver;

/**
 * etcd's KV service over gRPC.
 */
final class KvService extends KVGrpc.KVImplBase {

	private final KvOperations operations;

	private final Gate gate;

	KvService(KvOperations operations, Gate gate) {
		this.operations = operations;
		this.gate = gate;
	}

	@Override
	public void range(RangeRequest request, StreamObserver<RangeResponse> observer) {
		this.gate.answer(observer, () -> {
			RangeResponse response = this.operations.range(request);
			return response.toBuilder().setHeader(complete(response.getHeader())).build();
		});
	}

	@Override
	public void put(PutRequest request, StreamObserver<PutResponse> observer) {
		this.gate.answer(observer, () -> {
			PutResponse response = this.operations.put(request);
			return response.toBuilder().setHeader(complete(response.getHeader())).build();
		});
	}

	@Override
	public void deleteRange(DeleteRangeRequest request, StreamObserver<DeleteRangeResponse> observer) {
		this.gate.answer(observer, () -> {
			DeleteRangeResponse response = this.operations.delete(request);
			return response.toBuilder().setHeader(complete(response.getHeader())).build();
		});
	}

	@Override
	public void txn(TxnRequest request, StreamObserver<TxnResponse> observer) {
		this.gate.answer(observer, () -> {
			TxnResponse response = this.operations.txn(request);
			return response.toBuilder().setHeader(complete(response.getHeader())).build();
		});
	}

	@Override
	public void compact(CompactionRequest request, StreamObserver<CompactionResponse> observer) {
		this.gate.answer(observer, () -> {
			CompactionResponse response = this.operations.compact(request);
			return response.toBuilder().setHeader(complete(response.getHeader())).build();
		});
	}

	private static ResponseHeader complete(ResponseHeader header) {
		return Gate.header(header.getRevision());
	}

}
