package io.github.etcddiscovery.registry;

import java.util.EnumSet;
import java.util.Set;

/**
 * How far the lease is on its way.
 */
enum LeaseState {

	/** None is held and none is wanted yet. */
	NONE,

	/** One is being granted, as often as it takes. */
	GRANTING,

	/** One is held and renewed with every heartbeat. */
	HELD,

	/** Not renewed any more: it is revoked, or runs out. */
	RELEASED;

	private Set<LeaseState> next() {
		return switch (this) {
			case NONE -> EnumSet.of(GRANTING, RELEASED);
			case GRANTING -> EnumSet.of(HELD, RELEASED);
			case HELD -> EnumSet.of(GRANTING, RELEASED);
			case RELEASED -> EnumSet.noneOf(LeaseState.class);
		};
	}

	LeaseState to(LeaseState next) {
		if (!next().contains(next)) {
			throw new IllegalStateException("A lease cannot go from " + this + " to " + next);
		}
		return next;
	}

}
