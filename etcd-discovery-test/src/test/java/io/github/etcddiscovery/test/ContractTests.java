package io.github.etcddiscovery.test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.etcd.jetcd.api.CompactionRequest;
import io.etcd.jetcd.api.Compare;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.DeleteRangeResponse;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrantResponse;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.LeaseTimeToLiveRequest;
import io.etcd.jetcd.api.LeaseTimeToLiveResponse;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.PutResponse;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.etcd.jetcd.api.WatchCancelRequest;
import io.etcd.jetcd.api.WatchCreateRequest;
import io.etcd.jetcd.api.WatchProgressRequest;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import static io.github.etcddiscovery.test.RawEtcd.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * What etcd promises, written once and run against every server: what is true here of the
 * real ones is true of the embedded one.
 */
@ParameterizedClass(name = "{0}")
@MethodSource("io.github.etcddiscovery.test.EveryServer#all")
class ContractTests {

	@Parameter
	private EveryServer server;

	private EveryServer.Running running;

	private RawEtcd etcd;

	@BeforeEach
	void start() {
		this.running = this.server.start();
		this.etcd = new RawEtcd(this.running.endpoint());
	}

	@AfterEach
	void stop() throws Exception {
		this.etcd.close();
		this.running.close();
	}

	@Test
	void revisionIsOneAtFirstAndRisesWithEveryChange() {
		assertThat(range("a").getHeader().getRevision()).isEqualTo(1);
		assertThat(put("a", "1").getHeader().getRevision()).isEqualTo(2);
		assertThat(put("a", "1").getHeader().getRevision()).isEqualTo(3);
		assertThat(delete("a", "").getHeader().getRevision()).isEqualTo(4);
		assertThat(delete("a", "").getHeader().getRevision()).as("nothing to delete").isEqualTo(4);
		assertThat(range("a").getHeader().getMemberId()).isNotZero();
		assertThat(range("a").getHeader().getClusterId()).isNotZero();
		assertThat(range("a").getHeader().getRaftTerm()).isPositive();
	}

	@Test
	void versionsAreCountedFromTheCreationOfAKey() {
		put("a", "1");
		put("a", "2");
		KeyValue changed = range("a").getKvs(0);
		assertThat(List.of(changed.getCreateRevision(), changed.getModRevision(), changed.getVersion()))
			.containsExactly(2L, 3L, 2L);
		delete("a", "");
		put("a", "3");
		KeyValue again = range("a").getKvs(0);
		assertThat(List.of(again.getCreateRevision(), again.getModRevision(), again.getVersion())).containsExactly(5L,
				5L, 1L);
	}

	@Test
	void previousVersionIsAnsweredIfWanted() {
		assertThat(this.etcd.kv().put(putRequest("a", "1").setPrevKv(true).build()).hasPrevKv()).isFalse();
		assertThat(this.etcd.kv().put(putRequest("a", "2").setPrevKv(true).build()).getPrevKv().getValue())
			.isEqualTo(bytes("1"));
		put("b", "3");
		DeleteRangeResponse deleted = this.etcd.kv()
			.deleteRange(
					DeleteRangeRequest.newBuilder().setKey(bytes("a")).setRangeEnd(bytes("c")).setPrevKv(true).build());
		assertThat(deleted.getDeleted()).isEqualTo(2);
		assertThat(deleted.getPrevKvsList()).extracting(KeyValue::getValue).containsExactly(bytes("2"), bytes("3"));
		assertThat(deleted.getHeader().getRevision()).as("one revision for both").isEqualTo(5);
	}

	@Test
	void pastCanBeReadUntilItIsCompacted() {
		put("a", "1");
		put("a", "2");
		delete("a", "");
		assertThat(rangeAt("a", 2).getKvs(0).getValue()).isEqualTo(bytes("1"));
		assertThat(rangeAt("a", 2).getHeader().getRevision()).as("the current one").isEqualTo(4);
		assertThat(rangeAt("a", 4).getKvsCount()).isZero();
		assertThatStatus(() -> rangeAt("a", 5), Status.Code.OUT_OF_RANGE,
				"etcdserver: mvcc: required revision is a future revision");
		compact(3);
		assertThat(rangeAt("a", 3).getKvs(0).getValue()).as("the compacted one itself").isEqualTo(bytes("2"));
		assertThatStatus(() -> rangeAt("a", 2), Status.Code.OUT_OF_RANGE,
				"etcdserver: mvcc: required revision has been compacted");
		assertThatStatus(() -> compact(3), Status.Code.OUT_OF_RANGE,
				"etcdserver: mvcc: required revision has been compacted");
		assertThatStatus(() -> compact(9), Status.Code.OUT_OF_RANGE,
				"etcdserver: mvcc: required revision is a future revision");
	}

	@Test
	void rangeSortsLimitsAndCounts() {
		put("b", "2");
		put("a", "3");
		put("c", "1");
		RangeResponse limited = this.etcd.kv()
			.range(everything().setLimit(2)
				.setSortOrder(RangeRequest.SortOrder.DESCEND)
				.setSortTarget(RangeRequest.SortTarget.VALUE)
				.setKeysOnly(true)
				.build());
		assertThat(limited.getKvsList()).extracting(KeyValue::getKey).containsExactly(bytes("a"), bytes("b"));
		assertThat(limited.getKvsList()).extracting(KeyValue::getValue).containsOnly(ByteString.EMPTY);
		assertThat(limited.getCount()).isEqualTo(3);
		assertThat(limited.getMore()).isTrue();
		RangeResponse count = this.etcd.kv().range(everything().setCountOnly(true).build());
		assertThat(count.getCount()).isEqualTo(3);
		assertThat(count.getKvsCount()).isZero();
		assertThat(this.etcd.kv().range(everything().setMinModRevision(3).setMaxCreateRevision(3).build()).getKvsList())
			.extracting(KeyValue::getKey)
			.containsExactly(bytes("a"));
		assertThat(this.etcd.kv()
			.range(RangeRequest.newBuilder().setKey(bytes("b")).setRangeEnd(bytes("a")).build())
			.getCount()).as("the wrong way round").isZero();
	}

	@Test
	void transactionIsOneRevisionAndSeesItsOwnWrites() {
		put("a", "1");
		TxnResponse response = this.etcd.kv()
			.txn(TxnRequest.newBuilder()
				.addCompare(Compare.newBuilder()
					.setKey(bytes("a"))
					.setTarget(Compare.CompareTarget.VALUE)
					.setValue(bytes("1")))
				.addSuccess(op(putRequest("a", "2")))
				.addSuccess(op(RangeRequest.newBuilder().setKey(bytes("a"))))
				.addSuccess(op(putRequest("b", "3")))
				.addFailure(op(putRequest("c", "4")))
				.build());
		assertThat(response.getSucceeded()).isTrue();
		assertThat(response.getHeader().getRevision()).isEqualTo(3);
		assertThat(response.getResponses(1).getResponseRange().getKvs(0).getValue()).isEqualTo(bytes("2"));
		assertThat(range("b").getKvs(0).getModRevision()).isEqualTo(3);
		assertThat(range("c").getCount()).isZero();
	}

	@Test
	void comparesOfNestedTransactionsAreDecidedBeforeAnythingIsWritten() {
		TxnRequest nested = TxnRequest.newBuilder()
			.addCompare(Compare.newBuilder().setKey(bytes("a")).setTarget(Compare.CompareTarget.VERSION).setVersion(0))
			.addSuccess(op(putRequest("b", "a was not there")))
			.build();
		TxnResponse response = this.etcd.kv()
			.txn(TxnRequest.newBuilder()
				.addSuccess(op(putRequest("a", "1")))
				.addSuccess(RequestOp.newBuilder().setRequestTxn(nested))
				.build());
		assertThat(response.getResponses(1).getResponseTxn().getSucceeded()).isTrue();
		assertThat(response.getResponses(1).getResponseTxn().getHeader().getRevision()).as("left empty").isZero();
		assertThat(range("b").getCount()).isOne();
	}

	@Test
	void leasesOfKeysAreComparedAlthoughTheStubsDoNotKnowIt() {
		grant(7, 600);
		this.etcd.kv().put(putRequest("a", "1").setLease(7).build());
		for (long lease : new long[] { 7, 8 }) {
			UnknownFieldSet target = UnknownFieldSet.newBuilder()
				.addField(8, UnknownFieldSet.Field.newBuilder().addVarint(lease).build())
				.build();
			assertThat(this.etcd.kv()
				.txn(TxnRequest.newBuilder()
					.addCompare(Compare.newBuilder().setKey(bytes("a")).setTargetValue(4).setUnknownFields(target))
					.build())
				.getSucceeded()).isEqualTo(lease == 7);
		}
	}

	@Test
	void watchMayChooseItsId() {
		RawEtcd.WatchStream watch = this.etcd.watch();
		UnknownFieldSet id = UnknownFieldSet.newBuilder()
			.addField(7, UnknownFieldSet.Field.newBuilder().addVarint(5).build())
			.build();
		watch.create(watchRequest("a", "").setUnknownFields(id));
		assertThat(watch.answers().take().getWatchId()).isEqualTo(5);
		watch.create(watchRequest("a", "").setUnknownFields(id));
		WatchResponse twice = watch.answers().take();
		assertThat(twice.getWatchId()).isEqualTo(-1);
		assertThat(twice.getCanceled()).isTrue();
		watch.create(watchRequest("b", ""));
		assertThat(watch.answers().take().getWatchId()).isZero();
	}

	@Test
	void transactionThatFailsLeavesNothingBehind() {
		assertThatStatus(() -> this.etcd.kv()
			.txn(TxnRequest.newBuilder()
				.addSuccess(op(putRequest("a", "1")))
				.addSuccess(op(putRequest("b", "1").setLease(99)))
				.build()), Status.Code.NOT_FOUND, "etcdserver: requested lease not found");
		assertThat(range("a").getCount()).isZero();
		assertThat(range("a").getHeader().getRevision()).isEqualTo(1);
	}

	@Test
	void wrongRequestsAreRefusedInEtcdsOwnWords() {
		assertThatStatus(() -> put("", "1"), Status.Code.INVALID_ARGUMENT, "etcdserver: key is not provided");
		assertThatStatus(() -> range(""), Status.Code.INVALID_ARGUMENT, "etcdserver: key is not provided");
		assertThatStatus(() -> this.etcd.kv().put(putRequest("a", "1").setIgnoreValue(true).build()),
				Status.Code.INVALID_ARGUMENT, "etcdserver: value is provided");
		assertThatStatus(() -> this.etcd.kv().put(putRequest("a", "1").setIgnoreLease(true).setLease(1).build()),
				Status.Code.INVALID_ARGUMENT, "etcdserver: lease is provided");
		assertThatStatus(() -> this.etcd.kv().put(putRequest("a", "").setIgnoreValue(true).build()),
				Status.Code.INVALID_ARGUMENT, "etcdserver: key not found");
		assertThatStatus(() -> this.etcd.kv().put(putRequest("a", "1").setLease(99).build()), Status.Code.NOT_FOUND,
				"etcdserver: requested lease not found");
		assertThatStatus(() -> this.etcd.kv()
			.txn(TxnRequest.newBuilder()
				.addSuccess(op(putRequest("a", "1")))
				.addSuccess(op(putRequest("a", "2")))
				.build()), Status.Code.INVALID_ARGUMENT, "etcdserver: duplicate key given in txn request");
		TxnRequest.Builder long129 = TxnRequest.newBuilder();
		IntStream.range(0, 129).forEach((i) -> long129.addSuccess(op(putRequest("k" + i, "1"))));
		assertThatStatus(() -> this.etcd.kv().txn(long129.build()), Status.Code.INVALID_ARGUMENT,
				"etcdserver: too many operations in txn request");
	}

	@Test
	void watchReplaysThePastInOneResponseAndThenFollowsRevisionByRevision() {
		put("a", "1");
		put("b", "2");
		put("a", "3");
		RawEtcd.WatchStream watch = this.etcd.watch();
		watch.create(watchRequest("a", "").setStartRevision(2).setPrevKv(true));
		WatchResponse created = watch.answers().take();
		assertThat(created.getCreated()).isTrue();
		assertThat(created.getWatchId()).isZero();
		assertThat(created.getHeader().getRevision()).isEqualTo(4);
		WatchResponse past = watch.answers().take();
		assertThat(past.getEventsList()).extracting((event) -> event.getKv().getModRevision()).containsExactly(2L, 4L);
		assertThat(past.getEvents(0).hasPrevKv()).isFalse();
		assertThat(past.getEvents(1).getPrevKv().getValue()).isEqualTo(bytes("1"));
		assertThat(past.getHeader().getRevision()).isEqualTo(4);
		delete("a", "");
		WatchResponse live = watch.answers().take();
		assertThat(live.getHeader().getRevision()).isEqualTo(5);
		Event deletion = live.getEvents(0);
		assertThat(deletion.getType()).isEqualTo(Event.EventType.DELETE);
		assertThat(deletion.getKv()).isEqualTo(KeyValue.newBuilder().setKey(bytes("a")).setModRevision(5).build());
		assertThat(deletion.getPrevKv().getValue()).isEqualTo(bytes("3"));
	}

	@Test
	void longPastComesInResponsesOfAThousandRevisionsAtMost() {
		for (int i = 0; i < 1_005; i++) {
			put("a", "1");
		}
		RawEtcd.WatchStream watch = this.etcd.watch();
		watch.create(watchRequest("a", "").setStartRevision(2));
		watch.answers().take();
		assertThat(watch.answers().take().getEventsCount()).isEqualTo(1_000);
		WatchResponse rest = watch.answers().take();
		assertThat(rest.getEventsCount()).isEqualTo(5);
		assertThat(rest.getEvents(0).getKv().getModRevision()).isEqualTo(1_002);
	}

	@Test
	void changesOfOneRevisionComeTogether() {
		RawEtcd.WatchStream watch = this.etcd.watch();
		watch.create(watchRequest("a", "z"));
		watch.answers().take();
		this.etcd.kv()
			.txn(TxnRequest.newBuilder()
				.addSuccess(op(putRequest("c", "1")))
				.addSuccess(op(putRequest("b", "1")))
				.build());
		assertThat(watch.answers().take().getEventsList()).extracting((event) -> event.getKv().getKey())
			.containsExactly(bytes("c"), bytes("b"));
	}

	@Test
	void watchPassesOverWhatIsFilteredAndWhatComesBeforeItsStart() {
		RawEtcd.WatchStream watch = this.etcd.watch();
		watch.create(watchRequest("a", "").addFilters(WatchCreateRequest.FilterType.NODELETE).setStartRevision(3));
		watch.answers().take();
		put("a", "1");
		delete("a", "");
		put("a", "2");
		assertThat(watch.answers().take().getEventsList()).extracting((event) -> event.getKv().getModRevision())
			.containsExactly(4L);
		RawEtcd.WatchStream deletions = this.etcd.watch();
		deletions.create(watchRequest("a", "").addFilters(WatchCreateRequest.FilterType.NOPUT).setStartRevision(2));
		deletions.answers().take();
		assertThat(deletions.answers().take().getEventsList()).extracting((event) -> event.getKv().getModRevision())
			.containsExactly(3L);
	}

	@Test
	void watcherThatDoesNotReadForAWhileMissesNothing() {
		RawEtcd.WatchStream watch = this.etcd.watchReadingOne();
		watch.create(watchRequest("a", ""));
		watch.answers().take();
		int puts = 500;
		for (int i = 0; i < puts; i++) {
			put("a", "x".repeat(10_000));
		}
		assertThat(watch.answers().all()).hasSize(1);
		watch.answers().readOn();
		List<Long> revisions = new ArrayList<>();
		while (revisions.size() < puts) {
			watch.answers().take().getEventsList().forEach((event) -> revisions.add(event.getKv().getModRevision()));
		}
		assertThat(revisions).isEqualTo(LongStream.range(2, 2 + puts).boxed().toList());
	}

	@Test
	void watchFromBeforeACompactionIsCancelledAndNamesTheRevision() {
		put("a", "1");
		put("a", "2");
		put("a", "3");
		compact(4);
		RawEtcd.WatchStream watch = this.etcd.watch();
		watch.create(watchRequest("a", "").setStartRevision(2));
		assertThat(watch.answers().take().getCreated()).isTrue();
		WatchResponse cancelled = watch.answers().take();
		assertThat(cancelled.getCanceled()).isTrue();
		assertThat(cancelled.getCompactRevision()).isEqualTo(4);
		assertThat(cancelled.getHeader().getRevision()).isZero();
		watch.create(watchRequest("a", "").setStartRevision(4).setPrevKv(true));
		assertThat(watch.answers().take().getCreated()).isTrue();
		Event first = watch.answers().take().getEvents(0);
		assertThat(first.getKv().getModRevision()).isEqualTo(4);
		assertThat(first.hasPrevKv()).as("compacted").isFalse();
	}

	@Test
	void streamCarriesSeveralWatchesThatAreCancelledEach() {
		RawEtcd.WatchStream watch = this.etcd.watch();
		watch.create(watchRequest("a", ""));
		watch.create(watchRequest("b", ""));
		assertThat(List.of(watch.answers().take().getWatchId(), watch.answers().take().getWatchId()))
			.containsExactly(0L, 1L);
		watch.requests()
			.onNext(WatchRequest.newBuilder().setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(0)).build());
		WatchResponse cancelled = watch.answers().take();
		assertThat(cancelled.getCanceled()).isTrue();
		assertThat(cancelled.getWatchId()).isZero();
		put("a", "1");
		put("b", "1");
		assertThat(watch.answers().take().getWatchId()).isOne();
	}

	@Test
	void watchOfNothingIsCreatedAndCancelledAtOnce() {
		RawEtcd.WatchStream watch = this.etcd.watch();
		watch.create(watchRequest("b", "a"));
		WatchResponse answer = watch.answers().take();
		assertThat(answer.getWatchId()).isEqualTo(-1);
		assertThat(answer.getCreated()).isTrue();
		assertThat(answer.getCanceled()).isTrue();
	}

	@Test
	void progressIsToldWhenAskedFor() {
		RawEtcd.WatchStream watch = this.etcd.watch();
		watch.create(watchRequest("a", ""));
		watch.answers().take();
		put("b", "1");
		// Later versions answer only once all watches of the stream are in step.
		await().atMost(Duration.ofSeconds(5)).pollInterval(Duration.ofMillis(100)).until(() -> {
			watch.requests()
				.onNext(WatchRequest.newBuilder()
					.setProgressRequest(WatchProgressRequest.getDefaultInstance())
					.build());
			return watch.answers()
				.all()
				.stream()
				.anyMatch((answer) -> answer.getEventsCount() == 0 && answer.getHeader().getRevision() == 2);
		});
	}

	@Test
	void leaseTakesItsKeysAlongAllInOneRevision() {
		LeaseGrantResponse lease = grant(7, 600);
		assertThat(lease.getID()).isEqualTo(7);
		assertThat(lease.getTTL()).isEqualTo(600);
		this.etcd.kv().put(putRequest("b", "1").setLease(7).build());
		this.etcd.kv().put(putRequest("a", "1").setLease(7).build());
		this.etcd.kv().put(putRequest("c", "1").setLease(7).build());
		put("c", "detached");
		RawEtcd.WatchStream watch = this.etcd.watch();
		watch.create(watchRequest("a", "z"));
		watch.answers().take();
		assertThat(this.etcd.lease()
			.leaseRevoke(LeaseRevokeRequest.newBuilder().setID(7).build())
			.getHeader()
			.getRevision()).isEqualTo(6);
		assertThat(watch.answers().take().getEventsList()).extracting((event) -> event.getKv().getKey())
			.containsExactly(bytes("a"), bytes("b"));
		assertThat(range("c").getCount()).isOne();
	}

	@Test
	void leasesAnswerAsEtcdsDo() throws InterruptedException {
		assertThat(grant(0, 1).getTTL()).as("the least").isEqualTo(2);
		assertThat(grant(0, 60).getID()).isNotZero();
		grant(7, 60);
		assertThatStatus(() -> grant(7, 60), Status.Code.FAILED_PRECONDITION, "etcdserver: lease already exists");
		assertThatStatus(() -> grant(8, 9_000_000_001L), Status.Code.OUT_OF_RANGE, "etcdserver: too large lease TTL");
		assertThatStatus(() -> this.etcd.lease().leaseRevoke(LeaseRevokeRequest.newBuilder().setID(9).build()),
				Status.Code.NOT_FOUND, "etcdserver: requested lease not found");
		assertThat(this.etcd.keepAlive(7).getTTL()).isEqualTo(60);
		assertThat(this.etcd.keepAlive(9).getTTL()).as("unknown").isZero();
		assertThat(timeToLive(7).getGrantedTTL()).isEqualTo(60);
		assertThat(timeToLive(9).getTTL()).as("unknown").isEqualTo(-1);
	}

	@Test
	void leaseThatIsNotRenewedRunsOut() {
		grant(7, 2);
		this.etcd.kv().put(putRequest("a", "1").setLease(7).build());
		await().atMost(Duration.ofSeconds(10)).until(() -> range("a").getCount() == 0);
		assertThat(timeToLive(7).getTTL()).isEqualTo(-1);
		assertThat(range("a").getHeader().getRevision()).isEqualTo(3);
	}

	private LeaseTimeToLiveResponse timeToLive(long id) {
		return this.etcd.lease().leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder().setID(id).build());
	}

	private LeaseGrantResponse grant(long id, long ttl) {
		return this.etcd.lease().leaseGrant(LeaseGrantRequest.newBuilder().setID(id).setTTL(ttl).build());
	}

	private RangeResponse range(String key) {
		return rangeAt(key, 0);
	}

	private RangeResponse rangeAt(String key, long revision) {
		return this.etcd.kv().range(RangeRequest.newBuilder().setKey(bytes(key)).setRevision(revision).build());
	}

	private static RangeRequest.Builder everything() {
		return RangeRequest.newBuilder().setKey(Keys.ZERO).setRangeEnd(Keys.ZERO);
	}

	private PutResponse put(String key, String value) {
		return this.etcd.kv().put(putRequest(key, value).build());
	}

	private static PutRequest.Builder putRequest(String key, String value) {
		return PutRequest.newBuilder().setKey(bytes(key)).setValue(bytes(value));
	}

	private DeleteRangeResponse delete(String key, String end) {
		return this.etcd.kv()
			.deleteRange(DeleteRangeRequest.newBuilder().setKey(bytes(key)).setRangeEnd(bytes(end)).build());
	}

	private Object compact(long revision) {
		return this.etcd.kv().compact(CompactionRequest.newBuilder().setRevision(revision).build());
	}

	private static RequestOp op(PutRequest.Builder put) {
		return RequestOp.newBuilder().setRequestPut(put).build();
	}

	private static RequestOp op(RangeRequest.Builder range) {
		return RequestOp.newBuilder().setRequestRange(range).build();
	}

	private static WatchCreateRequest.Builder watchRequest(String key, String end) {
		return WatchCreateRequest.newBuilder().setKey(bytes(key)).setRangeEnd(bytes(end));
	}

	private static void assertThatStatus(Supplier<?> call, Status.Code code, String text) {
		assertThatExceptionOfType(StatusRuntimeException.class).isThrownBy(call::get).satisfies((ex) -> {
			assertThat(ex.getStatus().getCode()).isEqualTo(code);
			assertThat(ex.getStatus().getDescription()).isEqualTo(text);
		});
	}

}
