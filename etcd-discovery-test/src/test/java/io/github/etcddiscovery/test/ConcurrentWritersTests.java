package io.github.etcddiscovery.test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.KeyValue;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.WatchCreateRequest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static io.github.etcddiscovery.test.RawEtcd.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Several writers at once: whatever order a server puts them in, it has to be one order,
 * and answers, watches and reads have to agree on it.
 */
class ConcurrentWritersTests {

	private static final int WRITERS = 4;

	private static final int WRITES = 400;

	@ParameterizedTest
	@MethodSource("io.github.etcddiscovery.test.EveryServer#all")
	void answersWatchesAndReadsTellTheSameHistory(EveryServer server) throws Exception {
		try (EveryServer.Running running = server.start(); RawEtcd etcd = new RawEtcd(running.endpoint())) {
			RawEtcd.WatchStream watch = etcd.watch();
			watch.create(WatchCreateRequest.newBuilder().setKey(Keys.ZERO).setRangeEnd(Keys.ZERO).setStartRevision(2));
			Map<Long, String> answers = new ConcurrentHashMap<>();
			long last = write(etcd, answers);
			await().atMost(Duration.ofSeconds(20))
				.until(() -> watch.events().stream().anyMatch((event) -> event.getKv().getModRevision() == last));
			TreeMap<Long, List<Event>> history = new TreeMap<>();
			watch.events()
				.forEach((event) -> history
					.computeIfAbsent(event.getKv().getModRevision(), (revision) -> new ArrayList<>())
					.add(event));
			assertThat(history.keySet()).containsExactlyElementsOf(LongStream.rangeClosed(2, last).boxed().toList());
			assertThat(answers.keySet()).as("no two changes at one revision").hasSameSizeAs(history.keySet());
			answers.forEach((revision, writer) -> assertThat(history.get(revision)).as("revision %d", revision)
				.anySatisfy((event) -> assertThat(described(event)).isEqualTo(writer)));
			TreeMap<String, KeyValue> state = new TreeMap<>();
			history.forEach((revision, changes) -> {
				changes.forEach((event) -> {
					if (event.getType() == Event.EventType.PUT) {
						state.put(event.getKv().getKey().toStringUtf8(), event.getKv());
					}
					else {
						state.remove(event.getKv().getKey().toStringUtf8());
					}
				});
				if (revision % 97 == 0 || revision == last) {
					assertThat(etcd.kv()
						.range(RangeRequest.newBuilder()
							.setKey(Keys.ZERO)
							.setRangeEnd(Keys.ZERO)
							.setRevision(revision)
							.build())
						.getKvsList()).as("revision %d", revision).containsExactlyElementsOf(state.values());
				}
			});
		}
	}

	/** Returns the last revision. */
	private static long write(RawEtcd etcd, Map<Long, String> answers) throws Exception {
		ExecutorService writers = Executors.newFixedThreadPool(WRITERS);
		try {
			List<Callable<Long>> tasks = IntStream.range(0, WRITERS)
				.<Callable<Long>>mapToObj((writer) -> () -> write(etcd, writer, answers))
				.toList();
			long last = 0;
			for (Future<Long> revision : writers.invokeAll(tasks)) {
				last = Math.max(last, revision.get());
			}
			return last;
		}
		finally {
			writers.shutdownNow();
		}
	}

	private static long write(RawEtcd etcd, int writer, Map<Long, String> answers) {
		Random random = new Random(writer);
		long last = 0;
		for (int i = 0; i < WRITES; i++) {
			ByteString key = bytes("k" + random.nextInt(10));
			PutRequest put = PutRequest.newBuilder().setKey(key).setValue(bytes(writer + "/" + i)).build();
			switch (random.nextInt(4)) {
				case 0 -> {
					var deleted = etcd.kv().deleteRange(DeleteRangeRequest.newBuilder().setKey(key).build());
					if (deleted.getDeleted() > 0) {
						last = deleted.getHeader().getRevision();
						answers.put(last, "DELETE " + key.toStringUtf8());
					}
				}
				case 1 -> {
					PutRequest other = PutRequest.newBuilder().setKey(bytes("writer" + writer)).build();
					last = etcd.kv()
						.txn(TxnRequest.newBuilder()
							.addSuccess(RequestOp.newBuilder().setRequestPut(put))
							.addSuccess(RequestOp.newBuilder().setRequestPut(other))
							.build())
						.getHeader()
						.getRevision();
					answers.put(last, "PUT " + key.toStringUtf8() + " " + writer + "/" + i);
				}
				default -> {
					last = etcd.kv().put(put).getHeader().getRevision();
					answers.put(last, "PUT " + key.toStringUtf8() + " " + writer + "/" + i);
				}
			}
		}
		return last;
	}

	private static String described(Event event) {
		String key = event.getKv().getKey().toStringUtf8();
		return (event.getType() == Event.EventType.DELETE) ? "DELETE " + key
				: "PUT " + key + " " + event.getKv().getValue().toStringUtf8();
	}

}
