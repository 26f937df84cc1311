package io.github.etcddiscovery.soak;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * All that etcd did: one history after another, each of which begins when etcd is wiped
 * or restored.
 */
final class Truth {

	private final List<History> histories = new CopyOnWriteArrayList<>();

	private final Violations violations;

	Truth(Violations violations) {
		this.violations = violations;
		begin(History.State.EMPTY);
	}

	/** From now on etcd goes on from here, whatever it did before. */
	void begin(History.State beginning) {
		this.histories.add(new History(beginning, this.violations));
	}

	/** How many there have been so far. */
	int epoch() {
		return this.histories.size();
	}

	/** The history of an epoch, the first of which is 1. */
	History history(int epoch) {
		return this.histories.get(epoch - 1);
	}

	History current() {
		return history(epoch());
	}

	/** Up to here all revisions of the current history are known. */
	long known() {
		return current().known();
	}

	/** How often a member has told what another one had told before. */
	long confirmations() {
		return this.histories.stream().mapToLong(History::confirmations).sum();
	}

	/** By key what etcd holds, as far as that is known. */
	Map<String, Change> entries() {
		return current().state().entries();
	}

}
