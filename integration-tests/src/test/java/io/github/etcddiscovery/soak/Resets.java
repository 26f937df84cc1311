package io.github.etcddiscovery.soak;

import java.util.List;

import io.github.etcddiscovery.testsupport.EtcdProcess;

/**
 * What lets etcd begin another history: one kind after the other.
 */
final class Resets {

	static final String WIPED = "etcd wiped";

	/** To a revision that was not reached after the wipe. */
	private static final String RESTORED_PAST_A_WIPE = "etcd restored as it was before it was wiped";

	/** To a revision that had been reached already. */
	private static final String RESTORED = "etcd restored from an older snapshot";

	static final List<String> KINDS = List.of(WIPED, RESTORED_PAST_A_WIPE, RESTORED);

	private final Cluster cluster;

	private final Truth truth;

	private History.State saved = History.State.EMPTY;

	private int count;

	Resets(Cluster cluster, Truth truth) {
		this.cluster = cluster;
		this.truth = truth;
	}

	/** Which one comes next. */
	String next() {
		return KINDS.get(this.count % KINDS.size());
	}

	/**
	 * Whether etcd would soon get past what it is to be restored to, which is to be
	 * ahead.
	 */
	boolean isDue() {
		return next().equals(RESTORED_PAST_A_WIPE) && this.truth.known() > this.saved.revision() * 3 / 4;
	}

	/**
	 * Does the next one, and does not wait for etcd to be back. Nobody may write. Returns
	 * what is left to do then.
	 */
	Runnable reset() {
		boolean wiped = next().equals(WIPED);
		this.cluster.members().forEach(EtcdProcess::kill);
		if (wiped) {
			this.saved = this.truth.current().state();
			this.cluster.members().forEach(EtcdProcess::save);
			this.cluster.members().forEach(EtcdProcess::wipe);
			this.truth.begin(History.State.EMPTY);
		}
		else {
			this.cluster.members().forEach(EtcdProcess::restore);
			this.truth.begin(this.saved);
		}
		this.cluster.members().forEach(EtcdProcess::launchAgain);
		this.count++;
		return () -> {
			if (wiped) {
				this.cluster.enableAuthentication();
			}
		};
	}

}
