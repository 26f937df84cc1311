package io.github.etcddiscovery.view;

import java.util.List;
import java.util.Set;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.WatchEvent;

/**
 * Receives what a reflector finds. Called on its loop only.
 */
interface ReflectorSink {

	/** A listing begins; pages of an earlier one that did not end are void. */
	void beginListing();

	void addPage(List<KeyValue> page);

	/** The listing is complete and is what etcd held at this revision. */
	void completeListing(long revision, boolean newHistory);

	void apply(WatchEvent event);

	/** All changes up to this revision have been applied. */
	void publish(long revision);

	/** Changes arrive as they happen from now on. */
	void current();

	/** Changes do not arrive any more; it is being tried again. */
	void interrupted(EtcdException cause);

	/** The keys that are held. */
	Set<String> keys();

	/** At which revision a key changed last, 0 if it is not held. */
	long revisionOf(String key);

	/** Whether just this is held. */
	boolean isHeld(KeyValue keyValue);

}
