package io.github.etcddiscovery.registry;

import java.util.EnumSet;
import java.util.Set;

/**
 * How far a record is on its way into etcd or out of it.
 */
public enum RecordState {

	/** Wanted, but not known to be in etcd. */
	WANTED,

	/** In etcd, though a change may be on its way or refused. */
	REGISTERED,

	/** Its key belongs to another live process; waiting for it to go. */
	CONFLICT,

	/** On its way out. */
	LEAVING,

	/** Out of etcd, or left to its lease. */
	GONE;

	private Set<RecordState> next() {
		return switch (this) {
			case WANTED -> EnumSet.of(REGISTERED, CONFLICT, LEAVING);
			case REGISTERED -> EnumSet.of(WANTED, CONFLICT, LEAVING);
			case CONFLICT -> EnumSet.of(WANTED, REGISTERED, LEAVING);
			case LEAVING -> EnumSet.of(GONE);
			case GONE -> EnumSet.noneOf(RecordState.class);
		};
	}

	RecordState to(RecordState next) {
		if (next != this && !next().contains(next)) {
			throw new IllegalStateException("A record cannot go from " + this + " to " + next);
		}
		return next;
	}

}
