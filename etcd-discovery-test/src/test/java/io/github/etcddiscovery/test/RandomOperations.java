package io.github.etcddiscovery.test;

import java.util.Random;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.CompactionRequest;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.LeaseTimeToLiveRequest;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;

import static io.github.etcddiscovery.test.RawEtcd.bytes;

/**
 * Makes requests by chance, valid ones and others, over few keys, so that they meet.
 * Never what is known to kill a real etcd: an unknown sort target, or a transaction that
 * deletes a key and then puts it with its value ignored.
 */
final class RandomOperations {

	private static final int KEYS = 8;

	private static final int LEASES = 5;

	private final Random random;

	RandomOperations(long seed) {
		this.random = new Random(seed);
	}

	/**
	 * Makes the next request.
	 * @param revision the revision of the last response, around which others are chosen
	 */
	Object next(long revision) {
		int kind = this.random.nextInt(100);
		if (kind < 25) {
			return put(true);
		}
		if (kind < 45) {
			return range(revision);
		}
		if (kind < 57) {
			return delete();
		}
		if (kind < 82) {
			return txn(revision, 0);
		}
		if (kind < 88) {
			return LeaseGrantRequest.newBuilder().setID(leaseId()).setTTL(600 + this.random.nextInt(5)).build();
		}
		if (kind < 92) {
			return LeaseRevokeRequest.newBuilder().setID(leaseId()).build();
		}
		if (kind < 96) {
			return LeaseTimeToLiveRequest.newBuilder().setID(leaseId()).setKeys(true).build();
		}
		return (this.random.nextInt(4) == 0)
				? CompactionRequest.newBuilder().setRevision(someRevision(revision)).build() : range(revision);
	}

	private PutRequest put(boolean mayIgnore) {
		PutRequest.Builder request = PutRequest.newBuilder().setKey(key()).setPrevKv(this.random.nextBoolean());
		boolean ignoreValue = mayIgnore && this.random.nextInt(8) == 0;
		boolean ignoreLease = mayIgnore && this.random.nextInt(8) == 0;
		request.setIgnoreValue(ignoreValue).setIgnoreLease(ignoreLease);
		if (!ignoreValue || this.random.nextInt(10) == 0) {
			request.setValue(value());
		}
		if (this.random.nextInt(3) == 0 && (!ignoreLease || this.random.nextInt(10) == 0)) {
			request.setLease(leaseId());
		}
		return request.build();
	}

	private RangeRequest range(long revision) {
		RangeRequest.Builder request = RangeRequest.newBuilder()
			.setKey(key())
			.setKeysOnly(this.random.nextInt(6) == 0)
			.setCountOnly(this.random.nextInt(8) == 0)
			.setSerializable(this.random.nextBoolean());
		if (this.random.nextInt(3) > 0) {
			request.setRangeEnd(end());
		}
		if (this.random.nextInt(3) == 0) {
			request.setLimit(this.random.nextInt(5));
		}
		if (this.random.nextInt(3) == 0) {
			request.setRevision(someRevision(revision));
		}
		if (this.random.nextInt(3) == 0) {
			request.setSortOrderValue(this.random.nextInt(3)).setSortTargetValue(this.random.nextInt(5));
		}
		if (this.random.nextInt(6) == 0) {
			request.setMinModRevision(someRevision(revision)).setMaxCreateRevision(someRevision(revision));
		}
		if (this.random.nextInt(6) == 0) {
			request.setMaxModRevision(someRevision(revision)).setMinCreateRevision(someRevision(revision));
		}
		return request.build();
	}

	private DeleteRangeRequest delete() {
		DeleteRangeRequest.Builder request = DeleteRangeRequest.newBuilder()
			.setKey(key())
			.setPrevKv(this.random.nextBoolean());
		if (this.random.nextInt(4) == 0) {
			request.setRangeEnd(end());
		}
		return request.build();
	}

	private TxnRequest txn(long revision, int depth) {
		TxnRequest.Builder request = TxnRequest.newBuilder();
		for (int i = this.random.nextInt(3); i > 0; i--) {
			request.addCompare(compare(revision));
		}
		for (int i = this.random.nextInt(4); i > 0; i--) {
			request.addSuccess(operation(revision, depth));
		}
		for (int i = this.random.nextInt(3); i > 0; i--) {
			request.addFailure(operation(revision, depth));
		}
		return request.build();
	}

	private RequestOp operation(long revision, int depth) {
		RequestOp.Builder operation = RequestOp.newBuilder();
		switch (this.random.nextInt((depth < 2) ? 8 : 7)) {
			case 0, 1, 2 -> operation.setRequestPut(put(false));
			case 3, 4 -> operation.setRequestRange(range(revision));
			case 5, 6 -> operation.setRequestDeleteRange(delete());
			default -> operation.setRequestTxn(txn(revision, depth + 1));
		}
		return operation.build();
	}

	private Compare compare(long revision) {
		Compare.Builder compare = Compare.newBuilder().setKey(key()).setResultValue(this.random.nextInt(4));
		if (this.random.nextInt(4) == 0) {
			compare.setRangeEnd(end());
		}
		switch (this.random.nextInt(4)) {
			case 0 -> compare.setTarget(Compare.CompareTarget.VERSION).setVersion(this.random.nextInt(3));
			case 1 -> compare.setTarget(Compare.CompareTarget.CREATE).setCreateRevision(someRevision(revision));
			case 2 -> compare.setTarget(Compare.CompareTarget.MOD).setModRevision(someRevision(revision));
			default -> compare.setTarget(Compare.CompareTarget.VALUE).setValue(value());
		}
		return compare.build();
	}

	private ByteString key() {
		return (this.random.nextInt(60) == 0) ? ByteString.EMPTY : bytes("k" + this.random.nextInt(KEYS));
	}

	private ByteString end() {
		return switch (this.random.nextInt(4)) {
			case 0 -> Keys.ZERO;
			case 1 -> bytes("l");
			default -> bytes("k" + this.random.nextInt(KEYS));
		};
	}

	private ByteString value() {
		return bytes("v" + this.random.nextInt(4));
	}

	/** Mostly one that may exist. */
	private long leaseId() {
		return 1 + this.random.nextInt(LEASES);
	}

	private long someRevision(long revision) {
		return revision - this.random.nextInt(12) + this.random.nextInt(3);
	}

}
