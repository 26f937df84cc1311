package io.github.etcddiscovery.testsupport;

import java.util.random.RandomGenerator;

/**
 * Chance that makes every wait as long as it may be.
 */
public final class LongestWaits implements RandomGenerator {

	@Override
	public long nextLong() {
		return -1;
	}

}
