package io.github.etcddiscovery.benchmarks.performance;

import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How long it takes from when etcd acknowledges a change until a follower sees it, by the
 * number of instances that there are. The followers take turns.
 */
final class Propagation {

	static final String NAME = "propagation";

	private static final Logger logger = LoggerFactory.getLogger(Propagation.class);

	private static final Plot PLOT = new Plot("follower", "instances", "changed ms");

	private final Scale scale;

	private final List<Kind> kinds;

	Propagation(Scale scale, List<Kind> kinds) {
		this.scale = scale;
		this.kinds = kinds;
	}

	Result run() throws Exception {
		Result result = Result.of(NAME);
		for (int present : this.scale.present()) {
			try (Stage stage = new Stage(present, this.kinds)) {
				measure(stage, this.scale.warmUp());
				Map<Kind, Figures> figures = measure(stage, this.scale.changes());
				double floor = figures.get(Kind.RAW_WATCH).changed.medianMillis();
				figures.forEach((kind, figure) -> figure.addTo(result, kind, present, floor));
			}
		}
		write(result);
		return result;
	}

	private void write(Result result) throws IOException {
		result.write(this.scale.folder());
		PLOT.draw(result, this.scale.folder());
	}

	private Map<Kind, Figures> measure(Stage stage, int changes) throws Exception {
		Map<Kind, Figures> figures = new EnumMap<>(Kind.class);
		for (int i = 0; i < changes; i++) {
			for (Follower follower : stage.followers()) {
				if (i < this.scale.changes(follower.kind())) {
					figures.computeIfAbsent(follower.kind(), (kind) -> new Figures()).add(stage, follower, 10_000 + i);
				}
			}
			if (i % 100 == 99) {
				logger.info("{} of {} changes", i + 1, changes);
			}
		}
		return figures;
	}

	/**
	 * What has been measured of a follower.
	 */
	private static final class Figures {

		private final Samples changed = new Samples();

		private final Samples removed = new Samples();

		private final Samples chosen = new Samples();

		void add(Stage stage, Follower follower, int port) throws Exception {
			long acknowledged = stage.put(follower.kind(), port);
			long seen = follower.awaitSeen(port);
			this.changed.add(seen - acknowledged);
			if (follower.kind() == Kind.STARTER) {
				this.chosen.add(follower.awaitChosen(port) - seen);
			}
			acknowledged = stage.delete(follower.kind());
			this.removed.add(follower.awaitSeen(0) - acknowledged);
			if (follower.kind() == Kind.STARTER) {
				follower.awaitChosen(0);
			}
		}

		void addTo(Result result, Kind kind, int present, double floor) {
			result.add("follower", kind.toString(), "instances", present, "n", this.changed.n(), "changed ms",
					this.changed.medianMillis(), "p99 ms", this.changed.quantileMillis(0.99), "to the watch",
					this.changed.medianMillis() / floor, "removed ms", this.removed.medianMillis(), "removed p99 ms",
					this.removed.quantileMillis(0.99), "chosen after ms",
					(this.chosen.n() > 0) ? this.chosen.medianMillis() : "");
		}

	}

}
