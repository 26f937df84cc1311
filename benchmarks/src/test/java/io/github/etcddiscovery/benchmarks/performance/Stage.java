package io.github.etcddiscovery.benchmarks.performance;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import static io.github.etcddiscovery.testsupport.EtcdEyes.bytes;

/**
 * An etcd, as many instances in it for each kind of follower, and one follower of each,
 * which see only their own: what one of them costs is not counted to another.
 */
final class Stage implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(Stage.class);

	private static final int PATIENCE_SECONDS = 60;

	private final EtcdProcess etcd = EtcdProcess.startWith(EtcdBinary.newest(), "--quota-backend-bytes=4294967296");

	private final Client client = Client.builder().endpoints(this.etcd.endpoint()).build();

	private final List<Follower> followers = new ArrayList<>();

	private final int present;

	Stage(int present, List<Kind> kinds) throws Exception {
		this.present = present;
		try {
			for (Kind kind : kinds) {
				population(kind).write();
				put(kind, 1);
				this.followers.add(Follower.start(kind, this.etcd.endpoint()));
				logger.info("{} follows {} instances", kind, present);
			}
		}
		catch (Exception ex) {
			close();
			throw ex;
		}
	}

	List<Follower> followers() {
		return this.followers;
	}

	/** What such a follower sees, but for the instance that is looked for. */
	Population population(Kind kind) {
		return new Population(this.client, kind.prefix(), this.present);
	}

	KV kv() {
		return this.client.getKVClient();
	}

	EtcdMetrics metrics() {
		return new EtcdMetrics(this.etcd.endpoint());
	}

	/** Changes the instance that is looked for; returns when etcd has said so. */
	long put(Kind kind, int port) throws Exception {
		return acknowledged(kv().put(bytes(kind.probe()), Population.probe(port)));
	}

	/** Takes the instance that is looked for away; returns when etcd has said so. */
	long delete(Kind kind) throws Exception {
		return acknowledged(kv().delete(bytes(kind.probe())));
	}

	private static long acknowledged(CompletableFuture<?> answer) throws Exception {
		return answer.thenApply((done) -> Clock.nanos()).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
	}

	@Override
	public void close() {
		this.followers.forEach(Follower::close);
		this.client.close();
		this.etcd.close();
	}

}
