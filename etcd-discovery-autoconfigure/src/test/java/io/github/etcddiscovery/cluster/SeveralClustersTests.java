package io.github.etcddiscovery.cluster;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import io.github.etcddiscovery.actuate.EtcdDiscoveryEndpoint;
import io.github.etcddiscovery.cloud.discovery.EtcdReactiveDiscoveryClient;
import io.github.etcddiscovery.cloud.discovery.ServiceInstancesChangedEvent;
import io.github.etcddiscovery.cloud.registration.EtcdRegistration;
import io.github.etcddiscovery.cloud.registration.EtcdServiceRegistry;
import io.github.etcddiscovery.grpc.EtcdChannelBuilderCustomizer;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.LoadBalancedClients;
import io.github.etcddiscovery.testsupport.LoopbackPorts;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.testsupport.TcpProxy;
import io.github.etcddiscovery.testsupport.TestApplications;
import io.github.etcddiscovery.testsupport.TestUsers;
import io.github.etcddiscovery.view.CatalogSource;
import io.github.etcddiscovery.view.ServiceView;
import io.micrometer.core.instrument.MeterRegistry;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.EventListener;
import org.springframework.http.HttpStatus;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.test.util.ReflectionTestUtils;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;
import org.springframework.web.server.ResponseStatusException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * An application that follows two clusters of etcd, and calls services in both.
 */
@RequiresEtcd
@ExtendWith(OutputCaptureExtension.class)
class SeveralClustersTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(20);

	private static final String REMOTE = "spring.cloud.etcd.discovery.remotes.us.";

	private final EtcdProcess us = EtcdProcess.start(EtcdBinary.newest());

	private final EtcdEyes usEyes = new EtcdEyes(this.us.endpoint());

	private final TcpProxy proxy = TcpProxy.to(this.us.endpoint());

	private final TestApplications usApplications = new TestApplications(this.us.endpoint());

	SeveralClustersTests() {
		super(EtcdBinary.newest());
	}

	@AfterEach
	void closeTheOther() {
		this.usApplications.close();
		this.applications.close();
		this.proxy.close();
		this.usEyes.close();
		this.us.close();
	}

	private ConfigurableApplicationContext stock(TestApplications applications, String place, String... properties) {
		return applications.start(Stock.class, "stock",
				Stream.concat(Stream.of("place=" + place), Stream.of(properties)).toArray(String[]::new));
	}

	private ConfigurableApplicationContext caller(String... properties) {
		return this.applications.start(new SpringApplicationBuilder(Caller.class), "orders",
				Stream
					.concat(Stream.of(REMOTE + "endpoints=" + this.proxy.endpoint(), REMOTE + "fail-back-after=1s",
							"management.endpoints.web.exposure.include=*",
							"management.endpoint.health.show-details=always"), Stream.of(properties))
					.toArray(String[]::new));
	}

	private static List<String> places(ConfigurableApplicationContext caller) {
		return caller.getBean(DiscoveryClient.class)
			.getInstances("stock")
			.stream()
			.map((instance) -> instance.getMetadata().get("cluster"))
			.toList();
	}

	private static void awaitPlaces(ConfigurableApplicationContext caller, String... places) {
		await().atMost(SOON).untilAsserted(() -> assertThat(places(caller)).containsExactly(places));
	}

	private static EtcdDiscoveryEndpoint.Description endpoint(ConfigurableApplicationContext caller) {
		return caller.getBean(EtcdDiscoveryEndpoint.class).etcd();
	}

	@Test
	void callsGoElsewhereWhenHomeHasNobodyAndBackLaterAndNoneFails() {
		ConfigurableApplicationContext first = stock(this.applications, "home");
		ConfigurableApplicationContext second = stock(this.applications, "home");
		stock(this.usApplications, "us");
		ConfigurableApplicationContext caller = caller();
		awaitPlaces(caller, "home", "home");
		List<List<ServiceInstance>> watched = new CopyOnWriteArrayList<>();
		caller.getBean(EtcdReactiveDiscoveryClient.class).watchInstances("stock").subscribe(watched::add);
		try (Calls calls = new Calls(caller)) {
			calls.await("home", 50);
			first.close();
			ConfigurableApplicationContext third = stock(this.applications, "home");
			calls.await("home", 50);
			assertThat(calls.answers).as("a rolling restart sends nothing abroad").doesNotContain("us");
			second.close();
			setStatus(third, "OUT_OF_SERVICE");
			calls.await("us", 50);
			assertThat(places(caller)).containsExactly("us");
			assertThat(endpoint(caller).failedOver()).isEqualTo(Map.of("stock", "us"));
			setStatus(third, "UP");
			calls.await("home", 50);
			assertThat(calls.failures).isEmpty();
		}
		assertThat(endpoint(caller).failedOver()).isEmpty();
		assertThat(watched).anySatisfy((list) -> assertThat(list).singleElement()
			.satisfies((instance) -> assertThat(instance.getMetadata()).containsEntry("cluster", "us")));
		assertThat(caller.getBean(Caller.class).events).anySatisfy((event) -> assertThat(event.getAdded())
			.anySatisfy((instance) -> assertThat(instance.getMetadata()).containsEntry("cluster", "us")));
	}

	private static void setStatus(ConfigurableApplicationContext application, String status) {
		application.getBean(EtcdServiceRegistry.class).setStatus(application.getBean(EtcdRegistration.class), status);
	}

	@Test
	void homeWhoseEtcdIsAwayIsServedAsItWasLast() {
		stock(this.applications, "home");
		stock(this.usApplications, "us");
		ConfigurableApplicationContext caller = caller();
		awaitPlaces(caller, "home");
		this.etcd.kill();
		await().atMost(SOON).until(() -> caller.getBean(ServiceView.class).failure() != null);
		assertThat(places(caller)).containsExactly("home");
		this.usEyes.put("/services/stock/further", "{\"host\":\"10.0.0.5\",\"port\":80}");
		await().atMost(SOON)
			.until(() -> endpoint(caller).remotes().get("us").view().services().equals(Map.of("stock", 2)));
		assertThat(places(caller)).containsExactly("home");
		this.etcd.startAgain();
		await().atMost(SOON).until(() -> caller.getBean(ServiceView.class).failure() == null);
	}

	@Test
	void remoteThatCannotBeReachedDisturbsNothingAndIsUsedOnceItCan() {
		this.proxy.setRefusing(true);
		stock(this.usApplications, "us");
		ConfigurableApplicationContext home = stock(this.applications, "home");
		ConfigurableApplicationContext caller = caller("management.endpoint.health.group.readiness.include=etcd");
		awaitPlaces(caller, "home");
		await().atMost(SOON).until(() -> endpoint(caller).remotes().get("us").failure() != null);
		assertThat(caller.getBean(HealthEndpoint.class).healthForPath("etcd").getStatus()).isEqualTo(Status.UP);
		assertThat(endpoint(caller).remotes().get("us").view().synced()).isFalse();
		setStatus(home, "OUT_OF_SERVICE");
		awaitPlaces(caller);
		this.proxy.setRefusing(false);
		awaitPlaces(caller, "us");
		this.us.kill();
		this.us.wipe();
		this.us.startAgain();
		awaitPlaces(caller, "us");
		await().atMost(SOON).until(() -> endpoint(caller).remotes().get("us").view().prefixes().get(0).epoch() > 1);
	}

	@Test
	void startWaitsNeitherForARemoteThatHangsNorForOneThatRefusesThePassword() {
		TestUsers.enableAuthentication(this.us);
		try (TcpProxy hung = TcpProxy.to(this.etcd.endpoint())) {
			hung.swallow(TcpProxy.Direction.values());
			stock(this.applications, "home");
			caller().close();
			long begun = System.nanoTime();
			caller().close();
			Duration usual = Duration.ofNanos(System.nanoTime() - begun);
			begun = System.nanoTime();
			ConfigurableApplicationContext caller = caller(REMOTE + "username=orders", REMOTE + "password=wrong",
					"spring.cloud.etcd.discovery.remotes.asia.endpoints=" + hung.endpoint(),
					"spring.cloud.etcd.discovery.remotes.asia.register=true");
			assertThat(places(caller)).containsExactly("home");
			assertThat(Duration.ofNanos(System.nanoTime() - begun)).as("less than a timeout more")
				.isLessThan(usual.plusSeconds(2));
			await().atMost(SOON)
				.untilAsserted(() -> assertThat(endpoint(caller).remotes().get("us").failure())
					.contains("authentication failed"));
			await().atMost(SOON).until(() -> endpoint(caller).remotes().get("asia").failure() != null);
			assertThat(endpoint(caller).view().synced()).isTrue();
			assertThat(this.eyes.all("/services/orders/")).hasSize(1);
		}
	}

	@Test
	void threeClustersOfAThousandInstancesOverASlowNetwork() {
		try (EtcdProcess asia = EtcdProcess.start(EtcdBinary.newest());
				EtcdEyes asiaEyes = new EtcdEyes(asia.endpoint());
				TcpProxy slow = TcpProxy.to(asia.endpoint())) {
			slow.setDelay(Duration.ofMillis(50));
			this.proxy.setDelay(Duration.ofMillis(50));
			fill(this.eyes, 1);
			fill(this.usEyes, 2);
			fill(asiaEyes, 3);
			ConfigurableApplicationContext caller = caller(
					"spring.cloud.etcd.discovery.remotes.z-last.endpoints=" + slow.endpoint(),
					"spring.cloud.etcd.discovery.remotes.z-last.fail-back-after=1s");
			awaitPlaces(caller, thousand("home"));
			this.eyes.deleteAll("/services/stock/");
			awaitPlaces(caller, thousand("us"));
			this.proxy.cut();
			assertThat(places(caller)).containsExactly(thousand("us"));
			this.usEyes.deleteAll("/services/stock/");
			awaitPlaces(caller, thousand("z-last"));
			fill(this.eyes, 1);
			awaitPlaces(caller, thousand("home"));
		}
	}

	private static void fill(EtcdEyes eyes, int network) {
		for (int i = 0; i < 1_000; i++) {
			eyes.put("/services/stock/%04d".formatted(i),
					"{\"host\":\"10.%d.%d.%d\",\"port\":80}".formatted(network, i / 250, i % 250));
		}
	}

	private static String[] thousand(String place) {
		return Collections.nCopies(1_000, place).toArray(String[]::new);
	}

	@Test
	void killedInstanceAtHomeFailsNoCallAlthoughItsLeaseHasNotRunOut() {
		long lease = this.eyes.grant(600);
		this.eyes.put("/services/stock/dead", "{\"host\":\"127.0.0.1\",\"port\":%d}".formatted(LoopbackPorts.next()),
				lease);
		stock(this.usApplications, "us");
		ConfigurableApplicationContext caller = caller();
		try (Calls calls = new Calls(caller)) {
			calls.await("us", 100);
			assertThat(places(caller)).containsExactly("home");
			assertThat(calls.failures).isEmpty();
			stock(this.applications, "home");
			calls.await("home", 100);
			assertThat(calls.failures).isEmpty();
		}
	}

	@Test
	void healthChecksDecideAsWell() {
		ConfigurableApplicationContext home = stock(this.applications, "home");
		stock(this.usApplications, "us");
		ConfigurableApplicationContext caller = caller("spring.cloud.loadbalancer.configurations=health-check",
				"spring.cloud.loadbalancer.health-check.path.default=/well",
				"spring.cloud.loadbalancer.health-check.interval=200ms",
				"spring.cloud.loadbalancer.health-check.initial-delay=0");
		try (Calls calls = new Calls(caller)) {
			calls.await("home", 20);
			home.getBean(Stock.class).well = false;
			calls.await("us", 20);
			assertThat(places(caller)).as("by its status it is there").containsExactly("home");
			home.getBean(Stock.class).well = true;
			calls.await("home", 20);
			assertThat(calls.failures).isEmpty();
		}
	}

	@Test
	void selectionDecidesInEachClusterByItself() {
		stock(this.applications, "home", "spring.cloud.etcd.discovery.metadata.version=1");
		stock(this.usApplications, "us-1", "spring.cloud.etcd.discovery.metadata.version=1");
		stock(this.usApplications, "us-2", "spring.cloud.etcd.discovery.metadata.version=2");
		ConfigurableApplicationContext caller = caller("spring.cloud.etcd.discovery.select.stock.version=2",
				"spring.cloud.etcd.discovery.select-default=none");
		try (Calls calls = new Calls(caller)) {
			calls.await("us-2", 50);
			assertThat(calls.answers).containsOnly("us-2");
			assertThat(calls.failures).isEmpty();
		}
	}

	@Test
	void percentageOfTheFloorCountsTheInstancesAtHomeOnly() {
		stock(this.applications, "home");
		stock(this.applications, "home");
		for (int i = 0; i < 3; i++) {
			stock(this.usApplications, "us");
		}
		ConfigurableApplicationContext caller = caller("spring.cloud.etcd.discovery.min-available=50%");
		try (Calls calls = new Calls(caller)) {
			calls.await("home", 100);
			assertThat(calls.answers).doesNotContain("us");
		}
	}

	@Test
	void resolverOfGrpcClientsAndMetersKnowAllClusters() {
		stock(this.usApplications, "us");
		ConfigurableApplicationContext caller = caller(REMOTE + "register=true");
		awaitPlaces(caller, "us");
		CatalogSource<?> resolved = (CatalogSource<?>) ReflectionTestUtils
			.getField(caller.getBean(EtcdChannelBuilderCustomizer.class), "view");
		assertThat(resolved.catalog().available("stock").size()).isEqualTo(1);
		MeterRegistry meters = caller.getBean(MeterRegistry.class);
		await().atMost(SOON).until(() -> meters.find("etcd.discovery.register").tag("cluster", "us").timer() != null);
		assertThat(meters.get("etcd.discovery.fallback.services").tag("cluster", "us").gauge().value())
			.isGreaterThanOrEqualTo(1);
	}

	@Test
	void clusterIsAZoneAndCanBeSelected() {
		stock(this.applications, "home");
		stock(this.usApplications, "us");
		ConfigurableApplicationContext zones = caller(REMOTE + "use=merge",
				"spring.cloud.etcd.discovery.zones=us,home");
		ConfigurableApplicationContext selected = caller(REMOTE + "use=merge",
				"spring.cloud.etcd.discovery.select.stock.cluster=us");
		for (ConfigurableApplicationContext caller : List.of(zones, selected)) {
			await().atMost(SOON)
				.untilAsserted(() -> assertThat(places(caller)).containsExactlyInAnyOrder("home", "us"));
			try (Calls calls = new Calls(caller)) {
				calls.await("us", 20);
				assertThat(calls.answers).doesNotContain("home");
			}
		}
	}

	@Test
	void fewInstancesAtHomeAreFilledUpToTheFloor() {
		stock(this.applications, "home");
		stock(this.usApplications, "us");
		ConfigurableApplicationContext caller = caller("spring.cloud.etcd.discovery.min-available=2");
		try (Calls calls = new Calls(caller)) {
			calls.await("us", 20);
			calls.await("home", 20);
			assertThat(calls.failures).isEmpty();
		}
	}

	@Test
	void applicationIsRegisteredInTheRemoteClusterTooAndLeavesBoth(CapturedOutput output) {
		ConfigurableApplicationContext orders = caller(REMOTE + "register=true", REMOTE + "prefix=/elsewhere");
		await().atMost(SOON).until(() -> this.usEyes.all("/elsewhere/orders/").size() == 1);
		assertThat(this.eyes.all("/services/orders/")).hasSize(1);
		assertThat(endpoint(orders).remotes().get("us").registrations()).singleElement()
			.satisfies((record) -> assertThat(record.key()).startsWith("/elsewhere/orders/"));
		assertThat(output).containsPattern("Registered /elsewhere/orders/\\S+ in cluster us under lease")
			.containsPattern("Registered /services/orders/\\S+ under lease");
		this.proxy.swallow(TcpProxy.Direction.values());
		long before = System.nanoTime();
		orders.close();
		assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(6));
		assertThat(this.eyes.all("/services/orders/")).isEmpty();
	}

	@Test
	void applicationWaitsForInstancesOfAnyCluster() {
		stock(this.usApplications, "us");
		ConfigurableApplicationContext caller = caller("spring.cloud.etcd.discovery.wait-for.stock=1",
				REMOTE + "wait-for-sync=true");
		assertThat(places(caller)).containsExactly("us");
	}

	@Test
	void entryWithoutLeaseIsNamed() {
		this.usEyes.put("/services/stock/copy", "{\"host\":\"10.0.0.5\",\"port\":80}");
		stock(this.usApplications, "us");
		ConfigurableApplicationContext caller = caller();
		await().atMost(SOON).untilAsserted(() -> {
			EtcdDiscoveryEndpoint.ViewDescription view = endpoint(caller).remotes().get("us").view();
			assertThat(view.services()).isEqualTo(Map.of("stock", 2));
			assertThat(view.withoutLease()).isEqualTo(1);
			assertThat(view.keysWithoutLease()).containsExactly("/services/stock/copy");
		});
		assertThat(endpoint(caller).view().withoutLease()).isZero();
		this.usEyes.delete("/services/stock/copy");
		await().atMost(SOON).until(() -> endpoint(caller).remotes().get("us").view().withoutLease() == 0);
	}

	/**
	 * Calls stock again and again until it is closed.
	 */
	private static final class Calls implements AutoCloseable {

		private final Queue<String> answers = new ConcurrentLinkedQueue<>();

		private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

		private final AtomicBoolean open = new AtomicBoolean(true);

		private final Thread thread;

		Calls(ConfigurableApplicationContext caller) {
			RestClient client = caller.getBean(RestClient.Builder.class)
				.requestFactory(new JdkClientHttpRequestFactory())
				.build();
			this.thread = new Thread(() -> {
				while (this.open.get()) {
					try {
						this.answers.add(client.get().uri("http://stock/place").retrieve().body(String.class));
					}
					catch (RuntimeException ex) {
						this.failures.add(ex);
					}
				}
			});
			this.thread.start();
		}

		/** Waits until the last calls were all answered from this place. */
		void await(String place, int times) {
			this.answers.clear();
			Awaitility.await().atMost(SOON).untilAsserted(() -> {
				List<String> all = List.copyOf(this.answers);
				assertThat(all.subList(Math.max(0, all.size() - times), all.size())).contains(place);
				assertThat(all).hasSizeGreaterThan(times);
			});
		}

		@Override
		public void close() {
			this.open.set(false);
			try {
				this.thread.join(5_000);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(LoadBalancedClients.class)
	static class Caller {

		private final List<ServiceInstancesChangedEvent> events = new CopyOnWriteArrayList<>();

		@EventListener
		void changed(ServiceInstancesChangedEvent event) {
			this.events.add(event);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@RestController
	static class Stock {

		private final String place;

		private volatile boolean well = true;

		Stock(@Value("${place}") String place) {
			this.place = place;
		}

		@GetMapping("/place")
		String place() {
			return this.place;
		}

		@GetMapping("/well")
		String well() {
			if (!this.well) {
				throw new ResponseStatusException(HttpStatus.SERVICE_UNAVAILABLE);
			}
			return "yes";
		}

	}

}
