package io.github.etcddiscovery.benchmarks.performance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

import io.etcd.jetcd.Client;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.TestApplications;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.loadbalancer.LoadBalancerClient;
import org.springframework.context.ConfigurableApplicationContext;

import static org.awaitility.Awaitility.await;

/**
 * How often four threads can choose an instance of a large service while its instances
 * change, beside as many changes elsewhere, which cost etcd and their writer the same.
 */
final class Choosing {

	static final String NAME = "choosing";

	static final String RATIO = "to elsewhere";

	private static final int THREADS = 4;

	private static final int CHANGES_AT_ONCE = 10;

	private static final Duration TICK = Duration.ofMillis(10);

	private static final String ELSEWHERE = "/elsewhere/stock/";

	private static final String STOCK = "/services/stock/";

	private final Scale scale;

	Choosing(Scale scale) {
		this.scale = scale;
	}

	Result run() throws Exception {
		int instances = this.scale.burst();
		int rounds = this.scale.rounds();
		Duration time = Duration.ofSeconds(this.scale.isSmall() ? 1 : 5);
		Samples elsewhere = new Samples();
		Samples here = new Samples();
		try (EtcdProcess etcd = EtcdProcess.start(EtcdBinary.newest());
				Client client = Client.builder().endpoints(etcd.endpoint()).build()) {
			Population.ofOneService(client, STOCK, instances).write();
			ConfigurableApplicationContext context = TestApplications.run(
					new SpringApplicationBuilder(Source.Default.class).web(WebApplicationType.NONE),
					Map.of("spring.application.name", "caller", "spring.cloud.etcd.endpoints", etcd.endpoint(),
							"spring.cloud.etcd.discovery.register", "false", "spring.cloud.etcd.enabled", "true"));
			try (context) {
				await().until(() -> context.getBean(DiscoveryClient.class).getInstances("stock").size() == instances);
				LoadBalancerClient balancer = context.getBean(LoadBalancerClient.class);
				choices(balancer, client, ELSEWHERE, instances, time);
				for (int round = 0; round < rounds; round++) {
					elsewhere.add(choices(balancer, client, ELSEWHERE, instances, time));
					here.add(choices(balancer, client, STOCK, instances, time));
				}
			}
		}
		Result result = Result.of(NAME);
		double quiet = elsewhere.medianMillis();
		result.add("changes a second", 1_000, "where", "elsewhere", "instances", instances, "n", rounds,
				"choices a second", Math.round(quiet * 1e6), RATIO, 1.0);
		result.add("changes a second", 1_000, "where", "in the service", "instances", instances, "n", rounds,
				"choices a second", Math.round(here.medianMillis() * 1e6), RATIO, here.medianMillis() / quiet);
		result.write(this.scale.folder());
		return result;
	}

	/** How many a second. */
	private static long choices(LoadBalancerClient balancer, Client client, String changing, int instances,
			Duration time) throws Exception {
		LongAdder choices = new LongAdder();
		AtomicBoolean over = new AtomicBoolean();
		AtomicInteger changes = new AtomicInteger();
		Population population = Population.ofOneService(client, changing, instances);
		ScheduledExecutorService writer = Executors.newSingleThreadScheduledExecutor();
		writer.scheduleAtFixedRate(() -> {
			for (int i = 0; i < CHANGES_AT_ONCE; i++) {
				int change = changes.getAndIncrement();
				client.getKVClient()
					.put(population.key(change % instances), population.value(change % instances, 1 + change % 60_000));
			}
		}, 0, TICK.toNanos(), TimeUnit.NANOSECONDS);
		List<CompletableFuture<Void>> threads = new ArrayList<>();
		long begun = System.nanoTime();
		try {
			for (int i = 0; i < THREADS; i++) {
				threads.add(CompletableFuture.runAsync(() -> {
					while (!over.get()) {
						if (balancer.choose("stock") != null) {
							choices.increment();
						}
					}
				}, (task) -> new Thread(task).start()));
			}
			Clock.pass(time);
		}
		finally {
			over.set(true);
			writer.shutdownNow();
		}
		for (CompletableFuture<Void> thread : threads) {
			thread.get(10, TimeUnit.SECONDS);
		}
		return Math.round(choices.sum() / ((System.nanoTime() - begun) / 1e9));
	}

}
