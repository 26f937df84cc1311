package io.github.etcddiscovery.support;

import org.jspecify.annotations.Nullable;

/**
 * Hears of what is done, to measure it. Called on the threads of the state machines,
 * which it must not block; what it throws is logged and harms nothing else.
 */
public interface Telemetry {

	/** Measures nothing. */
	Telemetry NONE = new Telemetry() {
	};

	/**
	 * An operation begins.
	 * @param kind what is done
	 * @param subject to which key, or under which prefix
	 * @return hears of its end
	 */
	default Operation begin(Kind kind, String subject) {
		return (failure) -> {
		};
	}

	/**
	 * Returns the telemetry for a remote cluster.
	 * @param cluster the name of the cluster
	 * @return hears of what is done there; by default this telemetry
	 */
	default Telemetry ofCluster(String cluster) {
		return this;
	}

	/**
	 * etcd has acknowledged a write.
	 * @param key which key was written
	 * @param revision the revision of the write
	 * @param sentAt when it was sent, by {@link EventLoop#nanoTime()}
	 */
	default void written(String key, long revision, long sentAt) {
	}

	/**
	 * Readers see etcd as it was at a revision, or later.
	 * @param prefix under which prefix
	 * @param revision the revision
	 * @param seenAt since when, by {@link EventLoop#nanoTime()}
	 */
	default void seen(String prefix, long revision, long seenAt) {
	}

	/**
	 * What is done.
	 */
	enum Kind {

		/** A record is put into etcd, for the first time or again. */
		REGISTER,

		/** A record is taken out of etcd. */
		DEREGISTER,

		/** Everything under a prefix is read once more. */
		RESYNC

	}

	/**
	 * Something that takes time.
	 */
	@FunctionalInterface
	interface Operation {

		/**
		 * It has ended.
		 * @param failure why it did not succeed, {@code null} if it did
		 */
		void end(@Nullable Throwable failure);

	}

}
