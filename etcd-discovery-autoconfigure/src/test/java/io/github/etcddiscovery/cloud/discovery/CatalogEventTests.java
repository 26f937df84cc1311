package io.github.etcddiscovery.cloud.discovery;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Phaser;

import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.view.ServiceView;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.discovery.event.HeartbeatEvent;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.EventListener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What listeners and subscribers are told of a service's instances.
 */
@RequiresEtcd
class CatalogEventTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	private static final String STOCK = "/services/stock/";

	private ConfigurableApplicationContext context;

	private Recorder recorder;

	CatalogEventTests() {
		super(EtcdBinary.newest());
	}

	@BeforeEach
	void start() {
		this.eyes.put(STOCK + "a", record(1, "UP", Map.of()));
		this.context = this.applications.start(
				new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE), "orders",
				"spring.cloud.etcd.discovery.register=false");
		this.recorder = this.context.getBean(Recorder.class);
		await().atMost(SOON).until(() -> this.recorder.changes.size() == 1);
	}

	@Test
	void listenersLearnWhatCameWentAndChanged() {
		assertThat(next()).satisfies((first) -> {
			assertThat(first.getServiceId()).isEqualTo("stock");
			assertThat(ids(first.getAdded())).containsExactly("a");
			assertThat(first.getRemoved()).isEmpty();
			assertThat(first.getChanged()).isEmpty();
			assertThat(first.getRevision()).isEqualTo(this.eyes.get(STOCK + "a").getModRevision());
		});

		this.eyes.put(STOCK + "b", record(2, "UP", Map.of()));
		assertThat(next()).satisfies((added) -> {
			assertThat(ids(added.getAdded())).containsExactly("b");
			assertThat(ids(added.getInstances())).containsExactly("a", "b");
			assertThat(added.getRevision()).isEqualTo(this.eyes.get(STOCK + "b").getModRevision());
		});

		this.eyes.put(STOCK + "b", record(2, "UP", Map.of("weight", "5")));
		assertThat(next()).satisfies((changed) -> {
			assertThat(changed.getChanged()).singleElement()
				.extracting(ServiceInstance::getMetadata)
				.isEqualTo(Map.of("weight", "5"));
			assertThat(changed.getAdded()).isEmpty();
			assertThat(changed.getRemoved()).isEmpty();
		});

		this.eyes.put(STOCK + "b", record(2, "OUT_OF_SERVICE", Map.of("weight", "5")));
		assertThat(next()).satisfies((refusing) -> {
			assertThat(ids(refusing.getRemoved())).containsExactly("b");
			assertThat(ids(refusing.getInstances())).containsExactly("a");
		});

		this.eyes.delete(STOCK + "a");
		assertThat(next()).satisfies((gone) -> {
			assertThat(ids(gone.getRemoved())).containsExactly("a");
			assertThat(gone.getInstances()).isEmpty();
		});
		assertThat(this.recorder.threads).containsOnly("etcd-catalog-events");
	}

	@Test
	void whatMakesNoDifferenceToCallersIsNotTold() {
		next();
		this.eyes.put(STOCK + "a", record(1, "UP", Map.of()));
		this.eyes.put(STOCK + "b", record(2, "DOWN", Map.of()));
		this.eyes.put("/services/other/c", record(3, "UP", Map.of()));
		assertThat(next().getServiceId()).isEqualTo("other");
	}

	@Test
	void listenerThatThrowsKeepsNothingFromTheOthers() {
		next();
		this.recorder.throwing = true;
		int before = this.recorder.heartbeats.size();
		this.eyes.put("/services/cart/a", record(1, "UP", Map.of()));
		await().atMost(SOON).until(() -> this.recorder.heartbeats.size() == before + 1);
		this.recorder.throwing = false;
		this.eyes.put(STOCK + "b", record(2, "UP", Map.of()));
		await().atMost(SOON)
			.until(() -> this.recorder.changes.stream()
				.anyMatch((event) -> ids(event.getAdded()).equals(List.of("b"))));
	}

	@Test
	void whatCallersDoNotSeeIsNoHeartbeat() {
		next();
		this.eyes.put(STOCK + "b", record(2, "DOWN", Map.of()));
		await().atMost(SOON).until(() -> view().catalog().all("stock").size() == 2);
		int before = this.recorder.heartbeats.size();
		this.eyes.put(STOCK + "b", record(2, "DOWN", Map.of("weight", "5")));
		this.eyes.put("/services/cart/a", record(1, "UP", Map.of()));
		assertThat(next().getServiceId()).isEqualTo("cart");
		await().atMost(SOON).until(() -> this.recorder.heartbeats.size() == before + 1);
	}

	@Test
	void restartTellsAllAgainAndGoesOn() {
		next();
		this.context.stop();
		this.eyes.put(STOCK + "b", record(2, "UP", Map.of()));
		await().atMost(SOON).until(() -> view().catalog().all("stock").size() == 2);
		assertThat(this.recorder.changes).isEmpty();
		this.context.start();
		assertThat(ids(next().getAdded())).containsExactly("a", "b");
		this.eyes.delete(STOCK + "a");
		assertThat(ids(next().getRemoved())).containsExactly("a");
	}

	@Test
	void listenersOfAParentAreToldOnceWhateverItsChildren() {
		next();
		try (ConfigurableApplicationContext child = new SpringApplicationBuilder(Child.class).parent(this.context)
			.web(WebApplicationType.NONE)
			.run()) {
			this.eyes.put(STOCK + "b", record(2, "UP", Map.of()));
			assertThat(ids(next().getAdded())).containsExactly("b");
			this.eyes.put("/services/cart/a", record(1, "UP", Map.of()));
			assertThat(next().getServiceId()).isEqualTo("cart");
			assertThat(child.getBean(CatalogEventPublisher.class))
				.isNotSameAs(this.context.getBean(CatalogEventPublisher.class));
		}
	}

	@Test
	void listenerThatBlocksHoldsUpNoReader() {
		next();
		this.recorder.gate.register();
		this.eyes.put(STOCK + "b", record(2, "UP", Map.of()));
		await().atMost(SOON).until(() -> this.recorder.waiting);
		List<List<ServiceInstance>> seen = new CopyOnWriteArrayList<>();
		Disposable subscription = this.context.getBean(EtcdReactiveDiscoveryClient.class)
			.watchInstances("stock")
			.subscribe(seen::add);
		this.eyes.put(STOCK + "c", record(3, "UP", Map.of()));
		this.eyes.put(STOCK + "d", record(4, "UP", Map.of()));
		await().atMost(SOON).until(() -> ids(seen.get(seen.size() - 1)).equals(List.of("a", "b", "c", "d")));
		assertThat(this.context.getBean(DiscoveryClient.class).getInstances("stock")).hasSize(4);
		subscription.dispose();
		this.recorder.gate.arriveAndDeregister();
		assertThat(ids(next().getAdded())).containsExactly("b");
		assertThat(ids(next().getAdded())).as("what happened meanwhile, together").containsExactly("c", "d");
	}

	@Test
	void changesWithoutEndAreToldTogetherAndTheLastIsNeverMissed() {
		next();
		int before = this.recorder.heartbeats.size();
		long begin = System.nanoTime();
		for (int i = 1; i <= 500; i++) {
			this.eyes.put(STOCK + "b", record(i, "UP", Map.of()));
		}
		await().atMost(SOON)
			.until(() -> this.recorder.changes.stream()
				.anyMatch((event) -> event.getInstances().get(1).getPort() == 500));
		long paces = (System.nanoTime() - begin) / CatalogEventPublisher.PACE.toNanos();
		assertThat((long) this.recorder.heartbeats.size() - before).isBetween(1L, paces + 2);
	}

	@Test
	void subscriberSeesTheListOfNowAndEveryChange() {
		List<List<ServiceInstance>> seen = new CopyOnWriteArrayList<>();
		Disposable subscription = this.context.getBean(EtcdReactiveDiscoveryClient.class)
			.watchInstances("stock")
			.subscribe(seen::add);
		assertThat(seen).singleElement().satisfies((first) -> assertThat(ids(first)).containsExactly("a"));
		this.eyes.put(STOCK + "b", record(2, "UP", Map.of()));
		await().atMost(SOON).until(() -> ids(seen.get(seen.size() - 1)).equals(List.of("a", "b")));
		this.eyes.put(STOCK + "c", record(3, "DOWN", Map.of()));
		await().atMost(SOON).until(() -> view().catalog().all("stock").size() == 3);
		this.eyes.delete(STOCK + "c");
		this.eyes.delete(STOCK + "a");
		await().atMost(SOON).until(() -> ids(seen.get(seen.size() - 1)).equals(List.of("b")));
		assertThat(seen.stream().map(CatalogEventTests::ids)).as("no list twice")
			.containsExactly(List.of("a"), List.of("a", "b"), List.of("b"));
		subscription.dispose();
		this.eyes.put(STOCK + "d", record(4, "UP", Map.of()));
		await().atMost(SOON).until(() -> view().catalog().available("stock").size() == 2);
		assertThat(seen).hasSize(3);
	}

	@SuppressWarnings("unchecked")
	private ServiceView<ServiceInstance> view() {
		return this.context.getBean(ServiceView.class);
	}

	private ServiceInstancesChangedEvent next() {
		return await().atMost(SOON).until(this.recorder.changes::poll, (event) -> event != null);
	}

	private static List<String> ids(List<ServiceInstance> instances) {
		return instances.stream().map(ServiceInstance::getInstanceId).toList();
	}

	private static String record(int port, String status, Map<String, String> metadata) {
		String entries = metadata.entrySet()
			.stream()
			.map((entry) -> "\"%s\":\"%s\"".formatted(entry.getKey(), entry.getValue()))
			.reduce("", (one, other) -> one + other);
		return "{\"host\":\"h\",\"port\":%d,\"status\":\"%s\",\"metadata\":{%s}}".formatted(port, status, entries);
	}

	/**
	 * Keeps what it is told, and can be made to wait.
	 */
	static final class Recorder {

		private final Queue<ServiceInstancesChangedEvent> changes = new ConcurrentLinkedQueue<>();

		private final Queue<HeartbeatEvent> heartbeats = new ConcurrentLinkedQueue<>();

		private final Queue<String> threads = new ConcurrentLinkedQueue<>();

		private final Phaser gate = new Phaser();

		private volatile boolean waiting;

		private volatile boolean throwing;

		@EventListener
		void changed(ServiceInstancesChangedEvent event) {
			this.threads.add(Thread.currentThread().getName());
			if (this.throwing) {
				throw new IllegalStateException("thrown on purpose");
			}
			this.changes.add(event);
			if (this.gate.getRegisteredParties() > 0) {
				this.waiting = true;
				this.gate.awaitAdvance(0);
			}
		}

		@EventListener
		void beat(HeartbeatEvent event) {
			this.heartbeats.add(event);
		}

	}

	/**
	 * A context below the application's.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Child {

	}

	/**
	 * An application that listens.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Recorder.class)
	static class Application {

	}

}
