package io.github.etcddiscovery.view;

import java.util.EnumSet;
import java.util.Set;

/**
 * What a view is doing. There is no state that it cannot leave, but for being closed.
 */
public enum ViewState {

	/** Not started yet. */
	IDLE,

	/** Reading all keys at one revision. */
	LISTING,

	/** Waiting for etcd to accept the watch from the next revision on. */
	OPENING,

	/** Proving that etcd's history is still the one that the view has followed. */
	PROVING,

	/** Current: changes arrive as they happen. */
	WATCHING,

	/** Waiting before the next attempt. */
	WAITING,

	/** Closed for good. */
	CLOSED;

	private Set<ViewState> next() {
		return switch (this) {
			case IDLE -> EnumSet.of(LISTING, WAITING, CLOSED);
			case LISTING -> EnumSet.of(OPENING, WAITING, CLOSED);
			case OPENING -> EnumSet.of(OPENING, PROVING, WAITING, CLOSED);
			case PROVING -> EnumSet.of(WATCHING, OPENING, LISTING, WAITING, CLOSED);
			case WATCHING -> EnumSet.of(OPENING, WAITING, LISTING, CLOSED);
			case WAITING -> EnumSet.of(OPENING, LISTING, WAITING, CLOSED);
			case CLOSED -> EnumSet.noneOf(ViewState.class);
		};
	}

	ViewState to(ViewState next) {
		if (!next().contains(next)) {
			throw new IllegalStateException("A view cannot go from " + this + " to " + next);
		}
		return next;
	}

}
