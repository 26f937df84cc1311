package io.github.etcddiscovery.benchmarks.performance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.etcddiscovery.cloud.discovery.EtcdReactiveDiscoveryClient;
import io.github.etcddiscovery.testsupport.EtcdBinary;
import io.github.etcddiscovery.testsupport.EtcdEyes;
import io.github.etcddiscovery.testsupport.EtcdProcess;
import io.github.etcddiscovery.testsupport.TcpProxy;
import io.github.etcddiscovery.testsupport.TestApplications;
import reactor.core.Disposable;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.ConfigurableApplicationContext;

import static org.awaitility.Awaitility.await;

/**
 * How long a change at home takes until an application sees it, with and without three
 * remote clusters of a thousand instances each, of which one hangs and another one
 * changes all the time. By turns: each application follows a prefix of its own.
 */
final class Remotes {

	static final String NAME = "remotes";

	static final String SEEN = "seen after ms";

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private final Scale scale;

	Remotes(Scale scale) {
		this.scale = scale;
	}

	/**
	 * The properties of three remote clusters.
	 * @param busy the cluster that changes
	 * @param quiet the cluster that does not change
	 * @param hung the cluster that does not answer
	 */
	static Map<String, String> properties(String busy, String quiet, String hung) {
		String remotes = "spring.cloud.etcd.discovery.remotes.";
		return Map.of(remotes + "busy.endpoints", busy, remotes + "quiet.endpoints", quiet, remotes + "hung.endpoints",
				hung);
	}

	/** Fills a cluster with a thousand instances. */
	static void fill(EtcdProcess etcd, String prefix) {
		try (EtcdEyes eyes = new EtcdEyes(etcd.endpoint())) {
			for (int i = 0; i < Choices.INSTANCES; i++) {
				put(eyes, prefix + "/stock/", i, 0);
			}
		}
	}

	private static void put(EtcdEyes eyes, String folder, int instance, int value) {
		eyes.put(folder + instance,
				"{\"host\":\"127.0.0.1\",\"port\":%d,\"metadata\":{\"v\":\"%d\"}}".formatted(1 + instance, value));
	}

	Result run() throws Exception {
		List<EtcdProcess> clusters = new ArrayList<>();
		for (int i = 0; i < 3; i++) {
			clusters.add(EtcdProcess.start(EtcdBinary.newest()));
		}
		AtomicBoolean changing = new AtomicBoolean(true);
		try (TcpProxy hung = TcpProxy.to(clusters.get(2).endpoint());
				EtcdEyes eyes = new EtcdEyes(clusters.get(0).endpoint());
				EtcdEyes busy = new EtcdEyes(clusters.get(1).endpoint())) {
			hung.swallow(TcpProxy.Direction.values());
			fill(clusters.get(0), "/alone");
			fill(clusters.get(0), "/with");
			clusters.subList(1, 3).forEach((cluster) -> fill(cluster, "/with"));
			CompletableFuture<Void> changes = CompletableFuture.runAsync(() -> {
				for (int i = 0; changing.get(); i++) {
					put(busy, "/with/stock/", i % Choices.INSTANCES, i);
					Clock.pass(Duration.ofMillis(10));
				}
			}, (task) -> new Thread(task).start());
			String home = clusters.get(0).endpoint();
			try (ConfigurableApplicationContext alone = caller(home, "/alone", Map.of());
					ConfigurableApplicationContext with = caller(home, "/with",
							properties(clusters.get(1).endpoint(), clusters.get(2).endpoint(), hung.endpoint()))) {
				Result result = measure(eyes, alone, with);
				changing.set(false);
				changes.get(10, TimeUnit.SECONDS);
				return result;
			}
		}
		finally {
			changing.set(false);
			clusters.forEach(EtcdProcess::close);
		}
	}

	private static ConfigurableApplicationContext caller(String home, String prefix, Map<String, String> further) {
		Map<String, String> properties = new LinkedHashMap<>(
				Map.of("spring.application.name", "caller", "spring.cloud.etcd.endpoints", home,
						"spring.cloud.etcd.enabled", "true", "spring.cloud.etcd.discovery.register", "false",
						"spring.cloud.etcd.discovery.prefix", prefix, "logging.level.root", "error"));
		properties.putAll(further);
		ConfigurableApplicationContext caller = TestApplications
			.run(new SpringApplicationBuilder(Source.Default.class).web(WebApplicationType.NONE), properties);
		await().until(() -> caller.getBean(DiscoveryClient.class).getInstances("stock").size() == Choices.INSTANCES);
		return caller;
	}

	private Result measure(EtcdEyes eyes, ConfigurableApplicationContext alone, ConfigurableApplicationContext with)
			throws Exception {
		Samples first = new Samples();
		Samples second = new Samples();
		int rounds = this.scale.warmUp() + this.scale.changes();
		for (int round = 1; round <= rounds; round++) {
			long one = seen(eyes, "/alone/stock/", alone, round);
			long other = seen(eyes, "/with/stock/", with, round);
			if (round > this.scale.warmUp()) {
				first.add(one);
				second.add(other);
			}
		}
		Result result = Result.of(NAME);
		result.add("remote clusters", "none", "pairs", first.n(), SEEN, first.medianMillis(), "p99 ms",
				first.quantileMillis(0.99));
		result.add("remote clusters", "three", "pairs", second.n(), SEEN, second.medianMillis(), "p99 ms",
				second.quantileMillis(0.99));
		result.write(this.scale.folder());
		return result;
	}

	/** From sending a change until the list of the instances contains it. */
	private static long seen(EtcdEyes eyes, String folder, ConfigurableApplicationContext caller, int value)
			throws Exception {
		CompletableFuture<Long> seen = new CompletableFuture<>();
		String wanted = String.valueOf(value);
		Disposable subscription = caller.getBean(EtcdReactiveDiscoveryClient.class)
			.watchInstances("stock")
			.subscribe((instances) -> {
				if (wanted.equals(instances.get(0).getMetadata().get("v"))) {
					seen.complete(System.nanoTime());
				}
			});
		long begun = System.nanoTime();
		put(eyes, folder, 0, value);
		long at = seen.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
		subscription.dispose();
		return at - begun;
	}

}
