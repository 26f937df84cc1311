package io.github.etcddiscovery.benchmarks.soak;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The history of etcd, as those saw it who watch each of its members from nearby: of
 * every revision from the first all changes. Each revision is told by several members,
 * which have to agree; and whoever has written something knows its revision, too.
 */
final class Truth {

	/** An etcd that is empty is at this revision. */
	private static final long EMPTY = 1;

	private final SortedMap<Long, Revision> revisions = new TreeMap<>();

	private final Map<String, Change> state = new HashMap<>();

	private final Violations violations;

	private long known = EMPTY;

	Truth(Violations violations) {
		this.violations = violations;
	}

	/** A member has told all changes of a revision. */
	synchronized void observed(String member, long revision, List<Change> changes) {
		Revision first = this.revisions.putIfAbsent(revision, new Revision(revision, changes, System.nanoTime()));
		if (first != null && !first.changes().equals(changes)) {
			this.violations.add("etcd", "%s tells %s of revision %d, another member %s", member, changes, revision,
					first.changes());
		}
		for (Revision next = this.revisions.get(this.known + 1); next != null; next = this.revisions
			.get(this.known + 1)) {
			next.applyTo(this.state);
			this.known++;
		}
	}

	/** Up to here all revisions are known. */
	synchronized long known() {
		return this.known;
	}

	/** The revisions after one and up to another, all of them known. */
	synchronized List<Revision> between(long after, long to) {
		return List.copyOf(this.revisions.subMap(after + 1, Math.min(to, this.known) + 1).values());
	}

	/** What etcd holds at the last revision known. */
	synchronized Map<String, Change> state() {
		return Map.copyOf(this.state);
	}

	/**
	 * What came to be in one step.
	 *
	 * @param number the revision
	 * @param changes what has changed
	 * @param observedAt when it was seen first, by the JVM's clock
	 */
	record Revision(long number, List<Change> changes, long observedAt) {

		void applyTo(Map<String, Change> state) {
			for (Change change : this.changes) {
				if (change.deleted()) {
					state.remove(change.key());
				}
				else {
					state.put(change.key(), change);
				}
			}
		}

	}

}
