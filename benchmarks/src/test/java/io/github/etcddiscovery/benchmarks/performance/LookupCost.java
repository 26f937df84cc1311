package io.github.etcddiscovery.benchmarks.performance;

import java.util.Collection;
import java.util.Comparator;

import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs {@link Lookup} by JMH.
 */
final class LookupCost {

	static final String NAME = "lookup";

	static final String BYTES = "bytes";

	private static final String LIST = "getInstances";

	private static final Bars PLOT = new Bars("call", "instances from", "ns");

	private final Scale scale;

	LookupCost(Scale scale) {
		this.scale = scale;
	}

	Result run() throws Exception {
		ChainedOptionsBuilder options = new OptionsBuilder().include(Lookup.class.getName() + ".*")
			.addProfiler(GCProfiler.class)
			.shouldFailOnError(true);
		if (this.scale.isSmall()) {
			options.param("source", Source.STARTER.name(), Source.STATIC.name())
				.param("instances", "3")
				.forks(1)
				.warmupIterations(2)
				.warmupTime(TimeValue.milliseconds(500))
				.measurementIterations(1)
				.measurementTime(TimeValue.milliseconds(200));
		}
		else {
			options.forks(1)
				.warmupIterations(4)
				.warmupTime(TimeValue.seconds(1))
				.measurementIterations(5)
				.measurementTime(TimeValue.seconds(1));
		}
		Collection<RunResult> runs = new Runner(options.build()).run();
		Result result = Result.of(NAME);
		runs.stream()
			.filter((run) -> !isOfNothing(run))
			.sorted(Comparator.comparing((RunResult run) -> run.getPrimaryResult().getLabel())
				.thenComparing((run) -> Integer.valueOf(run.getParams().getParam("instances"))))
			.forEach((run) -> add(result, run));
		result.write(this.scale.folder());
		PLOT.draw(choosing(result), this.scale.folder());
		return result;
	}

	/** A list below the load balancer is not known to discovery clients. */
	private static boolean isOfNothing(RunResult run) {
		return run.getPrimaryResult().getLabel().equals(LIST)
				&& run.getParams().getParam("source").startsWith("STATIC");
	}

	/** What is drawn: the same for any number of instances. */
	private static Result choosing(Result result) {
		return new Result(NAME, result.setting(),
				result.where("instances", 3).stream().filter((row) -> !row.get("call").equals(LIST)).toList());
	}

	private static void add(Result result, RunResult run) {
		result.add("call", run.getPrimaryResult().getLabel(), "instances from",
				Source.valueOf(run.getParams().getParam("source")).toString(), "instances",
				Integer.valueOf(run.getParams().getParam("instances")), "n", run.getPrimaryResult().getSampleCount(),
				"ns", run.getPrimaryResult().getScore(), "±", run.getPrimaryResult().getScoreError(), BYTES,
				Math.round(run.getSecondaryResults().get("gc.alloc.rate.norm").getScore()));
	}

}
