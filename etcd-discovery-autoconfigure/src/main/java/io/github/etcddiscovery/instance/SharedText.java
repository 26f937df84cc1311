package io.github.etcddiscovery.instance;

import org.jspecify.annotations.Nullable;

/**
 * Replaces texts by equal ones seen before, so that the instances of a view share the
 * names of services, zones and versions instead of holding a copy each. Safe to use from
 * any thread: after a race, one text less is remembered.
 */
final class SharedText {

	/** Longer texts are rarely repeated, so sharing them would save nothing. */
	private static final int LONGEST = 64;

	/** How many texts are remembered. They take half a megabyte, if they are Latin-1. */
	private static final int MOST = 4_096;

	private static final @Nullable String[] SEEN = new String[MOST];

	private SharedText() {
	}

	/**
	 * Returns a shared text that equals the given one.
	 * @param text a text
	 * @return the equal text seen earlier if it is still remembered, otherwise the given
	 * one
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
