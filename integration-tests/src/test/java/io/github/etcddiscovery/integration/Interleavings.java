package io.github.etcddiscovery.integration;

import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.StressOptions;

/**
 * Runs the operations of a class in parallel, a few of them at a time, and looks whether
 * what they return could have come of one order of them all.
 */
public final class Interleavings {

	private static final int THREADS = 2;

	private static final int OPERATIONS = 3;

	/** How many times as much as it takes for a first look. */
	private static final int FACTOR = Integer.getInteger("interleavings", 1);

	/** Loops that come to an end, and are not to be taken for those that do not. */
	private static final int LOOP = 100_000;

	private Interleavings() {
	}

	/** Switches threads at chosen steps, as if memory were one. */
	public static void tryOrders(Class<?> operations) {
		new ModelCheckingOptions().threads(THREADS)
			.actorsPerThread(OPERATIONS)
			.iterations(2 * FACTOR)
			.invocationsPerIteration(100)
			.loopIterationsBeforeThreadSwitch(LOOP)
			.loopBound(LOOP)
			.check(operations);
	}

	/** Lets threads run freely, with whatever the processor reorders. */
	public static void tryFreely(Class<?> operations) {
		new StressOptions().threads(THREADS)
			.actorsPerThread(OPERATIONS)
			.iterations(2 * FACTOR)
			.invocationsPerIteration(500)
			.check(operations);
	}

}
