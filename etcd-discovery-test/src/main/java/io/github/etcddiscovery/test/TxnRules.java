package io.github.etcddiscovery.test;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;

/**
 * What etcd refuses without looking at its keys.
 */
final class TxnRules {

	/** etcd's {@code DefaultMaxTxnOps}. */
	private static final int MOST_OPERATIONS = 128;

	private TxnRules() {
	}

	static void check(RangeRequest request) {
		requireKey(request.getKey());
	}

	static void check(DeleteRangeRequest request) {
		requireKey(request.getKey());
	}

	static void check(PutRequest request) {
		requireKey(request.getKey());
		if (request.getIgnoreValue() && !request.getValue().isEmpty()) {
			throw EtcdStatuses.valueProvided();
		}
		if (request.getIgnoreLease() && request.getLease() != 0) {
			throw EtcdStatuses.leaseProvided();
		}
	}

	static void check(TxnRequest request) {
		check(request, MOST_OPERATIONS);
		touched(request.getSuccessList());
		touched(request.getFailureList());
	}

	private static void check(TxnRequest request, int most) {
		int operations = Math.max(request.getCompareCount(),
				Math.max(request.getSuccessCount(), request.getFailureCount()));
		if (operations > most) {
			throw EtcdStatuses.tooManyOperations();
		}
		for (Compare compare : request.getCompareList()) {
			requireKey(compare.getKey());
		}
		request.getSuccessList().forEach((operation) -> check(operation, most - operations));
		request.getFailureList().forEach((operation) -> check(operation, most - operations));
	}

	private static void check(RequestOp operation, int most) {
		switch (operation.getRequestCase()) {
			case REQUEST_RANGE -> check(operation.getRequestRange());
			case REQUEST_PUT -> check(operation.getRequestPut());
			case REQUEST_DELETE_RANGE -> check(operation.getRequestDeleteRange());
			case REQUEST_TXN -> check(operation.getRequestTxn(), most);
			case REQUEST_NOT_SET -> throw EtcdStatuses.keyNotFound();
		}
	}

	private static void requireKey(ByteString key) {
		if (key.isEmpty()) {
			throw EtcdStatuses.emptyKey();
		}
	}

	/**
	 * Finds out which keys are touched, and refuses to touch one twice: a put may neither
	 * meet another one nor a deletion, unless they are in different branches.
	 */
	private static Touched touched(List<RequestOp> operations) {
		Touched all = new Touched(new HashSet<>(), new ArrayList<>());
		for (RequestOp operation : operations) {
			if (operation.hasRequestDeleteRange()) {
				DeleteRangeRequest delete = operation.getRequestDeleteRange();
				all.deleted.add(new Keys(delete.getKey(), delete.getRangeEnd()));
			}
		}
		for (RequestOp operation : operations) {
			if (operation.hasRequestTxn()) {
				Touched success = touched(operation.getRequestTxn().getSuccessList());
				Touched failure = touched(operation.getRequestTxn().getFailureList());
				success.puts.forEach((key) -> all.put(key, Set.of()));
				failure.puts.forEach((key) -> all.put(key, success.puts));
				all.deleted.addAll(success.deleted);
				all.deleted.addAll(failure.deleted);
			}
		}
		for (RequestOp operation : operations) {
			if (operation.hasRequestPut()) {
				all.put(operation.getRequestPut().getKey(), Set.of());
			}
		}
		return all;
	}

	/**
	 * Which keys are put, and which ranges deleted.
	 */
	private record Touched(Set<ByteString> puts, List<Keys> deleted) {

		void put(ByteString key, Set<ByteString> ofTheOtherBranch) {
			boolean twice = !this.puts.add(key) && !ofTheOtherBranch.contains(key);
			if (twice || this.deleted.stream().anyMatch((range) -> meets(range, key))) {
				throw EtcdStatuses.duplicateKey();
			}
		}

		/** Here, unlike anywhere else, etcd does not take a zero byte for "no end". */
		private static boolean meets(Keys range, ByteString key) {
			return !range.isEndless() && range.contains(key);
		}

	}

}
