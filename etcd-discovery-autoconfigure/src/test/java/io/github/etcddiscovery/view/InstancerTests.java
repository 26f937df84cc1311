package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.doubles.TestClients;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.view.Instancer.Event;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static io.github.etcddiscovery.testsupport.TestApplications.awaitNoThreads;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

@RequiresEtcd
class InstancerTests {

	private static final Duration SOON = Duration.ofSeconds(5);

	private final EtcdProcess etcd;

	private final EtcdEyes eyes;

	private final EtcdClient client;

	private final Instancer instancer;

	private final List<Event> events = new CopyOnWriteArrayList<>();

	InstancerTests() {
		this.etcd = EtcdProcess.start(EtcdBinary.newest());
		this.eyes = new EtcdEyes(this.etcd.endpoint());
		this.client = TestClients.connect(this.etcd.endpoint());
		this.instancer = new Instancer(this.client, "/things");
	}

	@AfterEach
	void stop() {
		this.instancer.close();
		this.client.close();
		this.eyes.close();
		this.etcd.close();
	}

	@Test
	void firstSignalComesAtOnceEvenBeforeEtcdHasBeenRead() {
		this.instancer.subscribe(this.events::add);
		await().atMost(SOON).until(() -> this.events.equals(List.of(new Event(false, List.of(), null))));
		this.instancer.start();
		awaitEvent(new Event(true, List.of(), null));
	}

	@Test
	void valuesComeInTheOrderOfTheirKeysWhateverTheyAre() {
		this.eyes.put("/things/b", "2");
		this.eyes.put("/things/a/deep/key", "1");
		this.eyes.put("/things-old/a", "of a neighbour");
		start();
		awaitEvent(new Event(true, List.of("1", "2"), null));
		this.eyes.put("/things/b", "3");
		awaitEvent(new Event(true, List.of("1", "3"), null));
		this.eyes.delete("/things/a/deep/key");
		awaitEvent(new Event(true, List.of("3"), null));
	}

	@Test
	void valuesBeyondTheLimitAndLargeOnesAreLeftOutAndFollowed() {
		for (int from = 0; from < 20_050; from += 401) {
			CompletableFuture
				.allOf(IntStream.range(from, Math.min(20_050, from + 401))
					.mapToObj((i) -> this.eyes.client()
						.getKVClient()
						.put(EtcdEyes.bytes("/things/%05d".formatted(i)), EtcdEyes.bytes("v" + i)))
					.toArray(CompletableFuture[]::new))
				.join();
		}
		this.eyes.put("/things/00000", new byte[65 * 1024]);
		start();
		await().atMost(SOON).until(() -> this.instancer.event().instances().size() == 20_000);
		assertThat(this.instancer.event().instances()).startsWith("v1").doesNotContain("v20049");
		this.eyes.put("/things/20049", "changed");
		this.eyes.put("/things/20049", "changed again");
		this.eyes.put("/things/00001", "seen");
		await().atMost(SOON).until(() -> this.instancer.event().instances().contains("seen"));
		assertThat(this.instancer.event().instances()).hasSize(20_000).doesNotContain("changed again");
		assertThat(this.instancer.event().error()).isNull();
	}

	@Test
	void lastValuesAreKeptWithTheReasonWhileEtcdIsAway() {
		this.eyes.put("/things/a", "1");
		start();
		awaitEvent(new Event(true, List.of("1"), null));
		this.etcd.kill();
		await().atMost(SOON).until(() -> this.instancer.event().error() != null);
		assertThat(this.instancer.event().instances()).containsExactly("1");
		assertThat(this.instancer.event().error().reason()).isEqualTo(Reason.UNAVAILABLE);
		this.etcd.startAgain();
		this.eyes.put("/things/b", "2");
		awaitEvent(new Event(true, List.of("1", "2"), null));
		assertThat(this.events.stream().map(Event::error).filter(Objects::nonNull).distinct())
			.as("one for the outage, not one for each attempt")
			.hasSize(1);
	}

	@Test
	void whoHasUnsubscribedIsNotToldAnyMore() {
		Subscription subscription = this.instancer.subscribe(this.events::add);
		this.instancer.start();
		awaitEvent(new Event(true, List.of(), null));
		subscription.close();
		int before = this.events.size();
		List<Event> ofAnother = new CopyOnWriteArrayList<>();
		this.instancer.subscribe(ofAnother::add);
		this.eyes.put("/things/a", "1");
		await().atMost(SOON).until(() -> ofAnother.contains(new Event(true, List.of("1"), null)));
		assertThat(this.events).hasSize(before);
	}

	@Test
	void closedOneKeepsItsLastEventAndItsThreadsEnd() {
		this.eyes.put("/things/a", "1");
		start();
		awaitEvent(new Event(true, List.of("1"), null));
		this.instancer.close();
		this.instancer.close();
		awaitNoThreads("etcd-instancer");
		assertThat(this.instancer.event().instances()).containsExactly("1");
	}

	@Test
	void entriesAreReadWithTheirKeys() {
		this.eyes.put("/things/b", "2");
		this.eyes.put("/things/a", "1");
		assertThat(this.client.entries("/things/").join()).extracting((entry) -> entry.key() + "=" + entry.value()[0])
			.containsExactly("/things/a=" + (int) '1', "/things/b=" + (int) '2');
		assertThat(this.client.entries("/nothing/").join()).isEmpty();
	}

	private void start() {
		this.instancer.start();
		this.instancer.subscribe(this.events::add);
	}

	private void awaitEvent(Event expected) {
		await().atMost(SOON).until(() -> this.events.contains(expected) && this.instancer.event().equals(expected));
	}

}
