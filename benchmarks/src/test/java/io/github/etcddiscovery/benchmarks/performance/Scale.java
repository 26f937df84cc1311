package io.github.etcddiscovery.benchmarks.performance;

import java.nio.file.Path;
import java.util.List;

/**
 * How much is measured: little, which shows that it works, or as much as the page says.
 *
 * @param present how many instances there are besides those that change
 * @param changes how often something is changed for each figure
 * @param burst how many changes come at once
 * @param folder where results go
 */
record Scale(List<Integer> present, int changes, int burst, Path folder) {

	/** Of who reads all entries again each time. */
	private static final int SLOW_CHANGES = 50;

	private static final Scale SMALL = new Scale(List.of(10, 1_000), 30, 1_000, Path.of("target", "performance"));

	/** What the system properties ask for. */
	static Scale asked() {
		String folder = System.getProperty("performance.folder");
		return (folder != null) ? new Scale(List.of(10, 1_000, 10_000, 100_000), 500, 10_000, Path.of(folder)) : SMALL;
	}

	boolean isSmall() {
		return this == SMALL;
	}

	/** How often something is changed for each figure of who follows it so. */
	int changes(Kind kind) {
		return (kind == Kind.GO_KIT) ? Math.min(SLOW_CHANGES, this.changes) : this.changes;
	}

	/** How often something is measured that takes seconds. */
	int rounds() {
		return isSmall() ? 1 : 5;
	}

	/** How often that is done before it counts: the compiler is busy with it for long. */
	int warmUpRounds() {
		return isSmall() ? 1 : 15;
	}

	/** How often something is done before it counts. */
	int warmUp() {
		return isSmall() ? 30 : 500;
	}

}
