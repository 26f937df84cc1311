package io.github.etcddiscovery.cloud.loadbalancer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.etcddiscovery.testsupport.EtcdApplicationTests;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.RequiresEtcd;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.loadbalancer.LoadBalancerClient;
import org.springframework.cloud.loadbalancer.support.LoadBalancerClientFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Choosing under load, while instances come and go as fast as etcd takes it.
 */
@RequiresEtcd
class LoadBalancerChurnTests extends EtcdApplicationTests {

	private static final Duration SOON = Duration.ofSeconds(15);

	private static final String STOCK = "/services/stock/";

	private static final int CHANGES = 1_000;

	/** How long after its end an instance may be chosen on a machine that is busy. */
	private static final Duration GRACE = Duration.ofSeconds(1);

	/** When each instance that has gone was gone. */
	private final Map<String, Long> goneAt = new ConcurrentHashMap<>();

	private final Queue<String> wrong = new ConcurrentLinkedQueue<>();

	LoadBalancerChurnTests() {
		super(EtcdBinary.newest());
	}

	@Test
	void choiceIsAlwaysAnInstanceThatIsThereAndAllAreChosenAlikeInTheEnd() {
		put("stable");
		ConfigurableApplicationContext context = this.applications.start(
				new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE), "caller",
				"spring.cloud.etcd.discovery.register=false");
		LoadBalancerClient blocking = context.getBean(LoadBalancerClient.class);
		LoadBalancerClientFactory reactive = context.getBean(LoadBalancerClientFactory.class);
		await().atMost(SOON).until(() -> blocking.choose("stock") != null);
		AtomicBoolean churning = new AtomicBoolean(true);
		List<Supplier<ServiceInstance>> ways = List.of(() -> blocking.choose("stock"),
				() -> Mono.from(reactive.getInstance("stock").choose()).map((chosen) -> chosen.getServer()).block());
		ExecutorService threads = Executors.newFixedThreadPool(2 * ways.size());
		List<CompletableFuture<Set<String>>> choosers = Stream.concat(ways.stream(), ways.stream())
			.map((way) -> CompletableFuture.supplyAsync(() -> choose(way, churning), threads))
			.toList();
		churn();
		// For longer than one that has gone may be chosen, so that it shows if it is.
		await().during(GRACE.multipliedBy(2)).atMost(SOON).until(this.wrong::isEmpty);
		churning.set(false);
		assertThat(choosers.stream().map((chooser) -> chooser.orTimeout(15, TimeUnit.SECONDS).join()))
			.allSatisfy((chosen) -> assertThat(chosen).hasSizeGreaterThan(CHANGES / 10));
		threads.shutdown();
		assertThat(this.wrong).isEmpty();

		List<String> there = this.eyes.all(STOCK)
			.keySet()
			.stream()
			.map((key) -> key.substring(STOCK.length()))
			.toList();
		await().atMost(SOON)
			.until(() -> context.getBean(DiscoveryClient.class)
				.getInstances("stock")
				.stream()
				.map(ServiceInstance::getInstanceId)
				.toList()
				.equals(there));
		List<String> chosen = new ArrayList<>();
		for (int i = 0; i < there.size() * 3; i++) {
			chosen.add(blocking.choose("stock").getInstanceId());
		}
		assertThat(chosen.stream().collect(Collectors.groupingBy(Function.identity(), Collectors.counting())))
			.containsOnlyKeys(there)
			.allSatisfy((id, times) -> assertThat(times).isEqualTo(3));
	}

	/** Returns all that it has ever chosen. */
	private Set<String> choose(Supplier<ServiceInstance> way, AtomicBoolean churning) {
		Set<String> choices = new HashSet<>();
		while (churning.get()) {
			long begin = System.nanoTime();
			ServiceInstance chosen = way.get();
			if (chosen == null) {
				this.wrong.add("none");
				continue;
			}
			choices.add(chosen.getInstanceId());
			Long gone = this.goneAt.get(chosen.getInstanceId());
			if (gone != null && begin - gone > GRACE.toNanos()) {
				this.wrong.add(String.valueOf(chosen));
			}
		}
		return choices;
	}

	/** Each id is used once, so that one that has gone does not come again. */
	private void churn() {
		for (int i = 0; i < CHANGES; i++) {
			put("i" + i);
			if (i >= 5) {
				String leaving = "i" + (i - 5);
				this.eyes.delete(STOCK + leaving);
				this.goneAt.put(leaving, System.nanoTime());
			}
		}
	}

	private void put(String id) {
		this.eyes.put(STOCK + id, "{\"host\":\"127.0.0.1\",\"port\":80}");
	}

	/**
	 * An application with nothing of its own.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
