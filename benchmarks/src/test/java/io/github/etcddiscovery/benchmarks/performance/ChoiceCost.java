package io.github.etcddiscovery.benchmarks.performance;

import java.util.Comparator;

import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs {@link Choices} by JMH.
 */
final class ChoiceCost {

	static final String NAME = "choices";

	private final Scale scale;

	ChoiceCost(Scale scale) {
		this.scale = scale;
	}

	Result run() throws Exception {
		ChainedOptionsBuilder options = new OptionsBuilder().include(Choices.class.getName() + ".*")
			.addProfiler(GCProfiler.class)
			.shouldFailOnError(true)
			.forks(this.scale.isSmall() ? 1 : 4)
			.warmupIterations(this.scale.isSmall() ? 1 : 4)
			.warmupTime(TimeValue.milliseconds(this.scale.isSmall() ? 300 : 1_000))
			.measurementIterations(this.scale.isSmall() ? 1 : 5)
			.measurementTime(TimeValue.milliseconds(this.scale.isSmall() ? 200 : 1_000));
		Result result = Result.of(NAME);
		new Runner(options.build()).run()
			.stream()
			.sorted(Comparator.comparing((run) -> way(run)))
			.forEach((run) -> result.add("chosen", way(run).toString(), "instances", Choices.INSTANCES, "n",
					run.getPrimaryResult().getSampleCount(), "ns", run.getPrimaryResult().getScore(), "±",
					run.getPrimaryResult().getScoreError(), LookupCost.BYTES,
					Math.round(run.getSecondaryResults().get("gc.alloc.rate.norm").getScore())));
		result.write(this.scale.folder());
		return result;
	}

	private static Choices.Way way(RunResult run) {
		return Choices.Way.valueOf(run.getParams().getParam("way"));
	}

}
