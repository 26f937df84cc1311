package io.github.etcddiscovery.autoconfigure.loadbalancer;

import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

import io.github.etcddiscovery.cloud.discovery.EtcdDiscoveryClient;
import io.github.etcddiscovery.cloud.discovery.EtcdReactiveDiscoveryClient;
import io.github.etcddiscovery.cloud.loadbalancer.EtcdServiceInstanceListSupplier;
import io.github.etcddiscovery.cloud.loadbalancer.HealthProbe;
import io.github.etcddiscovery.cloud.loadbalancer.OtherRegistries;
import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import io.github.etcddiscovery.view.ServiceView;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.DefaultServiceInstance;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.discovery.ReactiveDiscoveryClient;
import org.springframework.cloud.client.loadbalancer.LoadBalancerClient;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.cloud.loadbalancer.support.LoadBalancerClientFactory;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.awaitility.Awaitility.await;

/**
 * Services that other registries know. Tests of {@link OtherRegistries} and
 * {@link EtcdServiceInstanceListSupplier}.
 */
@RequiresEtcd
@ExtendWith(OutputCaptureExtension.class)
class OtherRegistriesTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(10);

	private static final String SIMPLE = "spring.cloud.discovery.client.simple.instances.orders[0].";

	OtherRegistriesTests() {
		super(EtcdBinary.newest());
	}

	private ConfigurableApplicationContext caller(ApplicationContextInitializer<GenericApplicationContext> beans,
			String... properties) {
		return this.applications.start(
				new SpringApplicationBuilder(Caller.class).web(WebApplicationType.NONE)
					.initializers((context) -> beans.initialize((GenericApplicationContext) context)),
				"caller", properties);
	}

	private ConfigurableApplicationContext caller(String... properties) {
		return caller((context) -> {
		}, properties);
	}

	private static String chosen(ConfigurableApplicationContext caller, String service) {
		ServiceInstance instance = caller.getBean(LoadBalancerClient.class).choose(service);
		return (instance != null) ? instance.getHost() : "none";
	}

	private void register(String host, String status) {
		this.eyes.put("/services/orders/1", "{\"host\":\"%s\",\"port\":80,\"status\":\"%s\"}".formatted(host, status));
	}

	@Test
	void staticInstancesAreCalledUntilTheFirstKeyArrivesAndAgainAfterTheLastHasGone() {
		ConfigurableApplicationContext caller = caller(SIMPLE + "uri=http://static:80");
		assertThat(chosen(caller, "orders")).isEqualTo("static");
		register("etcd", "UP");
		await().atMost(SOON).until(() -> chosen(caller, "orders").equals("etcd"));
		this.eyes.delete("/services/orders/1");
		await().atMost(SOON).until(() -> chosen(caller, "orders").equals("static"));
	}

	@Test
	void serviceWithKeysButNobodyUpStaysEmpty() {
		register("etcd", "DOWN");
		ConfigurableApplicationContext caller = caller(SIMPLE + "uri=http://static:80");
		assertThat(chosen(caller, "orders")).isEqualTo("none");
	}

	@Test
	void othersAreAskedBeforeEtcdHasBeenRead() {
		this.etcd.stop();
		ConfigurableApplicationContext caller = caller(SIMPLE + "uri=http://static:80",
				"spring.cloud.etcd.fail-fast=false");
		assertThat(chosen(caller, "orders")).isEqualTo("static");
	}

	@Test
	void othersAreAskedForServicesThatAreNotFollowed(CapturedOutput output) {
		ConfigurableApplicationContext caller = caller(SIMPLE + "uri=http://static:80",
				"spring.cloud.etcd.discovery.services=stock");
		register("etcd", "UP");
		assertThat(chosen(caller, "orders")).isEqualTo("static");
		assertThat(output).contains("There will be no instances of orders from etcd");
	}

	@Test
	void othersAreAskedInTheirOrderAndWhatTheyKnowIsKeptButNotThatTheyKnowNothing() {
		Other first = new Other(1, Map.of("a", "first"));
		Other second = new Other(2, Map.of("a", "second", "b", "second"));
		ConfigurableApplicationContext caller = caller((context) -> {
			context.registerBean("second", DiscoveryClient.class, () -> second);
			context.registerBean("first", DiscoveryClient.class, () -> first);
		});
		assertThat(caller.getBean(EtcdDiscoveryClient.class)).as("ours stays").isNotNull();
		assertThat(chosen(caller, "a")).isEqualTo("first");
		assertThat(chosen(caller, "b")).isEqualTo("second");
		assertThat(chosen(caller, "a")).isEqualTo("first");
		assertThat(chosen(caller, "b")).isEqualTo("second");
		assertThat(first.asked.get()).as("once for each").isEqualTo(2);
		assertThat(chosen(caller, "c")).isEqualTo("none");
		assertThat(chosen(caller, "c")).isEqualTo("none");
		assertThat(second.asked.get()).isEqualTo(3);
	}

	@Test
	void whatOthersKnowIsAskedForAgainAfterTheTimeOfTheCache() {
		Other other = new Other(1, Map.of("a", "other"));
		ConfigurableApplicationContext caller = caller(
				(context) -> context.registerBean("other", DiscoveryClient.class, () -> other),
				"spring.cloud.loadbalancer.cache.ttl=300ms");
		assertThat(chosen(caller, "a")).isEqualTo("other");
		assertThat(chosen(caller, "a")).isEqualTo("other");
		assertThat(other.asked.get()).isEqualTo(1);
		await().atMost(SOON).until(() -> chosen(caller, "a").equals("other") && other.asked.get() == 2);
	}

	@Test
	void reactiveClientsAreAskedFirst() {
		Other blocking = new Other(1, Map.of("a", "blocking"));
		ReactiveDiscoveryClient reactive = new ReactiveDiscoveryClient() {

			@Override
			public String description() {
				return "other";
			}

			@Override
			public Flux<ServiceInstance> getInstances(String serviceId) {
				return Flux.just(new DefaultServiceInstance("1", serviceId, "reactive", 80, false));
			}

			@Override
			public Flux<String> getServices() {
				return Flux.just("a");
			}

		};
		ConfigurableApplicationContext caller = caller((context) -> {
			context.registerBean("blocking", DiscoveryClient.class, () -> blocking);
			context.registerBean("reactive", ReactiveDiscoveryClient.class, () -> reactive);
		});
		assertThat(chosen(caller, "a")).isEqualTo("reactive");
		assertThat(blocking.asked.get()).isZero();
		assertThat(caller.getBean(EtcdReactiveDiscoveryClient.class)).isNotNull();
	}

	@Test
	void clientThatFailsKeepsNobodyFromBeingFound(CapturedOutput output) {
		Other broken = new Other(1, Map.of()) {

			@Override
			public List<ServiceInstance> getInstances(String serviceId) {
				throw new IllegalStateException("other registry is away");
			}

		};
		ConfigurableApplicationContext caller = caller(
				(context) -> context.registerBean("broken", DiscoveryClient.class, () -> broken),
				SIMPLE + "uri=http://static:80");
		assertThat(chosen(caller, "orders")).isEqualTo("static");
		assertThat(chosen(caller, "cart")).isEqualTo("none");
		assertThat(output).contains("other registry is away");
	}

	@Test
	void instanceOfAnotherRegistryThatCannotBeReachedIsEjected() {
		ConfigurableApplicationContext caller = caller(SIMPLE + "uri=http://one:80",
				SIMPLE.replace("[0]", "[1]") + "uri=http://two:80",
				"spring.cloud.etcd.discovery.outlier.base-ejection-time=1h",
				"spring.cloud.etcd.discovery.outlier.max-ejection-time=1h");
		AtomicReference<String> refused = new AtomicReference<>();
		assertThatException()
			.isThrownBy(() -> caller.getBean(LoadBalancerClient.class).execute("orders", (instance) -> {
				refused.set(instance.getHost());
				throw new ConnectException();
			}));
		assertThat(IntStream.range(0, 8).mapToObj((i) -> chosen(caller, "orders")))
			.containsOnly(refused.get().equals("one") ? "two" : "one");
	}

	@Test
	void clientThatTakesTooLongIsNotWaitedForAndHoldsUpNoCaller() {
		AtomicReference<String> thread = new AtomicReference<>();
		CountDownLatch over = new CountDownLatch(1);
		Other slow = new Other(1, Map.of()) {

			@Override
			public List<ServiceInstance> getInstances(String serviceId) {
				thread.set(Thread.currentThread().getName());
				try {
					over.await(10, TimeUnit.SECONDS);
				}
				catch (InterruptedException ex) {
					Thread.currentThread().interrupt();
				}
				return List.of();
			}

		};
		ConfigurableApplicationContext caller = caller(
				(context) -> context.registerBean("slow", DiscoveryClient.class, () -> slow),
				"spring.cloud.loadbalancer.service-discovery.timeout=200ms");
		long begin = System.nanoTime();
		assertThat(chosen(caller, "a")).isEqualTo("none");
		assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
		assertThat(thread.get()).startsWith("boundedElastic");
		over.countDown();
	}

	@Test
	void subscriberHearsOfItsOwnServiceOnly() {
		Other other = new Other(1, Map.of("orders", "other"));
		ConfigurableApplicationContext caller = caller(
				(context) -> context.registerBean("other", DiscoveryClient.class, () -> other));
		List<List<ServiceInstance>> lists = new CopyOnWriteArrayList<>();
		Disposable subscription = caller.getBean(LoadBalancerClientFactory.class)
			.getInstance("orders", ServiceInstanceListSupplier.class)
			.get()
			.subscribe(lists::add);
		await().atMost(SOON).until(() -> lists.size() == 1);
		this.eyes.put("/services/cart/1", "{\"host\":\"cart\",\"port\":80}");
		register("etcd", "UP");
		await().atMost(SOON).until(() -> lists.size() == 2);
		assertThat(lists).extracting((list) -> list.get(0).getHost()).containsExactly("other", "etcd");
		assertThat(other.asked.get()).isEqualTo(1);
		subscription.dispose();
	}

	@Test
	void secondClientOfOurOwnKindIsAskedAsWell() {
		this.eyes.put("/more/orders/1", "{\"host\":\"more\",\"port\":80}");
		ConfigurableApplicationContext other = this.applications.start(Caller.class, "other",
				"spring.cloud.etcd.discovery.prefix=/more", "spring.main.web-application-type=none");
		@SuppressWarnings("unchecked")
		ServiceView<ServiceInstance> view = other.getBean(ServiceView.class);
		ConfigurableApplicationContext caller = caller((context) -> context.registerBean("more",
				EtcdDiscoveryClient.class, () -> new EtcdDiscoveryClient(view, 1)));
		assertThat(chosen(caller, "orders")).isEqualTo("more");
		assertThat(caller.getBeansOfType(EtcdDiscoveryClient.class)).hasSize(2);
		register("etcd", "UP");
		await().atMost(SOON).until(() -> chosen(caller, "orders").equals("etcd"));
	}

	@Test
	void healthChecksFollowFromOtherRegistriesToEtcdAndBack() {
		Other other = new Other(1, Map.of("orders", "other"));
		ConfigurableApplicationContext caller = caller((context) -> {
			context.registerBean("other", DiscoveryClient.class, () -> other);
			context.registerBean(HealthProbe.class, () -> (uri) -> Mono.just(true));
		}, "spring.cloud.loadbalancer.configurations=health-check", "spring.cloud.loadbalancer.cache.ttl=200ms");
		assertThat(chosen(caller, "orders")).isEqualTo("other");
		other.hosts = Map.of("orders", "moved");
		await().atMost(SOON).until(() -> chosen(caller, "orders").equals("moved"));
		register("etcd", "UP");
		await().atMost(SOON).until(() -> chosen(caller, "orders").equals("etcd"));
		this.eyes.delete("/services/orders/1");
		await().atMost(SOON).until(() -> chosen(caller, "orders").equals("moved"));
	}

	/**
	 * An application that calls others.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Caller {

	}

	/**
	 * The client of another registry.
	 */
	private static class Other implements DiscoveryClient {

		private final int order;

		private volatile Map<String, String> hosts;

		private final AtomicInteger asked = new AtomicInteger();

		Other(int order, Map<String, String> hosts) {
			this.order = order;
			this.hosts = hosts;
		}

		@Override
		public String description() {
			return "other";
		}

		@Override
		public List<ServiceInstance> getInstances(String serviceId) {
			this.asked.incrementAndGet();
			String host = this.hosts.get(serviceId);
			return (host != null) ? List.of(new DefaultServiceInstance("1", serviceId, host, 80, false)) : List.of();
		}

		@Override
		public List<String> getServices() {
			return List.copyOf(this.hosts.keySet());
		}

		@Override
		public int getOrder() {
			return this.order;
		}

	}

}
