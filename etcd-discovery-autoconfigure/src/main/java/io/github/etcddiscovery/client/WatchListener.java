package io.github.etcddiscovery.client;

import java.util.List;

/**
 * Receives what a watch reports. Calls come in order and never two at a time, on the
 * network thread of the client: hand over and return. A listener that blocks holds up all
 * calls of the client. What is thrown here is logged and ends nothing.
 */
public interface WatchListener {

	/**
	 * etcd has accepted the watch: from now on changes are reported as they happen.
	 * @param revision etcd's revision at that moment
	 */
	void onCreated(long revision);

	/**
	 * Changes, in the order of their revisions. One call holds all changes of each of its
	 * revisions.
	 * @param events the changes, at least one
	 */
	void onEvents(List<WatchEvent> events);

	/**
	 * The watch has ended, whatever the cause, and nothing more will be reported. To miss
	 * nothing, open a new one from the revision after the last one received. Not called
	 * after the watch was closed by its owner.
	 * @param cause why it ended
	 */
	void onEnd(EtcdException cause);

}
