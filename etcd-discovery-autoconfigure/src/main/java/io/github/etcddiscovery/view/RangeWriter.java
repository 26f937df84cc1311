package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.WatchEvent;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.instance.KeyRange;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what etcd holds in one range, and tells the catalog's writer what has changed.
 * Belongs to one thread and does no I/O.
 *
 * @param <T> what the view holds of an instance
 */
final class RangeWriter<T> {

	private static final Logger logger = LoggerFactory.getLogger(RangeWriter.class);

	/** Decoders that are not ours may say anything, and it is kept. */
	private static final int LONGEST_REASON = 300;

	private final KeyRange range;

	private final InstanceDecoder<T> decoder;

	private final CatalogWriter<T> catalog;

	private final VanishedInstances<T> vanished;

	/** How many instances there are, rejected entries not counted. */
	private volatile int instances;

	/** Why entries cannot be read, by key. */
	private final Map<String, String> rejections = new ConcurrentHashMap<>();

	private Map<String, Entry<T>> entries = new HashMap<>();

	private Map<String, Entry<T>> listing = new HashMap<>();

	RangeWriter(KeyRange range, InstanceDecoder<T> decoder, CatalogWriter<T> catalog, VanishedInstances<T> vanished) {
		this.range = range;
		this.decoder = decoder;
		this.catalog = catalog;
		this.vanished = vanished;
	}

	/** The keys that etcd holds, those of rejected entries included. */
	Set<String> keys() {
		return this.entries.keySet();
	}

	/** At which revision a key changed last, 0 if etcd does not hold it. */
	long revisionOf(String key) {
		Entry<T> entry = this.entries.get(key);
		return (entry != null) ? entry.modRevision() : 0;
	}

	/** Whether etcd holds just this. */
	boolean isHeld(KeyValue keyValue) {
		Entry<T> entry = this.entries.get(keyValue.key());
		return entry != null && entry.isOf(keyValue);
	}

	/** How many instances there are. May be called from any thread. */
	int instances() {
		return this.instances;
	}

	/** Why entries cannot be read, by key. May be read from any thread. */
	Map<String, String> rejections() {
		return Collections.unmodifiableMap(this.rejections);
	}

	void beginListing() {
		this.listing = new HashMap<>();
	}

	/** Takes a page of the listing. What has not changed is not decoded again. */
	void addPage(List<KeyValue> page) {
		for (KeyValue keyValue : page) {
			Entry<T> known = this.entries.get(keyValue.key());
			boolean unchanged = known != null && known.isOf(keyValue);
			this.listing.put(keyValue.key(), unchanged ? known : decode(keyValue, known));
		}
	}

	/** Takes the listing, now complete, for what etcd holds. */
	void completeListing() {
		Map<String, Entry<T>> old = this.entries;
		this.entries = this.listing;
		this.listing = new HashMap<>();
		old.forEach((key, entry) -> {
			if (!this.entries.containsKey(key)) {
				touch(key, entry, null);
			}
		});
		this.entries.forEach((key, entry) -> {
			Entry<T> before = old.get(key);
			if (before != entry) {
				touch(key, before, entry);
			}
		});
	}

	void apply(WatchEvent event) {
		KeyValue keyValue = event.keyValue();
		if (event.deleted()) {
			touch(keyValue.key(), this.entries.remove(keyValue.key()), null);
			return;
		}
		Entry<T> before = this.entries.get(keyValue.key());
		Entry<T> entry = decode(keyValue, before);
		this.entries.put(keyValue.key(), entry);
		touch(keyValue.key(), before, entry);
	}

	/**
	 * Decides, once all changes are in, which of those that have vanished are retained.
	 * @param newHistory whether etcd was wiped or restored
	 */
	void settle(boolean newHistory) {
		this.vanished.settle(this.instances, newHistory);
		retain();
	}

	/** In which time to call {@link #expire()}, zero if nothing is retained. */
	Duration untilNextExpiry() {
		return this.vanished.untilNextExpiry();
	}

	/** Lets go of what has been retained long enough. */
	void expire() {
		this.vanished.expire();
		retain();
	}

	private void retain() {
		if (this.vanished.hasChanged()) {
			this.catalog.retain(this.range.prefix(), this.vanished.byService());
		}
	}

	private Entry<T> decode(KeyValue keyValue, @Nullable Entry<T> before) {
		InstanceKey key = null;
		if (this.range.isElsewhere(keyValue.key())) {
			return Entry.of(keyValue, null, null, null);
		}
		try {
			key = this.range.parse(keyValue.key());
			return Entry.of(keyValue, key, this.decoder.decode(key, keyValue), null);
		}
		catch (RuntimeException | LinkageError | StackOverflowError ex) {
			// Whatever stands in etcd may be the cause: it must not harm the rest. Once a
			// key
			// is enough, or somebody could fill the log.
			if (before == null || before.instance() != null) {
				logger.warn("Ignoring the entry at {}: {}", escaped(keyValue.key()), ex.getMessage());
			}
			String reason = String.valueOf(ex.getMessage());
			return Entry.of(keyValue, key, null, reason.substring(0, Math.min(reason.length(), LONGEST_REASON)));
		}
	}

	private static String escaped(String key) {
		return key.replaceAll("\\p{Cntrl}", "?");
	}

	private void touch(String name, @Nullable Entry<T> before, @Nullable Entry<T> after) {
		if (after != null && after.rejection() != null) {
			this.rejections.put(name, after.rejection());
		}
		else if (before != null && before.rejection() != null) {
			this.rejections.remove(name);
		}
		InstanceKey key = (after != null && after.key() != null) ? after.key() : (before != null) ? before.key() : null;
		T was = (before != null) ? before.instance() : null;
		T is = (after != null) ? after.instance() : null;
		if (key != null && (was != null || is != null)) {
			this.catalog.touch(key, was, is);
			this.instances = this.instances + ((is != null) ? 1 : 0) - ((was != null) ? 1 : 0);
			if (after != null) {
				this.vanished.returned(key);
			}
			else if (was != null && this.catalog.isAvailable(was)) {
				this.vanished.vanished(key, was);
			}
		}
	}

	/**
	 * What is known of a key.
	 *
	 * @param modRevision when it changed last
	 * @param valueHash tells values apart that an etcd restored from a backup gave the
	 * same revision
	 * @param leaseId as does the lease, if its owner has put it back just as it was
	 * @param key which instance it is, {@code null} if the key is not of our layout
	 * @param instance what the view holds of it, {@code null} if it was rejected or
	 * belongs elsewhere
	 * @param rejection why it cannot be read, {@code null} if it can
	 */
	private record Entry<T>(long modRevision, int valueHash, long leaseId, @Nullable InstanceKey key,
			@Nullable T instance, @Nullable String rejection) {

		static <T> Entry<T> of(KeyValue keyValue, @Nullable InstanceKey key, @Nullable T instance,
				@Nullable String rejection) {
			return new Entry<>(keyValue.modRevision(), Arrays.hashCode(keyValue.value()), keyValue.leaseId(), key,
					instance, rejection);
		}

		boolean isOf(KeyValue keyValue) {
			return this.modRevision == keyValue.modRevision() && this.leaseId == keyValue.leaseId()
					&& this.valueHash == Arrays.hashCode(keyValue.value());
		}

	}

}
