package io.github.etcddiscovery.benchmarks.performance;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

import io.github.etcddiscovery.benchmarks.registries.RegistryServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.LoadBalancerClient;
import org.springframework.context.ConfigurableApplicationContext;

import static org.awaitility.Awaitility.await;

/**
 * How long it takes until a load balancer chooses an instance that has come to a service,
 * and does not choose it any more when it has gone, all with their defaults. The
 * registries wait most of that time, so they do it at once.
 */
final class Arriving {

	static final String NAME = "arriving";

	static final String CHOSEN = "chosen after ms";

	private static final Logger logger = LoggerFactory.getLogger(Arriving.class);

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	/** Changes come at any time between two polls, not right after one. */
	private static final Duration APART = Duration.ofMillis(7_300);

	private static final int STAYS = 1;

	private static final int COMES = 2;

	private final Scale scale;

	Arriving(Scale scale) {
		this.scale = scale;
	}

	Result run() throws Exception {
		Map<Source, CompletableFuture<Figures>> measured = new LinkedHashMap<>();
		for (Source source : Source.registries()) {
			if (!this.scale.isSmall() || source == Source.STARTER) {
				measured.put(source,
						CompletableFuture.supplyAsync(() -> measure(source), (task) -> new Thread(task).start()));
			}
		}
		Result result = Result.of(NAME);
		measured.forEach((source, figures) -> figures.join().addTo(result, source));
		result.write(this.scale.folder());
		return result;
	}

	private Figures measure(Source source) {
		int rounds = this.scale.rounds();
		Figures figures = new Figures(new Samples(), new Samples());
		try (RegistryServer server = source.startServer()) {
			server.register(STAYS);
			try (ConfigurableApplicationContext caller = source.startCaller(server)) {
				LoadBalancerClient balancer = caller.getBean(LoadBalancerClient.class);
				// So that there is a list, which its cache keeps.
				chooses(balancer, STAYS);
				for (int round = 0; round < rounds; round++) {
					pause(round);
					server.register(COMES);
					figures.come.add(until(() -> chooses(balancer, COMES)));
					pause(round);
					server.deregister(COMES);
					figures.gone.add(until(() -> !chooses(balancer, COMES)));
					logger.info("{}: {} of {} rounds", source, round + 1, rounds);
				}
			}
		}
		catch (Exception ex) {
			throw new IllegalStateException(source + " was not measured", ex);
		}
		return figures;
	}

	/** Whether it is among two choices, which take turns. */
	private static boolean chooses(LoadBalancerClient balancer, int port) {
		boolean chosen = false;
		for (int i = 0; i < 2; i++) {
			ServiceInstance instance = balancer.choose(Source.SERVICE);
			chosen |= instance != null && instance.getPort() == port;
		}
		return chosen;
	}

	private void pause(int round) {
		if (!this.scale.isSmall()) {
			Clock.pass(APART.multipliedBy(round % 5));
		}
	}

	private static long until(BooleanSupplier done) {
		long begun = System.nanoTime();
		await().atMost(PATIENCE).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1)).until(done::getAsBoolean);
		return System.nanoTime() - begun;
	}

	/**
	 * What has been measured of a registry.
	 */
	private record Figures(Samples come, Samples gone) {

		void addTo(Result result, Source source) {
			result.add("registry", source.toString(), "n", this.come.n(), CHOSEN, this.come.medianMillis(),
					"at most ms", this.come.quantileMillis(1), "gone after ms", this.gone.medianMillis(),
					"gone at most ms", this.gone.quantileMillis(1));
		}

	}

}
