package io.github.etcddiscovery.view;

import java.time.Duration;
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
import io.github.etcddiscovery.instance.PlainText;
import io.github.etcddiscovery.support.LimitedLog;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/**
 * Keeps what etcd holds in one range, and tells the catalog's writer what has changed.
 * Belongs to one thread and does no I/O.
 *
 * @param <T> what the view holds of an instance
 */
final class RangeWriter<T> implements ReflectorStore {

	/** How much of a key is shown, in characters. */
	static final int LONGEST_KEY = 200;

	/** How much of a reason is shown, in characters. */
	private static final int LONGEST_REASON = 300;

	/**
	 * For how many rejected entries the reason is kept. Others may write very many of
	 * them.
	 */
	private static final int MOST_REASONS = 1_000;

	private static final String MANY_REJECTED = "reason not kept: %d other entries are rejected"
		.formatted(MOST_REASONS);

	private final KeyRange range;

	/** The cluster, for log lines. */
	private final String where;

	private final InstanceDecoder<T> decoder;

	private final CatalogWriter<T> catalog;

	private final VanishedInstances<T> vanished;

	private final InstanceQuota quota;

	private final LimitedLog log;

	/** How many instances there are, rejected entries not counted. */
	private volatile int instances;

	/** Why entries cannot be read, by key. */
	private final Map<String, String> rejections = new ConcurrentHashMap<>();

	/** The keys of instances that no lease removes. */
	private final Set<String> withoutLease = ConcurrentHashMap.newKeySet();

	private final InstanceQuota.WaitingKeys waiting;

	private Map<String, RangeEntry<T>> entries = new HashMap<>();

	private Map<String, RangeEntry<T>> listing = new HashMap<>();

	/** How many entries of the listing under way are rejected. */
	private int rejectedInListing;

	/** Counts what the listing under way finds. */
	private InstanceQuota listed;

	/** Whether the next listing is to find what fits besides the instances held. */
	private boolean filling;

	RangeWriter(KeyRange range, String where, InstanceDecoder<T> decoder, CatalogWriter<T> catalog,
			VanishedInstances<T> vanished, InstanceQuota quota, LimitedLog log) {
		this.range = range;
		this.where = where;
		this.decoder = decoder;
		this.catalog = catalog;
		this.vanished = vanished;
		this.quota = quota;
		this.listed = quota.empty();
		this.waiting = new InstanceQuota.WaitingKeys(quota);
		this.log = log;
	}

	/** The keys that etcd holds, those of rejected entries included. */
	@Override
	public Set<String> keys() {
		return this.entries.keySet();
	}

	/** At which revision a key changed last, 0 if etcd does not hold it. */
	@Override
	public long revisionOf(String key) {
		RangeEntry<T> entry = this.entries.get(key);
		return (entry != null) ? entry.modRevision() : 0;
	}

	/** Whether etcd holds just this. */
	@Override
	public boolean isHeld(KeyValue keyValue) {
		RangeEntry<T> entry = this.entries.get(keyValue.key());
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

	/** The keys of instances without a lease. May be read from any thread. */
	Set<String> withoutLease() {
		return Collections.unmodifiableSet(this.withoutLease);
	}

	/** Whether the quota allows by now an entry that was over it. */
	boolean hasWaitingThatFit() {
		return this.waiting.hasFitting();
	}

	/** The next listing is to find what fits besides the instances held. */
	void fillNext() {
		this.filling = true;
	}

	/**
	 * Starts a new count: the current one still includes instances that are already gone.
	 * A listing for entries that were over the quota starts with the instances already
	 * held.
	 */
	@Override
	public void beginListing() {
		this.listing = new HashMap<>();
		this.rejectedInListing = 0;
		this.listed = this.filling ? this.quota.copy() : this.quota.empty();
	}

	/** Takes a page of the listing. What has not changed is not decoded again. */
	@Override
	public void addPage(List<KeyValue> page) {
		for (KeyValue keyValue : page) {
			RangeEntry<T> known = this.entries.get(keyValue.key());
			RangeEntry<T> found = (known != null && known.isOf(keyValue) && !known.waiting()) ? known
					: decode(keyValue, known, this.listed);
			this.listing.put(keyValue.key(), found);
			this.rejectedInListing += (found.rejection() != null) ? 1 : 0;
			String service = RangeEntry.gaining(this.filling ? known : null, found);
			if (service != null) {
				this.listed.take(service);
			}
		}
	}

	/** Takes the listing, now complete, for what etcd holds. */
	@Override
	public void completeListing() {
		Map<String, RangeEntry<T>> old = this.entries;
		Map<String, RangeEntry<T>> found = this.listing;
		this.entries = new HashMap<>();
		this.filling = false;
		beginListing();
		old.forEach((key, entry) -> {
			if (!found.containsKey(key)) {
				touch(key, entry, null);
			}
		});
		found.forEach((key, entry) -> put(key, old.get(key), entry));
	}

	@Override
	public void apply(WatchEvent event) {
		KeyValue keyValue = event.keyValue();
		RangeEntry<T> before = this.entries.get(keyValue.key());
		if (event.deleted()) {
			this.entries.remove(keyValue.key());
			touch(keyValue.key(), before, null);
		}
		else {
			put(keyValue.key(), before, decode(keyValue, before, this.quota));
		}
	}

	/** Another range may have used up the quota since an entry was decoded. */
	private void put(String name, @Nullable RangeEntry<T> before, RangeEntry<T> decoded) {
		String gaining = RangeEntry.gaining(before, decoded);
		RangeEntry<T> after = decoded;
		if (gaining != null && this.quota.isLeft(gaining)) {
			this.quota.take(gaining);
		}
		else if (gaining != null) {
			after = decoded.waitingInstead(this.quota.reason(gaining));
		}
		this.entries.put(name, after);
		if (before != after) {
			touch(name, before, after);
		}
	}

	/**
	 * Decides, once all changes are in, which of those that have vanished are retained.
	 * @param newHistory whether etcd was wiped or restored
	 */
	void settle(boolean newHistory) {
		this.vanished.settle(this.instances, this.catalog::instances, newHistory);
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

	/** From now on what etcd holds in this range counts, and nothing older. */
	void dropRestored() {
		this.catalog.dropRestored(this.range::holds);
	}

	private void retain() {
		this.catalog.retain(this.vanished.takeChanges());
	}

	private RangeEntry<T> decode(KeyValue keyValue, @Nullable RangeEntry<T> before, InstanceQuota quota) {
		InstanceKey key = null;
		if (this.range.isElsewhere(keyValue.key())) {
			return RangeEntry.of(keyValue, null, null, null, false);
		}
		try {
			key = (before != null && before.key() != null) ? before.key() : this.range.parse(keyValue.key());
			boolean counted = before != null && before.instance() != null;
			if (!counted && !quota.isLeft(key.serviceId())) {
				return reject(keyValue, key, quota.reason(key.serviceId()), true, before);
			}
			return RangeEntry.of(keyValue, key, this.decoder.decode(key, keyValue), null, false);
		}
		catch (OutOfMemoryError ex) {
			// This entry need not be the cause.
			throw ex;
		}
		catch (Throwable ex) {
			// Whatever stands in etcd may be the cause, in a format of the user's too: it
			// must not harm the rest.
			return reject(keyValue, key, PlainText.of(String.valueOf(ex.getMessage()), LONGEST_REASON), false, before);
		}
	}

	private RangeEntry<T> reject(KeyValue keyValue, @Nullable InstanceKey key, String reason, boolean waiting,
			@Nullable RangeEntry<T> before) {
		if (before == null || before.rejection() == null || before.waiting() != waiting) {
			this.log.log(Level.WARN, this.range.service(keyValue.key()), keyValue.key(),
					() -> "Ignoring the entry at %s%s: %s".formatted(PlainText.of(keyValue.key(), LONGEST_KEY),
							this.where, reason));
		}
		boolean many = Math.max(this.rejections.size(), this.rejectedInListing) >= MOST_REASONS;
		return RangeEntry.of(keyValue, key, null, many ? MANY_REJECTED : reason, waiting);
	}

	private void touch(String name, @Nullable RangeEntry<T> before, @Nullable RangeEntry<T> after) {
		String losing = RangeEntry.gaining(after, before);
		if (losing != null) {
			this.quota.giveBack(losing);
		}
		if (before != null && before.waiting() && before.key() != null) {
			this.waiting.remove(before.key().serviceId(), name);
		}
		if (after != null && after.waiting() && after.key() != null) {
			this.waiting.add(after.key().serviceId(), name);
		}
		if (after != null && after.rejection() != null) {
			this.rejections.put(name, after.rejection());
		}
		else if (before != null && before.rejection() != null) {
			this.rejections.remove(name);
		}
		if (after != null && after.isWithoutLease()) {
			this.withoutLease.add(name);
		}
		else if (before != null && before.isWithoutLease()) {
			this.withoutLease.remove(name);
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

}
