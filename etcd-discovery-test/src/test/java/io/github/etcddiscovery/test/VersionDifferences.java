package io.github.etcddiscovery.test;

import java.util.List;

import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.ResponseOp;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.github.etcddiscovery.testsupport.EtcdBinary;

/**
 * How older versions of etcd answer differently from 3.7, whose answers the embedded etcd
 * gives. There is one difference: up to 3.6, a range request with {@code keys_only}
 * returns the lease of each key.
 */
final class VersionDifferences {

	private final boolean older;

	VersionDifferences(EtcdBinary etcd) {
		this.older = List.of("3.4", "3.5", "3.6").contains(etcd.minor());
	}

	/** Returns the outcome of a request as etcd 3.7 returns it. */
	Object asNewest(Object request, Object outcome) {
		if (!this.older) {
			return outcome;
		}
		if (request instanceof RangeRequest range && outcome instanceof RangeResponse response) {
			return asNewest(range, response);
		}
		if (request instanceof TxnRequest txn && outcome instanceof TxnResponse response) {
			return asNewest(txn, response);
		}
		return outcome;
	}

	private RangeResponse asNewest(RangeRequest request, RangeResponse response) {
		if (!request.getKeysOnly() || request.getSortTarget() == RangeRequest.SortTarget.VALUE) {
			return response;
		}
		RangeResponse.Builder newest = response.toBuilder();
		newest.getKvsBuilderList().forEach(KeyValue.Builder::clearLease);
		return newest.build();
	}

	private TxnResponse asNewest(TxnRequest request, TxnResponse response) {
		List<RequestOp> requests = response.getSucceeded() ? request.getSuccessList() : request.getFailureList();
		TxnResponse.Builder newest = response.toBuilder();
		for (int i = 0; i < requests.size(); i++) {
			RequestOp operation = requests.get(i);
			ResponseOp.Builder answer = newest.getResponsesBuilder(i);
			if (operation.hasRequestRange()) {
				answer.setResponseRange(asNewest(operation.getRequestRange(), answer.getResponseRange()));
			}
			else if (operation.hasRequestTxn()) {
				answer.setResponseTxn(asNewest(operation.getRequestTxn(), answer.getResponseTxn()));
			}
		}
		return newest.build();
	}

}
