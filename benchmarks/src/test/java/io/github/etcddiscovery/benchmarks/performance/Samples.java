package io.github.etcddiscovery.benchmarks.performance;

import java.util.ArrayList;
import java.util.List;

/**
 * How long something took each time, in nanoseconds.
 */
final class Samples {

	private final List<Long> nanos = new ArrayList<>();

	void add(long nanos) {
		this.nanos.add(nanos);
	}

	int n() {
		return this.nanos.size();
	}

	double medianMillis() {
		return quantileMillis(0.5);
	}

	/** The nearest rank: of 100 samples the 99th. */
	double quantileMillis(double quantile) {
		List<Long> sorted = this.nanos.stream().sorted().toList();
		int rank = (int) Math.ceil(quantile * sorted.size());
		return sorted.get(Math.max(rank, 1) - 1) / 1e6;
	}

}
