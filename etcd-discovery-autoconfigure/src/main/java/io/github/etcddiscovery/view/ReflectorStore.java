package io.github.etcddiscovery.view;

import java.util.List;

import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.WatchEvent;

/**
 * Keeps what a reflector finds. Called on its loop only.
 */
interface ReflectorStore extends HistoryProof.HeldKeys {

	/** A listing begins. The pages of an earlier one that did not end are void. */
	void beginListing();

	void addPage(List<KeyValue> page);

	/** The pages since the last beginning are all that etcd holds. */
	void completeListing();

	void apply(WatchEvent event);

}
