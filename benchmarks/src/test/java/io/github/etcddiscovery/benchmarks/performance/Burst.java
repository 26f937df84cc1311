package io.github.etcddiscovery.benchmarks.performance;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import static org.awaitility.Awaitility.await;

/**
 * What it costs a follower when changes come as fast as one writer can make them: its
 * share of the processors, and when it is up to date again.
 */
final class Burst {

	static final String NAME = "burst";

	static final String RATIO = "to the watch";

	private static final Bars PLOT = new Bars("changes", "follower", "CPU s");

	private static final Logger logger = LoggerFactory.getLogger(Burst.class);

	/** How many puts a writer has under way at once. */
	private static final int UNDER_WAY = 64;

	private final Scale scale;

	private final List<Kind> kinds;

	Burst(Scale scale, List<Kind> kinds) {
		this.scale = scale;
		this.kinds = kinds;
	}

	Result run() throws Exception {
		Result result = Result.of(NAME);
		Map<Kind, Figures> figures = new EnumMap<>(Kind.class);
		try (Stage stage = new Stage(this.scale.burst(), this.kinds)) {
			for (int round = -this.scale.warmUpRounds(); round < this.scale.rounds(); round++) {
				for (Follower follower : stage.followers()) {
					Figures figure = figures.computeIfAbsent(follower.kind(), (kind) -> new Figures());
					measure(stage, follower, round, (round >= 0) ? figure : new Figures());
				}
				logger.info("{} of {} rounds that count", Math.max(0, round + 1), this.scale.rounds());
			}
		}
		double floor = figures.get(Kind.RAW_WATCH).cpu.medianMillis();
		figures.forEach((kind, figure) -> figure.addTo(result, kind, this.scale.burst(), floor));
		result.write(this.scale.folder());
		PLOT.draw(result, this.scale.folder());
		return result;
	}

	private void measure(Stage stage, Follower follower, int round, Figures figures) throws Exception {
		Duration before = quiet(follower);
		int changes = this.scale.burst();
		Population population = stage.population(follower.kind());
		long begun = System.nanoTime();
		Pipeline.run(changes - 1, UNDER_WAY,
				(i) -> stage.kv().put(population.key(i), population.value(i, 10_000 + round)));
		int port = 20_000 + round;
		long acknowledged = stage.put(follower.kind(), port);
		figures.rate = changes / ((System.nanoTime() - begun) / 1e9);
		figures.upToDate.add(follower.awaitSeen(port) - acknowledged);
		figures.cpu.add(quiet(follower).minus(before).toNanos());
	}

	/** Waits until it does nothing any more; returns what it has used by then. */
	private static Duration quiet(Follower follower) {
		AtomicReference<Duration> last = new AtomicReference<>(Duration.ZERO);
		await().atMost(Duration.ofMinutes(2))
			.pollDelay(Duration.ofMillis(500))
			.pollInterval(Duration.ofMillis(500))
			.until(() -> {
				Duration now = follower.cpu();
				return now.minus(last.getAndSet(now)).toMillis() <= 10;
			});
		return last.get();
	}

	/**
	 * What has been measured of a follower.
	 */
	private static final class Figures {

		private final Samples cpu = new Samples();

		private final Samples upToDate = new Samples();

		private double rate;

		void addTo(Result result, Kind kind, int changes, double floor) {
			result.add("follower", kind.toString(), "changes", changes, "n", this.cpu.n(), "changes a second",
					Math.round(this.rate), "CPU s", this.cpu.medianMillis() / 1_000, RATIO,
					this.cpu.medianMillis() / floor, "up to date after ms", this.upToDate.medianMillis(), "at most ms",
					this.upToDate.quantileMillis(1));
		}

	}

}
