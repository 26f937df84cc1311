package io.github.etcddiscovery.test;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.CompactionRequest;
import io.etcd.jetcd.api.CompactionResponse;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.DeleteRangeResponse;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.PutResponse;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.ResponseHeader;
import io.etcd.jetcd.api.ResponseOp;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;

/**
 * etcd's operations on keys, over the store and the leases. Not thread-safe.
 */
final class KvOperations {

	/** In later versions of etcd's API than that of these stubs. */
	private static final int COMPARE_LEASE = 4;

	private static final int COMPARE_LEASE_FIELD = 8;

	private final MvccStore store;

	private final LeaseTable leases;

	private final Consumer<List<Event>> committed;

	/**
	 * Creates the operations.
	 * @param store the keys
	 * @param leases the leases
	 * @param committed receives the changes of every new revision
	 */
	KvOperations(MvccStore store, LeaseTable leases, Consumer<List<Event>> committed) {
		this.store = store;
		this.leases = leases;
		this.committed = committed;
	}

	RangeResponse range(RangeRequest request) {
		TxnRules.check(request);
		return applyRange(request);
	}

	PutResponse put(PutRequest request) {
		TxnRules.check(request);
		return change(() -> {
			requireLease(request);
			requirePrevious(request);
			return applyPut(request);
		});
	}

	DeleteRangeResponse delete(DeleteRangeRequest request) {
		TxnRules.check(request);
		return change(() -> applyDelete(request));
	}

	TxnResponse txn(TxnRequest request) {
		TxnRules.check(request);
		List<Boolean> path = new ArrayList<>();
		decide(request, path);
		return change(() -> {
			forEach(request, path.iterator(), (operation) -> {
				if (operation.hasRequestPut()) {
					requirePrevious(operation.getRequestPut());
					requireLease(operation.getRequestPut());
				}
			});
			forEach(request, path.iterator(), (operation) -> {
				if (operation.hasRequestRange()) {
					requireReadable(operation.getRequestRange());
				}
			});
			return applyTxn(request, path.iterator()).setHeader(header()).build();
		});
	}

	CompactionResponse compact(CompactionRequest request) {
		this.store.compact(request.getRevision());
		return CompactionResponse.newBuilder().setHeader(header()).build();
	}

	/** A lease is gone, and its keys with it, all in one revision. */
	void revoke(LeaseTable.Lease lease) {
		change(() -> {
			this.leases.remove(lease).forEach((key) -> this.store.delete(new Keys(key, ByteString.EMPTY)));
			return lease;
		});
	}

	private <T> T change(Supplier<T> operation) {
		this.store.begin();
		T response;
		try {
			response = operation.get();
		}
		catch (RuntimeException ex) {
			this.store.rollback();
			throw ex;
		}
		List<Event> events = this.store.commit();
		for (Event event : events) {
			if (event.getType() == Event.EventType.PUT) {
				this.leases.attach(event.getKv().getKey(), event.getKv().getLease());
			}
			else {
				this.leases.detach(event.getKv().getKey());
			}
		}
		if (!events.isEmpty()) {
			this.committed.accept(events);
		}
		return response;
	}

	private ResponseHeader header() {
		return ResponseHeader.newBuilder().setRevision(this.store.currentRevision()).build();
	}

	private RangeResponse applyRange(RangeRequest request) {
		List<KeyValue> found = this.store.range(new Keys(request.getKey(), request.getRangeEnd()),
				request.getRevision());
		RangeResponse.Builder response = RangeResponse.newBuilder().setHeader(header()).setCount(found.size());
		if (request.getCountOnly()) {
			return response.build();
		}
		List<KeyValue> wanted = new ArrayList<>(
				found.stream().filter((version) -> isWanted(version, request)).toList());
		if (request.getLimit() > 0 && request.getLimit() < wanted.size() && isReadOnlyAsFarAsTheLimit(request)) {
			wanted.subList((int) request.getLimit() + 1, wanted.size()).clear();
		}
		sort(wanted, request);
		if (request.getLimit() > 0 && wanted.size() > request.getLimit()) {
			wanted = wanted.subList(0, (int) request.getLimit());
			response.setMore(true);
		}
		wanted.forEach((version) -> response.addKvs(request.getKeysOnly() ? keyOnly(version, request) : version));
		return response.build();
	}

	/** Since etcd 3.7 keys alone have no lease, unless etcd sorts them by value. */
	private static KeyValue keyOnly(KeyValue version, RangeRequest request) {
		KeyValue.Builder keyOnly = version.toBuilder().clearValue();
		return ((request.getSortTarget() == RangeRequest.SortTarget.VALUE) ? keyOnly : keyOnly.clearLease()).build();
	}

	/**
	 * Without an explicit order or a filter etcd reads no further than one key beyond the
	 * limit, and sorts only then.
	 */
	private static boolean isReadOnlyAsFarAsTheLimit(RangeRequest request) {
		return request.getSortOrder() == RangeRequest.SortOrder.NONE && request.getMinModRevision() == 0
				&& request.getMaxModRevision() == 0 && request.getMinCreateRevision() == 0
				&& request.getMaxCreateRevision() == 0;
	}

	private static boolean isWanted(KeyValue version, RangeRequest request) {
		return isWithin(version.getModRevision(), request.getMinModRevision(), request.getMaxModRevision()) && isWithin(
				version.getCreateRevision(), request.getMinCreateRevision(), request.getMaxCreateRevision());
	}

	private static boolean isWithin(long revision, long least, long most) {
		return (least == 0 || revision >= least) && (most == 0 || revision <= most);
	}

	private static void sort(List<KeyValue> found, RangeRequest request) {
		Comparator<KeyValue> order = switch (request.getSortTarget()) {
			case KEY, UNRECOGNIZED -> Comparator.comparing(KeyValue::getKey, Keys.ORDER);
			case VERSION -> Comparator.comparingLong(KeyValue::getVersion);
			case CREATE -> Comparator.comparingLong(KeyValue::getCreateRevision);
			case MOD -> Comparator.comparingLong(KeyValue::getModRevision);
			case VALUE -> Comparator.comparing(KeyValue::getValue, Keys.ORDER);
		};
		found.sort((request.getSortOrder() == RangeRequest.SortOrder.DESCEND) ? order.reversed() : order);
	}

	/** In a transaction, unlike elsewhere, a negative revision is not the current one. */
	private void requireReadable(RangeRequest request) {
		if (request.getRevision() > this.store.revision()) {
			throw EtcdStatuses.futureRevision();
		}
		if (request.getRevision() != 0 && request.getRevision() < this.store.compactedRevision()) {
			throw EtcdStatuses.compacted();
		}
	}

	private void requireLease(PutRequest request) {
		if (request.getLease() != 0 && this.leases.find(request.getLease()) == null) {
			throw EtcdStatuses.leaseNotFound();
		}
	}

	private void requirePrevious(PutRequest request) {
		if ((request.getIgnoreValue() || request.getIgnoreLease()) && this.store.get(request.getKey()) == null) {
			throw EtcdStatuses.keyNotFound();
		}
	}

	private PutResponse applyPut(PutRequest request) {
		KeyValue before = this.store.get(request.getKey());
		ByteString value = request.getValue();
		long lease = request.getLease();
		if (request.getIgnoreValue() || request.getIgnoreLease()) {
			if (before == null) {
				throw EtcdStatuses.keyNotFound();
			}
			value = request.getIgnoreValue() ? before.getValue() : value;
			lease = request.getIgnoreLease() ? before.getLease() : lease;
		}
		this.store.put(request.getKey(), value, lease);
		PutResponse.Builder response = PutResponse.newBuilder().setHeader(header());
		if (request.getPrevKv() && before != null) {
			response.setPrevKv(before);
		}
		return response.build();
	}

	private DeleteRangeResponse applyDelete(DeleteRangeRequest request) {
		List<KeyValue> deleted = this.store.delete(new Keys(request.getKey(), request.getRangeEnd()));
		DeleteRangeResponse.Builder response = DeleteRangeResponse.newBuilder()
			.setHeader(header())
			.setDeleted(deleted.size());
		if (request.getPrevKv()) {
			response.addAllPrevKvs(deleted);
		}
		return response.build();
	}

	/**
	 * Decides which branch is taken, of nested transactions too, before anything changes.
	 * @param path receives the decisions, in the order in which the branches are run
	 */
	private void decide(TxnRequest request, List<Boolean> path) {
		boolean success = request.getCompareList().stream().allMatch(this::holds);
		path.add(success);
		for (RequestOp operation : success ? request.getSuccessList() : request.getFailureList()) {
			if (operation.hasRequestTxn()) {
				decide(operation.getRequestTxn(), path);
			}
		}
	}

	private boolean holds(Compare compare) {
		List<KeyValue> found = this.store.range(new Keys(compare.getKey(), compare.getRangeEnd()), 0);
		if (found.isEmpty()) {
			return compare.getTarget() != Compare.CompareTarget.VALUE && holds(compare, KeyValue.getDefaultInstance());
		}
		return found.stream().allMatch((version) -> holds(compare, version));
	}

	private static boolean holds(Compare compare, KeyValue version) {
		int difference = switch (compare.getTargetValue()) {
			case Compare.CompareTarget.VERSION_VALUE -> Long.compare(version.getVersion(), compare.getVersion());
			case Compare.CompareTarget.CREATE_VALUE ->
				Long.compare(version.getCreateRevision(), compare.getCreateRevision());
			case Compare.CompareTarget.MOD_VALUE -> Long.compare(version.getModRevision(), compare.getModRevision());
			case Compare.CompareTarget.VALUE_VALUE -> Keys.ORDER.compare(version.getValue(), compare.getValue());
			case COMPARE_LEASE ->
				Long.compare(version.getLease(), UnknownFields.varint(compare.getUnknownFields(), COMPARE_LEASE_FIELD));
			default -> 0;
		};
		return switch (compare.getResult()) {
			case EQUAL -> difference == 0;
			case GREATER -> difference > 0;
			case LESS -> difference < 0;
			case NOT_EQUAL -> difference != 0;
			case UNRECOGNIZED -> true;
		};
	}

	/** Visits the operations of the branches taken. */
	private static void forEach(TxnRequest request, Iterator<Boolean> path, Consumer<RequestOp> visitor) {
		for (RequestOp operation : path.next() ? request.getSuccessList() : request.getFailureList()) {
			if (operation.hasRequestTxn()) {
				forEach(operation.getRequestTxn(), path, visitor);
			}
			else {
				visitor.accept(operation);
			}
		}
	}

	private TxnResponse.Builder applyTxn(TxnRequest request, Iterator<Boolean> path) {
		boolean success = path.next();
		TxnResponse.Builder response = TxnResponse.newBuilder().setSucceeded(success);
		for (RequestOp operation : success ? request.getSuccessList() : request.getFailureList()) {
			ResponseOp.Builder result = ResponseOp.newBuilder();
			switch (operation.getRequestCase()) {
				case REQUEST_RANGE -> result.setResponseRange(applyRange(operation.getRequestRange()));
				case REQUEST_PUT -> result.setResponsePut(applyPut(operation.getRequestPut()));
				case REQUEST_DELETE_RANGE ->
					result.setResponseDeleteRange(applyDelete(operation.getRequestDeleteRange()));
				case REQUEST_TXN -> result.setResponseTxn(
						applyTxn(operation.getRequestTxn(), path).setHeader(ResponseHeader.getDefaultInstance()));
				case REQUEST_NOT_SET -> throw EtcdStatuses.keyNotFound();
			}
			response.addResponses(result);
		}
		return response;
	}

}
