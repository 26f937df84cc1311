package io.github.etcddiscovery.benchmarks.performance;

import java.util.List;
import java.util.concurrent.TimeUnit;

import io.etcd.jetcd.ByteSequence;

import static io.github.etcddiscovery.testsupport.EtcdEyes.bytes;

/**
 * What one change costs, by the number of instances that there are: counts, which do not
 * depend on the machine.
 */
final class ChangeCost {

	static final String NAME = "change-cost";

	static final String FOLLOWER = "follower";

	static final String BYTES = "bytes sent by etcd";

	static final String READS = "reads asked for";

	static final String DECODED = "entries decoded";

	private static final ByteSequence ELSEWHERE = bytes("/elsewhere/instance");

	private final Scale scale;

	private final List<Kind> kinds;

	ChangeCost(Scale scale, List<Kind> kinds) {
		this.scale = scale;
		this.kinds = kinds;
	}

	Result run() throws Exception {
		Result result = Result.of(NAME);
		for (int present : this.scale.present()) {
			try (Stage stage = new Stage(present, this.kinds)) {
				for (Follower follower : stage.followers()) {
					measure(stage, follower, present, result);
				}
			}
		}
		result.write(this.scale.folder());
		return result;
	}

	private void measure(Stage stage, Follower follower, int present, Result result) throws Exception {
		// Watches say that they are open, which is no part of it.
		change(stage, follower, 9_000);
		EtcdMetrics metrics = stage.metrics();
		long decoded = decoded(follower);
		long reads = metrics.reads();
		long sent = metrics.bytesSent();
		int n = this.scale.changes(follower.kind());
		for (int i = 0; i < n; i++) {
			change(stage, follower, 10_000 + i);
		}
		long after = metrics.bytesSent();
		// The writer is answered, too.
		for (int i = 0; i < n; i++) {
			stage.kv().put(ELSEWHERE, Population.probe(10_000 + i)).get(10, TimeUnit.SECONDS);
		}
		long answers = metrics.bytesSent() - after;
		result.add(FOLLOWER, follower.kind().toString(), "instances", present, "n", n, BYTES,
				(after - sent - answers) / n, READS, (metrics.reads() - reads) / (double) n, DECODED,
				(follower.kind() == Kind.STARTER) ? (decoded(follower) - decoded) / (double) n : "");
	}

	private static void change(Stage stage, Follower follower, int port) throws Exception {
		stage.put(follower.kind(), port);
		follower.awaitSeen(port);
	}

	private static long decoded(Follower follower) throws Exception {
		return (follower.kind() == Kind.STARTER) ? follower.decoded() : 0;
	}

}
