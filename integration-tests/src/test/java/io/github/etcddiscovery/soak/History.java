package io.github.etcddiscovery.soak;

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

	private long compacted;

	private long confirmations;

	History(State beginning, Violations violations) {
		this.beginning = beginning;
		this.entries = new HashMap<>(beginning.entries());
		this.known = beginning.revision();
		this.compacted = beginning.compacted();
		this.violations = violations;
	}

	/** A member has told all changes of a revision. */
	synchronized void observed(String member, long revision, List<Change> changes) {
		Revision first = this.revisions.putIfAbsent(revision, new Revision(revision, changes, System.nanoTime()));
		if (first != null && first.changes().equals(changes)) {
			this.confirmations++;
		}
		else if (first != null) {
			this.violations.add("etcd", "%s tells %s of revision %d, another member %s", member, changes, revision,
					first.changes());
		}
		for (Revision next = this.revisions.get(this.known + 1); next != null; next = this.revisions
			.get(this.known + 1)) {
			next.applyTo(this.entries);
			this.known++;
		}
	}

	/** etcd may have forgotten what was before this revision. */
	synchronized void compacted(long revision) {
		this.compacted = Math.max(this.compacted, revision);
	}

	/** Whether etcd can still tell what was after a revision. */
	synchronized boolean isTold(long revision) {
		return revision >= this.compacted;
	}

	/** How often a member has told what another one had told before. */
	synchronized long confirmations() {
		return this.confirmations;
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
		long last = Math.min(to, this.known);
		return (last > after) ? List.copyOf(this.revisions.subMap(after + 1, last + 1).values()) : List.of();
	}

	/** By key what etcd held at a revision, which has to be known. */
	synchronized Map<String, Change> at(long revision) {
		Map<String, Change> held = new HashMap<>(this.beginning.entries());
		between(this.beginning.revision(), revision).forEach((change) -> change.applyTo(held));
		return held;
	}

	/** What etcd holds at the last revision known. */
	synchronized State state() {
		return new State(this.known, Map.copyOf(this.entries), this.compacted);
	}

	/**
	 * What etcd holds at a revision.
	 *
	 * @param revision the revision
	 * @param entries by key what is there
	 * @param compacted what was before this revision etcd may have forgotten
	 */
	record State(long revision, Map<String, Change> entries, long compacted) {

		/** etcd that is empty is at this revision. */
		static final State EMPTY = new State(1, Map.of(), 0);

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
