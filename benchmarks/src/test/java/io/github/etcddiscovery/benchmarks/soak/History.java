package io.github.etcddiscovery.benchmarks.soak;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A history of etcd, as those saw it who watch each of its members from nearby: of every
 * revision from the first all changes. Each revision is told by several members, which
 * have to agree; and whoever has written something knows its revision, too.
 */
final class History {

	private final SortedMap<Long, Revision> revisions = new TreeMap<>();

	private final State beginning;

	private final Map<String, Change> entries;

	private final Violations violations;

	private long known;

	History(State beginning, Violations violations) {
		this.beginning = beginning;
		this.entries = new HashMap<>(beginning.entries());
		this.known = beginning.revision();
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
			next.applyTo(this.entries);
			this.known++;
		}
	}

	/** What was there when it began. */
	State beginning() {
		return this.beginning;
	}

	/** Up to here all revisions are known. */
	synchronized long known() {
		return this.known;
	}

	/** The revisions after one and up to another, all of them known. */
	synchronized List<Revision> between(long after, long to) {
		return List.copyOf(this.revisions.subMap(after + 1, Math.min(to, this.known) + 1).values());
	}

	/** By key what etcd held at a revision, which has to be known. */
	synchronized Map<String, Change> at(long revision) {
		Map<String, Change> held = new HashMap<>(this.beginning.entries());
		between(this.beginning.revision(), revision).forEach((change) -> change.applyTo(held));
		return held;
	}

	/** What etcd holds at the last revision known. */
	synchronized State state() {
		return new State(this.known, Map.copyOf(this.entries));
	}

	/**
	 * What etcd holds at a revision.
	 *
	 * @param revision the revision
	 * @param entries by key what is there
	 */
	record State(long revision, Map<String, Change> entries) {

		/** etcd that is empty is at this revision. */
		static final State EMPTY = new State(1, Map.of());

	}

	/**
	 * What came to be in one step.
	 *
	 * @param number the revision
	 * @param changes what has changed
	 * @param observedAt when it was seen first, by the JVM's clock
	 */
	record Revision(long number, List<Change> changes, long observedAt) {

		void applyTo(Map<String, Change> entries) {
			for (Change change : this.changes) {
				if (change.deleted()) {
					entries.remove(change.key());
				}
				else {
					entries.put(change.key(), change);
				}
			}
		}

	}

}
