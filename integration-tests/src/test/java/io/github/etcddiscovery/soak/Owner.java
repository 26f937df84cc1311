package io.github.etcddiscovery.soak;

import java.time.Duration;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.registry.RecordState;
import io.github.etcddiscovery.registry.Registrar;
import io.github.etcddiscovery.registry.RegistryEntry;
import io.github.etcddiscovery.registry.TtlOption;
import io.github.etcddiscovery.testsupport.EtcdEyes;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * A registrar with one record that changes, leaves and comes back at random, and a check
 * of whatever etcd does to its key.
 */
final class Owner implements AutoCloseable {

	static final TtlOption TTL = new TtlOption(Duration.ofSeconds(1), Duration.ofSeconds(6));

	/** Of somebody else's values. */
	static final String FOREIGN = "foreign ";

	/** Shorter ones may not cost the record: promise R2. */
	private static final Duration HARMLESS = TTL.ttl().minus(TTL.heartbeat()).minusSeconds(2);

	/** For what happens at about the same time. */
	private static final Duration SLACK = Duration.ofSeconds(1);

	/**
	 * What a leader has confirmed before it was killed its followers may know only when
	 * there is another one.
	 */
	private static final Duration ELECTION = Duration.ofSeconds(2);

	/** etcd looks for leases that have run out now and then, and may be busy. */
	private static final long EXPIRY = TTL.ttl().plusSeconds(5).toNanos();

	private final String name;

	private final String key;

	private final int group;

	private final EtcdClient client;

	private final Registrar registrar;

	private final EtcdEyes eyes;

	private final Disturbances disturbances;

	private final Violations violations;

	private final Random random;

	/** When the key may go, by its beginning. */
	private final NavigableMap<Long, Long> excused = new ConcurrentSkipListMap<>();

	/** Between which revisions it must not come, the first and the last excluded. */
	private final NavigableMap<Long, Long> absent = new ConcurrentSkipListMap<>();

	/** Up to which revision what somebody else has written must not be touched. */
	private final Map<String, Long> foreign = new ConcurrentHashMap<>();

	private int changes;

	private volatile String wanted;

	private String last;

	Owner(String name, int group, EtcdClient client, EtcdEyes eyes, Disturbances disturbances, Violations violations,
			Random random) {
		this.name = name;
		this.key = "/services/owned" + group + "/" + name;
		this.group = group;
		this.client = client;
		this.registrar = new Registrar(client, TTL);
		this.eyes = eyes;
		this.disturbances = disturbances;
		this.violations = violations;
		this.random = random;
		register();
	}

	String key() {
		return this.key;
	}

	int group() {
		return this.group;
	}

	long leaseId() {
		return this.registrar.leaseId(this.key);
	}

	/** How many milliseconds to wait before the next change. By one thread at a time. */
	int pause() {
		return 100 + this.random.nextInt(1_500);
	}

	/** Does something, or nothing. By one thread at a time. */
	void act() throws Exception {
		int choice = this.random.nextInt(10);
		if (this.wanted == null || choice < 6) {
			register();
		}
		else if (choice < 8) {
			leaveForAWhile();
		}
	}

	private void register() {
		this.wanted = this.name + " " + this.changes++;
		this.registrar
			.register(new RegistryEntry(this.key, this.wanted.getBytes(UTF_8), (this.name + " leaves").getBytes(UTF_8),
					(found) -> new String(found, UTF_8).startsWith(this.name + " ")));
	}

	private void leaveForAWhile() throws Exception {
		long begun = System.nanoTime();
		this.excused.put(begun, Long.MAX_VALUE);
		this.wanted = null;
		try {
			this.registrar.deregister(this.key).get(20, TimeUnit.SECONDS);
			long gone = this.eyes.revision();
			this.absent.put(gone, Long.MAX_VALUE);
			try {
				Soak.pause(this.random.nextInt(1_500));
				this.absent.put(gone, this.eyes.revision());
			}
			catch (RuntimeException ex) {
				// It cannot be told until when.
				this.absent.remove(gone);
			}
		}
		finally {
			register();
			this.excused.put(begun, System.nanoTime());
		}
	}

	/** Somebody is about to take the key away; returns what to call when it is done. */
	Runnable excuse() {
		long begun = System.nanoTime();
		this.excused.put(begun, Long.MAX_VALUE);
		return () -> this.excused.put(begun, System.nanoTime());
	}

	/** What somebody else has written must stay, up to a revision. */
	void protect(String value, long revision) {
		// Whoever takes it away may have to ask several times, and the first may have
		// done it.
		this.foreign.putIfAbsent(value, revision);
	}

	/** etcd goes on from somewhere else, while nothing is done here. */
	void startOver(History.State beginning) {
		this.absent.clear();
		this.foreign.clear();
		Change held = beginning.entries().get(this.key);
		this.last = (held != null) ? held.value() : null;
	}

	/** Promises R1, R2, R4 and R5, of one change, some time after it. */
	void check(History.Revision revision, Change change) {
		boolean own = !change.deleted() && change.value().startsWith(this.name + " ");
		if (this.last != null && this.last.startsWith(FOREIGN)
				&& (change.deleted() || !change.value().startsWith(FOREIGN))) {
			long until = this.foreign.getOrDefault(this.last, Long.MAX_VALUE);
			if (revision.number() <= until) {
				this.violations.add("R5", "%s of another live process became %s at revision %d", this.key,
						change.value(), revision.number());
			}
		}
		else if (change.deleted()) {
			Duration outage = this.disturbances.longest(this.group, revision.observedAt() - EXPIRY,
					revision.observedAt());
			Duration late = outage.isZero() ? SLACK : SLACK.plus(ELECTION).plus(outage);
			if (outage.compareTo(HARMLESS) < 0 && !isExcused(revision.observedAt(), late)) {
				this.violations.add("R2", "%s went at revision %d after an outage of %d ms", this.key,
						revision.number(), outage.toMillis());
			}
		}
		if (own && change.lease() == 0) {
			this.violations.add("R1", "%s has no lease at revision %d", this.key, revision.number());
		}
		Map.Entry<Long, Long> window = this.absent.lowerEntry(revision.number());
		if (own && window != null && revision.number() <= window.getValue()) {
			this.violations.add("R4", "%s was written at revision %d, having gone by %d", this.key, revision.number(),
					window.getKey());
		}
		this.last = change.value();
	}

	private boolean isExcused(long time, Duration late) {
		return this.excused.entrySet()
			.stream()
			.anyMatch((span) -> time >= span.getKey()
					&& (span.getValue() == Long.MAX_VALUE || time <= span.getValue() + late.toNanos()));
	}

	/** Whether all is as it should be when all is quiet. */
	boolean isWell(Map<String, Change> entries) {
		Change held = entries.get(this.key);
		String value = this.wanted;
		return (value == null) ? held == null : held != null && held.value().equals(value) && held.lease() != 0
				&& this.registrar.state(this.key) == RecordState.REGISTERED;
	}

	String describe(Map<String, Change> entries) {
		return this.key + " is " + entries.get(this.key) + ", wanted " + this.wanted + ", "
				+ this.registrar.state(this.key);
	}

	@Override
	public void close() {
		this.registrar.close(false, Duration.ofSeconds(1));
		this.client.close();
	}

}
