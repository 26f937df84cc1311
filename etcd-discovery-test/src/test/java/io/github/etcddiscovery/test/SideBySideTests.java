package io.github.etcddiscovery.test;

import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;

import com.google.protobuf.Message;
import io.etcd.jetcd.api.CompactionRequest;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.LeaseTimeToLiveRequest;
import io.etcd.jetcd.api.LeaseTimeToLiveResponse;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.ResponseHeader;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.WatchCreateRequest;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.EtcdVersions;
import io.github.etcddiscovery.testsupport.OnEveryEtcd;
import io.grpc.StatusRuntimeException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The same operations, made by chance, go to the embedded and a real etcd side by side,
 * and every answer and every event must be the same.
 */
@OnEveryEtcd(EtcdVersions.ALL)
class SideBySideTests {

	private static final int SEQUENCES = Integer.getInteger("side-by-side.sequences", 4);

	/** The first of them, another each night. */
	private static final long SEED = Long.getLong("seed", 1);

	private static final int OPERATIONS = 1_500;

	private final EtcdBinary binary;

	private final VersionDifferences differences;

	SideBySideTests(EtcdBinary binary) {
		this.binary = binary;
		this.differences = new VersionDifferences(binary);
	}

	static LongStream seeds() {
		return LongStream.range(SEED, SEED + SEQUENCES);
	}

	@ParameterizedTest
	@MethodSource("seeds")
	void everyAnswerAndEveryEventIsThatOfRealEtcd(long seed) {
		try (EtcdProcess process = EtcdProcess.startWithDefaults(this.binary);
				EmbeddedEtcd embedded = EmbeddedEtcd.start();
				RawEtcd expected = new RawEtcd(process.endpoint());
				RawEtcd actual = new RawEtcd(embedded.endpoint())) {
			WatchCreateRequest.Builder everything = WatchCreateRequest.newBuilder()
				.setKey(Keys.ZERO)
				.setRangeEnd(Keys.ZERO)
				.setPrevKv(true);
			RawEtcd.WatchStream expectedWatch = expected.watch();
			RawEtcd.WatchStream actualWatch = actual.watch();
			expectedWatch.create(everything);
			actualWatch.create(everything);
			assertThat(normal(actualWatch.answers().take())).isEqualTo(normal(expectedWatch.answers().take()));
			RandomOperations operations = new RandomOperations(seed);
			long revision = 1;
			for (int i = 0; i < OPERATIONS; i++) {
				Object request = operations.next(revision);
				Object wanted = this.differences.asNewest(request, outcome(expected, request));
				assertThat(outcome(actual, request)).as("operation %d of seed %d: %s", i, seed, request)
					.isEqualTo(wanted);
				revision = revisionOf(wanted, revision);
			}
			long last = outcomeOfOneMore(expected, actual);
			await().atMost(Duration.ofSeconds(10)).until(() -> lastRevision(expectedWatch.events()) == last);
			await().atMost(Duration.ofSeconds(10))
				.untilAsserted(() -> assertThat(actualWatch.events()).isEqualTo(expectedWatch.events()));
		}
	}

	/** A change that both watches are bound to see. */
	private static long outcomeOfOneMore(RawEtcd expected, RawEtcd actual) {
		PutRequest marker = PutRequest.newBuilder().setKey(RawEtcd.bytes("marker")).build();
		actual.kv().put(marker);
		return expected.kv().put(marker).getHeader().getRevision();
	}

	private static long lastRevision(List<Event> events) {
		return events.isEmpty() ? 0 : events.get(events.size() - 1).getKv().getModRevision();
	}

	private static long revisionOf(Object outcome, long before) {
		if (outcome instanceof Message message) {
			Object header = message.getField(message.getDescriptorForType().findFieldByName("header"));
			return ((ResponseHeader) header).getRevision();
		}
		return before;
	}

	/** Returns the answer without what differs from server to server, or the error. */
	private static Object outcome(RawEtcd etcd, Object request) {
		try {
			return normal(call(etcd, request));
		}
		catch (StatusRuntimeException ex) {
			return ex.getStatus().getCode() + ": " + ex.getStatus().getDescription();
		}
	}

	private static Message call(RawEtcd etcd, Object request) {
		if (request instanceof RangeRequest range) {
			return etcd.kv().range(range);
		}
		if (request instanceof PutRequest put) {
			return etcd.kv().put(put);
		}
		if (request instanceof DeleteRangeRequest delete) {
			return etcd.kv().deleteRange(delete);
		}
		if (request instanceof TxnRequest txn) {
			return etcd.kv().txn(txn);
		}
		if (request instanceof CompactionRequest compaction) {
			return etcd.kv().compact(compaction);
		}
		if (request instanceof LeaseGrantRequest grant) {
			return etcd.lease().leaseGrant(grant);
		}
		if (request instanceof LeaseRevokeRequest revoke) {
			return etcd.lease().leaseRevoke(revoke);
		}
		if (request instanceof LeaseTimeToLiveRequest timeToLive) {
			return etcd.lease().leaseTimeToLive(timeToLive);
		}
		throw new IllegalStateException("No such request: " + request);
	}

	private static Message normal(Message answer) {
		Message.Builder normal = answer.toBuilder();
		var headerField = answer.getDescriptorForType().findFieldByName("header");
		ResponseHeader header = (ResponseHeader) answer.getField(headerField);
		normal.setField(headerField, ResponseHeader.newBuilder().setRevision(header.getRevision()).build());
		if (normal instanceof LeaseTimeToLiveResponse.Builder lease) {
			// A second may pass between the two; keys come in no order.
			lease.setTTL(Math.min(lease.getTTL(), 0))
				.clearKeys()
				.addAllKeys(((LeaseTimeToLiveResponse) answer).getKeysList().stream().sorted(Keys.ORDER).toList());
		}
		return normal.build();
	}

}
