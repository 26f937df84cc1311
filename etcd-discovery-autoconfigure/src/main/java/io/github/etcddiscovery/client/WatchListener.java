package io.github.etcddiscovery.client;

import java.util.List;

/**
 * Receives the events of a watch. The client calls it on its network thread, in order and
 * one call at a time. A listener must hand the event over and return: while it blocks, no
 * call of the client is answered. The client logs what a listener throws, and the watch
 * goes on.
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
