package io.github.etcddiscovery.test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

import com.google.protobuf.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * The leases, when they run out, and which keys go with them. Not thread-safe.
 */
final class LeaseTable {

	/** One and a half election timeouts of etcd's default, rounded up to seconds. */
	private static final long LEAST_TTL_SECONDS = 2;

	/** etcd's {@code MaxLeaseTTL}. */
	private static final long LONGEST_TTL_SECONDS = 9_000_000_000L;

	private final LongSupplier nanoTime;

	private final Map<Long, Lease> leases = new LinkedHashMap<>();

	private final Map<ByteString, Long> leaseByKey = new LinkedHashMap<>();

	/**
	 * Begins anywhere, so that a client which outlives one server does not hold a lease
	 * of the next one, which belongs to another client.
	 */
	private long nextId = ThreadLocalRandom.current().nextLong(1L << 40, 1L << 62);

	/**
	 * Creates a table.
	 * @param nanoTime a clock, in nanoseconds, that only goes forward
	 */
	LeaseTable(LongSupplier nanoTime) {
		this.nanoTime = nanoTime;
	}

	/**
	 * Grants a lease.
	 * @param wantedId its id, 0 for any
	 * @param ttlSeconds its time to live; one that is too short is made longer
	 */
	Lease grant(long wantedId, long ttlSeconds) {
		if (ttlSeconds > LONGEST_TTL_SECONDS) {
			throw EtcdStatuses.leaseTtlTooLarge();
		}
		if (this.leases.containsKey(wantedId)) {
			throw EtcdStatuses.leaseExists();
		}
		long id = (wantedId != 0) ? wantedId : this.nextId++;
		Lease lease = new Lease(id, Math.max(LEAST_TTL_SECONDS, ttlSeconds));
		renew(lease);
		this.leases.put(id, lease);
		return lease;
	}

	/** Returns a lease, {@code null} if there is none by this id. */
	@Nullable Lease find(long id) {
		return this.leases.get(id);
	}

	Collection<Lease> all() {
		return List.copyOf(this.leases.values());
	}

	void renew(Lease lease) {
		lease.expiresAt = this.nanoTime.getAsLong() + Duration.ofSeconds(lease.ttlSeconds).toNanos();
	}

	/** The seconds a lease has to live; a fraction is cut off. */
	long remainingSeconds(Lease lease) {
		return Duration.ofNanos(lease.expiresAt - this.nanoTime.getAsLong()).toSeconds();
	}

	/** The leases that have run out, the one that did so first before the others. */
	List<Lease> expired() {
		long now = this.nanoTime.getAsLong();
		return this.leases.values()
			.stream()
			.filter((lease) -> lease.expiresAt - now <= 0)
			.sorted(Comparator.comparingLong((lease) -> lease.expiresAt))
			.toList();
	}

	/** Forgets a lease, and returns the keys that go with it, in their order. */
	List<ByteString> remove(Lease lease) {
		this.leases.remove(lease.id);
		List<ByteString> keys = new ArrayList<>(lease.keys);
		keys.forEach(this.leaseByKey::remove);
		return keys;
	}

	/** A key has been written under a lease, 0 for none. */
	void attach(ByteString key, long id) {
		detach(key);
		Lease lease = this.leases.get(id);
		if (lease != null) {
			lease.keys.add(key);
			this.leaseByKey.put(key, id);
		}
	}

	/** A key is under no lease any more. */
	void detach(ByteString key) {
		Long before = this.leaseByKey.remove(key);
		Lease lease = (before != null) ? this.leases.get(before) : null;
		if (lease != null) {
			lease.keys.remove(key);
		}
	}

	void wipe() {
		this.leases.clear();
		this.leaseByKey.clear();
	}

	/**
	 * A lease.
	 */
	static final class Lease {

		private final long id;

		private final long ttlSeconds;

		private final TreeSet<ByteString> keys = new TreeSet<>(Keys.ORDER);

		private long expiresAt;

		private Lease(long id, long ttlSeconds) {
			this.id = id;
			this.ttlSeconds = ttlSeconds;
		}

		long id() {
			return this.id;
		}

		long ttlSeconds() {
			return this.ttlSeconds;
		}

		List<ByteString> keys() {
			return List.copyOf(this.keys);
		}

	}

}
