package io.github.etcddiscovery.instance;

import org.jspecify.annotations.Nullable;

/**
 * Replaces texts by equal ones seen before, so that the instances of a view share the
 * names of services, zones and versions instead of holding a copy each. Safe to use from
 * any thread: a race only loses a text.
 */
final class SharedText {

	/** Longer texts are seldom equal, and would be kept here for nothing. */
	private static final int LONGEST = 64;

	/** With texts of 64 characters these are half a megabyte at most. */
	private static final int MOST = 4_096;

	private static final @Nullable String[] SEEN = new String[MOST];

	private SharedText() {
	}

	/**
	 * Returns an equal text.
	 * @param text a text
	 * @return the one seen before where it is still known, otherwise this one
	 */
	static String of(String text) {
		if (text.length() > LONGEST) {
			return text;
		}
		int hash = text.hashCode();
		int slot = (hash ^ (hash >>> 16)) & (MOST - 1);
		String seen = SEEN[slot];
		if (text.equals(seen)) {
			return seen;
		}
		SEEN[slot] = text;
		return text;
	}

}
