package io.github.etcddiscovery.view;

import io.github.etcddiscovery.client.EtcdException;

/**
 * Hears how a reflector fares. Called on its loop only.
 */
interface ReflectorListener {

	/** A listing begins. */
	default void listing() {
	}

	/** A page of the listing was stored. */
	default void pageStored() {
	}

	/** The listing is stored, and is what etcd held at this revision. */
	void listed(long revision, boolean newHistory);

	/** So many changes were stored, the last one of this revision. */
	void changed(long revision, long changes);

	/** Changes arrive as they happen from now on. */
	void current();

	/** Changes do not arrive any more. The reflector tries again. */
	void interrupted(EtcdException cause);

}
