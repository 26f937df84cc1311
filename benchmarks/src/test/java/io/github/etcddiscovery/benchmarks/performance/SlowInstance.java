package io.github.etcddiscovery.benchmarks.performance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.springframework.web.client.RestClient;

/**
 * How long calls take when one of four instances is slow, by turns with round robin and
 * with the fewest calls in flight.
 */
final class SlowInstance {

	static final String NAME = "slow-instance";

	static final String SHARE = "calls to the slow one %";

	private static final int CALLERS = 16;

	private static final Duration SLOW = Duration.ofMillis(50);

	private static final Duration FAST = Duration.ofMillis(2);

	private final Scale scale;

	SlowInstance(Scale scale) {
		this.scale = scale;
	}

	Result run() throws Exception {
		Map<String, Measured> all = Map.of("default", new Measured(), "least-requests", new Measured());
		for (int round = 0; round < this.scale.rounds(); round++) {
			for (String configuration : List.of("default", "least-requests")) {
				measure(configuration, all.get(configuration));
			}
		}
		Result result = Result.of(NAME);
		for (String configuration : List.of("default", "least-requests")) {
			Measured measured = all.get(configuration);
			result.add("configuration", "`" + configuration + "`", "n", measured.calls.n(), "median ms",
					measured.calls.medianMillis(), "p99 ms", measured.calls.quantileMillis(0.99), SHARE,
					measured.shares.stream().mapToDouble(Double::doubleValue).average().orElseThrow());
		}
		result.write(this.scale.folder());
		return result;
	}

	private void measure(String configuration, Measured measured) throws Exception {
		try (FourInstances instances = new FourInstances(SLOW, FAST)) {
			RestClient client = instances.call(Map.of("spring.cloud.loadbalancer.configurations", configuration));
			call(client, Duration.ofSeconds(1));
			List<Long> nanos = call(client, Duration.ofSeconds(this.scale.isSmall() ? 1 : 5));
			nanos.forEach(measured.calls::add);
			measured.shares.add(instances.shareOfFirst());
		}
	}

	private static List<Long> call(RestClient client, Duration time) throws Exception {
		long end = System.nanoTime() + time.toNanos();
		List<CompletableFuture<List<Long>>> callers = new ArrayList<>();
		for (int i = 0; i < CALLERS; i++) {
			callers.add(CompletableFuture.supplyAsync(() -> {
				List<Long> nanos = new ArrayList<>();
				for (long begin = System.nanoTime(); begin < end; begin = System.nanoTime()) {
					client.get().uri("/").retrieve().toBodilessEntity();
					nanos.add(System.nanoTime() - begin);
				}
				return nanos;
			}, (task) -> new Thread(task).start()));
		}
		List<Long> all = new ArrayList<>();
		for (CompletableFuture<List<Long>> caller : callers) {
			all.addAll(caller.get(1, TimeUnit.MINUTES));
		}
		return all;
	}

	/** What was found. */
	private static final class Measured {

		private final Samples calls = new Samples();

		private final List<Double> shares = new ArrayList<>();

	}

}
