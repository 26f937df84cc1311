package io.github.etcddiscovery.registry;

import java.time.Duration;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.ReadResult;
import io.github.etcddiscovery.client.WriteResult;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Waits grow from failure to failure, and start again once all is well. Tests of
 * {@link EtcdBackoff}.
 */
class RegistrarBackoffTests extends ScriptedRegistrar {

	private static final Duration SHORTEST = Duration.ofMillis(50);

	private static final int ENOUGH = 5;

	@Test
	void writesWaitBrieflyAgainOnceTheLeaseHasBeenRenewed() {
		registered("UP");
		register("DOWN");
		for (int i = 0; i < ENOUGH; i++) {
			this.etcd.fail("put DOWN under 7 if at 10", Reason.UNAVAILABLE);
			this.loop.advance((i > 0) ? SHORTEST : Duration.ZERO);
			assertThat(this.etcd.pending()).as("longer each time").isEmpty();
			this.loop.advance(RETRY);
		}
		this.etcd.answer("put DOWN under 7 if at 10", new WriteResult(true, 11, null));
		this.loop.advance(HEARTBEAT);
		this.etcd.renewals.get(7L).complete(TTL);
		register("UP");
		this.etcd.fail("put UP under 7 if at 11", Reason.UNAVAILABLE);
		this.loop.advance(SHORTEST);
		assertThat(this.etcd.pending()).containsExactly("put UP under 7 if at 11");
	}

	@Test
	void renewalsWaitBrieflyAgainOnceALeaseHasBeenGranted() {
		register("UP");
		for (int i = 0; i < ENOUGH; i++) {
			this.etcd.fail("grant", Reason.UNAVAILABLE);
			this.loop.advance((i > 0) ? SHORTEST : Duration.ZERO);
			assertThat(this.etcd.pending()).as("longer each time").isEmpty();
			this.loop.advance(RETRY);
		}
		grant(7);
		this.loop.advance(HEARTBEAT);
		this.etcd.renewals.remove(7L).completeExceptionally(new EtcdException(Reason.UNAVAILABLE, "failed", null));
		this.loop.run();
		assertThat(this.etcd.renewals).isEmpty();
		this.loop.advance(SHORTEST);
		assertThat(this.etcd.renewals).containsOnlyKeys(7L);
	}

	@Test
	void watchesWaitBrieflyAgainOnceOneHasLived() {
		registered("UP");
		for (int i = 0; i < ENOUGH; i++) {
			this.etcd.watch.onEnd(new EtcdException(Reason.UNAVAILABLE, "ended", null));
			this.loop.advance((i > 0) ? SHORTEST : Duration.ZERO);
			assertThat(this.etcd.pending()).as("longer each time").isEmpty();
			this.loop.advance(RETRY);
			this.etcd.answer("get " + KEY + " at 0", new ReadResult(10, found("UP", 10, 7)));
			this.loop.run();
		}
		this.etcd.watch.onCreated(10);
		this.loop.advance(Duration.ofSeconds(3));
		this.etcd.watch.onEnd(new EtcdException(Reason.UNAVAILABLE, "ended", null));
		this.loop.advance(SHORTEST);
		assertThat(this.etcd.pending()).containsExactly("get " + KEY + " at 0");
	}

}
