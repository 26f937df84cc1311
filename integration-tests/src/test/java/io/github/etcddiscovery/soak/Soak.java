package io.github.etcddiscovery.soak;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

import io.etcd.jetcd.ClientBuilder;
import io.github.etcddiscovery.client.EtcdClient;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registrars and views over three members of etcd, under faults at random; and now and
 * then a quiet time, in which everything has to be as it should. Whatever etcd did and
 * whatever views said is checked against what those saw who watch the members themselves.
 */
final class Soak implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(Soak.class);

	private static final int OWNERS = 20;

	private static final int VIEWERS = 8;

	/** Between two quiet times. */
	private static final Duration ROUND = Duration.ofSeconds(25);

	/** From one fault to the next, at most. */
	private static final int BETWEEN_FAULTS_MILLIS = 1_500;

	/** What happens at about the same time is known by then. */
	private static final long SETTLED = TimeUnit.SECONDS.toNanos(2);

	/** Promise R3, and a second for the machine, which has two processors. */
	private static final Duration BACK = Duration.ofSeconds(7);

	private static final Duration RECOVERY = Duration.ofSeconds(60);

	private final Violations violations = new Violations();

	private final Truth truth = new Truth(this.violations);

	private final Disturbances disturbances = new Disturbances();

	private final AtomicInteger compactions = new AtomicInteger();

	private final ScheduledExecutorService executor = Executors.newScheduledThreadPool(32);

	private final ScheduledExecutorService checker = Executors.newSingleThreadScheduledExecutor();

	private final ScheduledExecutorService acting = Executors.newScheduledThreadPool(OWNERS);

	private final Random random;

	private final Random compacting;

	private final Cluster cluster;

	private final List<Witness> witnesses;

	private final List<Viewer> viewers;

	private final List<Owner> owners;

	private final Writers writers;

	private final Faults faults;

	private final List<Faults.Active> active = new ArrayList<>();

	private final Map<String, Owner> byKey = new HashMap<>();

	private final AtomicInteger busyOwners = new AtomicInteger();

	private int checkedEpoch;

	private long checkedUpTo;

	private int rounds;

	private int begun;

	private volatile boolean quiet = true;

	/**
	 * @param cluster what it runs on, the caller's to close
	 * @param seed of all that is done at random
	 * @param wrapping what views get for a client
	 */
	Soak(Cluster cluster, long seed, BiFunction<EtcdClient, ClientBuilder, EtcdClient> wrapping) {
		this.random = new Random(seed);
		this.compacting = new Random(seed);
		this.cluster = cluster;
		this.witnesses = this.cluster.endpoints()
			.stream()
			.map((endpoint) -> new Witness(endpoint, this.truth, this.violations))
			.toList();
		this.viewers = IntStream.range(0, VIEWERS)
			.mapToObj((i) -> new Viewer("view " + i, group(i),
					wrapping.apply(client(group(i)), this.cluster.jetcd(group(i))), this.truth, this.violations))
			.toList();
		this.owners = IntStream.range(0, OWNERS)
			.mapToObj((i) -> new Owner("owner" + i, group(i), client(group(i)), this.cluster.eyes(), this.disturbances,
					this.violations, new Random(seed + i)))
			.toList();
		this.owners.forEach((owner) -> this.byKey.put(owner.key(), owner));
		this.writers = new Writers(this.cluster.endpoints(), this.executor, seed);
		this.faults = new Faults(this.cluster, this.truth, this.owners, this.disturbances, this.random, this.executor);
		this.owners.forEach(this::actAgain);
		this.checker.scheduleWithFixedDelay(this::check, 10, 10, TimeUnit.MILLISECONDS);
		compactAgain();
	}

	private int group(int number) {
		return number % this.cluster.groups().size();
	}

	private EtcdClient client(int group) {
		return EtcdClient.create(this.cluster.options(group));
	}

	/** Goes on for a while. */
	void run(Duration duration) {
		long end = System.nanoTime() + duration.toNanos();
		awaitQuiet("at the beginning");
		while (System.nanoTime() < end && this.violations.found().isEmpty()) {
			// Not before every round: what is restored is to be ahead of what was wiped.
			if (this.rounds++ % 5 >= 2) {
				reset();
			}
			this.quiet = false;
			this.writers.setPaused(false);
			long pause = System.nanoTime() + ROUND.toNanos();
			while (System.nanoTime() < Math.min(pause, end) && !this.faults.isResetDue()
					&& this.violations.found().isEmpty()) {
				begin();
				pause(this.random.nextInt(BETWEEN_FAULTS_MILLIS));
			}
			quieten();
			logger.info(
					"{} s to go: {} writes, revision {} of history {}, {} faults, {} compactions, {} catalogs checked",
					Math.max(0, TimeUnit.NANOSECONDS.toSeconds(end - System.nanoTime())), this.writers.count(),
					this.truth.known(), this.truth.epoch(), this.begun, this.compactions.get(), catalogs());
		}
	}

	private void begin() {
		try {
			Faults.Active fault = this.faults.begin();
			if (fault != null) {
				this.begun++;
				synchronized (this.active) {
					this.active.add(fault);
				}
				this.executor.schedule(() -> heal(fault), fault.length().toMillis(), TimeUnit.MILLISECONDS);
			}
		}
		catch (Exception ex) {
			// Such as no leader at the moment: another time.
			logger.debug("No fault", ex);
		}
	}

	/** While all is quiet. */
	private void reset() {
		Awaitility.await("all checked").atMost(Duration.ofMinutes(1)).until(this::isChecked);
		Faults.Active fault;
		synchronized (this) {
			fault = this.faults.reset();
		}
		this.begun++;
		synchronized (this.active) {
			this.active.add(fault);
		}
		this.executor.execute(() -> heal(fault));
	}

	private synchronized boolean isChecked() {
		return this.checkedEpoch == this.truth.epoch() && this.checkedUpTo == this.truth.known()
				&& this.writers.isChecked() && this.viewers.stream().allMatch(Viewer::isChecked);
	}

	private void heal(Faults.Active fault) {
		try {
			fault.healing().run();
		}
		catch (RuntimeException ex) {
			// etcd does not answer just now.
			this.executor.schedule(() -> heal(fault), 200, TimeUnit.MILLISECONDS);
			return;
		}
		awaitRecovery(fault, this.truth.epoch(), this.truth.known(), System.nanoTime());
	}

	private void awaitRecovery(Faults.Active fault, int epoch, long revision, long healed) {
		Duration elapsed = Duration.ofNanos(System.nanoTime() - healed);
		boolean recovered = (fault.owner() != null) ? fault.owner().isWell(this.truth.entries())
				: this.viewers.stream()
					.filter((viewer) -> fault.groups().contains(viewer.group()))
					.allMatch((viewer) -> viewer.hasReached(epoch, revision));
		if (recovered) {
			this.faults.recovered(fault, elapsed);
			synchronized (this.active) {
				this.active.remove(fault);
			}
		}
		else if (elapsed.compareTo(RECOVERY) > 0) {
			this.violations.add("V4", "%s: not recovered after %d s", fault.name(), RECOVERY.toSeconds());
			synchronized (this.active) {
				this.active.remove(fault);
			}
		}
		else {
			this.executor.schedule(() -> awaitRecovery(fault, epoch, revision, healed),
					(fault.owner() != null) ? 50 : 5, TimeUnit.MILLISECONDS);
		}
	}

	/** Lets all heal, and then nothing happens any more, until all is well. */
	private void quieten() {
		Awaitility.await("all faults healed").atMost(Duration.ofMinutes(2)).until(() -> {
			synchronized (this.active) {
				return this.active.isEmpty();
			}
		});
		this.quiet = true;
		this.writers.setPaused(true);
		awaitHealthy(this.cluster);
		Awaitility.await("owners and writers at rest")
			.atMost(Duration.ofMinutes(1))
			.until(() -> this.busyOwners.get() == 0 && this.writers.isAtRest());
		awaitQuiet("after so many faults: " + this.begun);
	}

	/** Promises R1, R3 and V1, once all is quiet. */
	private void awaitQuiet(String when) {
		try {
			Awaitility.await().atMost(BACK).pollInterval(Duration.ofMillis(50)).until(this::isWell);
		}
		catch (ConditionTimeoutException ex) {
			Map<String, Change> entries = this.truth.entries();
			this.owners.stream()
				.filter((owner) -> !owner.isWell(entries))
				.forEach((owner) -> this.violations.add("R3", "%s: %s", when, owner.describe(entries)));
			this.viewers.stream()
				.map((viewer) -> viewer.differences(entries))
				.filter((differences) -> !differences.isEmpty())
				.forEach((differences) -> this.violations.add("V1", "%s: %s", when, differences));
		}
		try {
			Awaitility.await().atMost(BACK).until(() -> values().equals(this.cluster.eyes().all("/")));
		}
		catch (ConditionTimeoutException ex) {
			this.violations.add("checker", "%s: does not know what etcd holds", when);
		}
	}

	private Map<String, String> values() {
		Map<String, String> values = new HashMap<>();
		this.truth.entries().forEach((key, change) -> values.put(key, change.value()));
		return values;
	}

	private boolean isWell() {
		Map<String, Change> entries = this.truth.entries();
		return this.owners.stream().allMatch((owner) -> owner.isWell(entries))
				&& this.viewers.stream().allMatch((viewer) -> viewer.differences(entries).isEmpty());
	}

	private void actAgain(Owner owner) {
		this.acting.schedule(() -> act(owner), owner.pause(), TimeUnit.MILLISECONDS);
	}

	private void act(Owner owner) {
		this.busyOwners.incrementAndGet();
		try {
			if (!this.quiet) {
				owner.act();
			}
		}
		catch (Exception ex) {
			// etcd does not answer just now.
			logger.debug("{}", owner.key(), ex);
		}
		finally {
			this.busyOwners.decrementAndGet();
			if (!this.acting.isShutdown()) {
				actAgain(owner);
			}
		}
	}

	private void compactAgain() {
		this.executor.schedule(() -> {
			try {
				if (!this.quiet) {
					History history = this.truth.current();
					long revision = Math.max(1, history.known() - this.compacting.nextInt(50));
					history.compacted(revision);
					this.cluster.eyes().compact(revision);
					this.compactions.incrementAndGet();
				}
			}
			catch (RuntimeException ex) {
				logger.debug("Not compacted", ex);
			}
			finally {
				if (!this.executor.isShutdown()) {
					compactAgain();
				}
			}
		}, 200 + this.compacting.nextInt(4_800), TimeUnit.MILLISECONDS);
	}

	private synchronized void check() {
		try {
			this.viewers.forEach(Viewer::check);
			History history = this.truth.current();
			this.writers.check(history, this.violations);
			if (this.checkedEpoch < this.truth.epoch()) {
				this.checkedEpoch = this.truth.epoch();
				this.checkedUpTo = history.beginning().revision();
				this.owners.forEach((owner) -> owner.startOver(history.beginning()));
			}
			for (History.Revision revision : history.between(this.checkedUpTo, Long.MAX_VALUE - 1)) {
				if (System.nanoTime() - revision.observedAt() < SETTLED) {
					return;
				}
				for (Change change : revision.changes()) {
					Owner owner = this.byKey.get(change.key());
					if (owner != null) {
						owner.check(revision, change);
					}
				}
				this.checkedUpTo = revision.number();
			}
		}
		catch (RuntimeException ex) {
			this.violations.add("checker", "failed: %s", ex);
			logger.error("The checker failed", ex);
		}
	}

	private long catalogs() {
		return this.viewers.stream().mapToLong(Viewer::checked).sum();
	}

	Result result() {
		return new Result(this.writers.count(), this.begun, this.compactions.get(), this.truth.epoch(),
				this.truth.confirmations(), catalogs(), this.faults.kinds(), this.faults.recoveries(),
				this.violations.found());
	}

	/** Waits until every member says that it is healthy. */
	static void awaitHealthy(Cluster cluster) {
		Awaitility.await("healthy members")
			.atMost(Duration.ofMinutes(1))
			.ignoreExceptions()
			.until(() -> cluster.endpoints().stream().allMatch(Soak::isHealthy));
	}

	private static boolean isHealthy(String endpoint) {
		try {
			HttpURLConnection health = (HttpURLConnection) URI.create(endpoint + "/health").toURL().openConnection();
			health.setReadTimeout(2_000);
			return health.getResponseCode() == HttpURLConnection.HTTP_OK;
		}
		catch (IOException ex) {
			return false;
		}
	}

	static void pause(long millis) {
		LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
	}

	@Override
	public void close() {
		List.of(this.acting, this.checker, this.executor).forEach(ScheduledExecutorService::shutdownNow);
		this.viewers.forEach(Viewer::close);
		this.owners.forEach(Owner::close);
		this.writers.close();
		this.witnesses.forEach(Witness::close);
	}

	/**
	 * What has come of it.
	 *
	 * @param writes how many writes etcd confirmed, not counting those of registrars
	 * @param faults how many faults there were
	 * @param compactions how often etcd was compacted
	 * @param epochs how many histories etcd had
	 * @param confirmations how often a member told what another one had told before
	 * @param catalogs how many catalogs of views were checked
	 * @param kinds the kinds of faults
	 * @param recoveries how long it took to recover, by kind
	 * @param violations what did not hold
	 */
	record Result(long writes, int faults, int compactions, int epochs, long confirmations, long catalogs,
			List<String> kinds, Map<String, List<Duration>> recoveries, List<String> violations) {

	}

}
