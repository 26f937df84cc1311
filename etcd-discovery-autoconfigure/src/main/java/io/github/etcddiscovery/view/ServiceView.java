package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.instance.KeyRange;
import io.github.etcddiscovery.instance.PlainText;
import io.github.etcddiscovery.support.EventLoop;
import io.github.etcddiscovery.support.GuardedTelemetry;
import io.github.etcddiscovery.support.LimitedLog;
import io.github.etcddiscovery.support.Telemetry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is registered in etcd, always at hand. Follows etcd in the background from
 * {@link #start()} to {@link #close()}, each range of keys by a watch of its own. Reading
 * never blocks, never does I/O and never throws; when etcd is away the last known state
 * is served, and {@link #staleness()} says for how long.
 *
 * @param <T> what the view holds of an instance
 */
public final class ServiceView<T> implements CatalogSource<T>, AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(ServiceView.class);

	private final EtcdClient client;

	private final EventLoop loop;

	private final EventLoop notifier;

	private final List<RangeFollower> followers = new ArrayList<>();

	private final AtomicBoolean started = new AtomicBoolean();

	private final Subscribers<Catalog<T>> subscribers;

	private final List<Runnable> changeCallbacks = new CopyOnWriteArrayList<>();

	private final CatalogWriter<T> writer;

	private volatile Catalog<T> catalog;

	private volatile boolean restored;

	/**
	 * Creates a view that holds as many instances as {@link InstanceLimits#DEFAULT} says.
	 * Starts nothing.
	 * @param client how to reach etcd
	 * @param ranges where the records are, at least one
	 * @param decoder reads an entry
	 * @param availability which instances may be called
	 */
	public ServiceView(EtcdClient client, List<KeyRange> ranges, InstanceDecoder<T> decoder,
			Predicate<T> availability) {
		this(client, ranges, decoder, availability, Duration.ZERO, InstanceLimits.DEFAULT, Telemetry.NONE);
	}

	/**
	 * Creates a view that goes on to serve instances for a while which vanish in a crowd,
	 * where a service would have none left. Starts nothing.
	 * @param client how to reach etcd
	 * @param ranges where the records are, at least one
	 * @param decoder reads an entry
	 * @param availability which instances may be called
	 * @param ttl how long records outlive their owners: those that vanish within this
	 * time without deregistering, half of ten or more, are a crowd, and so are all that
	 * vanish when etcd is wiped or restored. They are served for this time and 15 s; zero
	 * for not at all
	 * @param limits how many instances are held at most
	 * @param telemetry hears of what is done and seen
	 */
	public ServiceView(EtcdClient client, List<KeyRange> ranges, InstanceDecoder<T> decoder, Predicate<T> availability,
			Duration ttl, InstanceLimits limits, Telemetry telemetry) {
		this(client, ranges, decoder, availability, ttl, limits, telemetry, EventLoop.onThread("etcd-view"),
				EventLoop.onThread("etcd-view-events"), new SplittableRandom(), "");
	}

	/**
	 * Creates a view as the constructor above does, of a remote cluster.
	 * @param cluster the name of the cluster, for log lines and threads
	 */
	@Internal
	public ServiceView(EtcdClient client, List<KeyRange> ranges, InstanceDecoder<T> decoder, Predicate<T> availability,
			Duration ttl, InstanceLimits limits, Telemetry telemetry, String cluster) {
		this(client, ranges, decoder, availability, ttl, limits, telemetry,
				EventLoop.onThread("etcd-" + cluster + "-view"), EventLoop.onThread("etcd-" + cluster + "-view-events"),
				new SplittableRandom(), " in cluster " + cluster);
	}

	ServiceView(EtcdClient client, List<KeyRange> ranges, InstanceDecoder<T> decoder, Predicate<T> availability,
			Duration ttl, InstanceLimits limits, Telemetry telemetry, EventLoop loop, EventLoop notifier,
			RandomGenerator random) {
		this(client, ranges, decoder, availability, ttl, limits, telemetry, loop, notifier, random, "");
	}

	/** The last parameter follows a prefix in log lines. */
	private ServiceView(EtcdClient client, List<KeyRange> ranges, InstanceDecoder<T> decoder, Predicate<T> availability,
			Duration ttl, InstanceLimits limits, Telemetry telemetry, EventLoop loop, EventLoop notifier,
			RandomGenerator random, String where) {
		this.client = client;
		this.loop = loop;
		this.notifier = notifier;
		this.subscribers = new Subscribers<>(this::catalog, notifier);
		Telemetry guarded = new GuardedTelemetry(telemetry);
		this.writer = new CatalogWriter<>(ranges, availability);
		InstanceQuota quota = new InstanceQuota(limits);
		// Bad entries must not hide what becomes of the view.
		LimitedLog entriesLog = new LimitedLog(logger, loop::nanoTime);
		LimitedLog stateLog = new LimitedLog(logger, loop::nanoTime);
		this.catalog = this.writer.catalog();
		for (int i = 0; i < ranges.size(); i++) {
			int index = i;
			KeyRange range = ranges.get(i);
			WatchingTime time = new WatchingTime(loop::nanoTime);
			VanishedInstances<T> vanished = new VanishedInstances<>(range.prefix() + where, ttl, limits, time);
			this.followers.add(new RangeFollower(client, range, range.prefix() + where, loop,
					new RangeWriter<>(range, where, decoder, this.writer, vanished, quota, entriesLog), time,
					(epoch, revision) -> publish(this.writer.publish(index, epoch, revision)), guarded, random,
					stateLog));
		}
	}

	/**
	 * Begins to follow etcd. Does not wait. Later calls do nothing.
	 */
	public void start() {
		if (this.started.compareAndSet(false, true)) {
			this.followers.forEach(RangeFollower::start);
		}
	}

	/**
	 * Serves instances that are not read from etcd, as retained ones, until etcd has been
	 * read. Does not wait.
	 * @param instances the instances by service, sorted by id; those of services that are
	 * not followed, or have been read already, are ignored
	 * @param time how long to serve them at most
	 */
	@Internal
	public void restore(Map<String, List<T>> instances, Duration time) {
		this.loop.execute(() -> {
			Map<String, List<T>> unread = new HashMap<>(instances);
			unread.keySet().removeIf((service) -> !follows(service) || this.catalog.revision(service) > 0);
			this.restored = true;
			this.writer.restore(unread);
			publish(this.writer.publish());
		});
		this.loop.schedule(() -> {
			if (isRestored()) {
				this.restored = false;
				this.writer.dropRestored((service) -> true);
				publish(this.writer.publish());
				logger.warn("Instances of the snapshot are not served any more: they are too old, and etcd has still"
						+ " not been read");
			}
		}, time);
	}

	/**
	 * Whether instances are served that were not read from etcd, since etcd has not been
	 * read yet.
	 * @return whether they come from a snapshot
	 */
	@Internal
	public boolean isRestored() {
		return this.restored && !this.catalog.isSynced();
	}

	/**
	 * Waits until etcd has been read once.
	 * @param timeout how long to wait for an answer; as long as answers come, reading
	 * takes the time that it takes
	 * @throws EtcdException if there was no answer in that time, or a refusal
	 */
	public void awaitSync(Duration timeout) {
		long deadline = System.nanoTime() + timeout.toNanos();
		for (RangeFollower follower : this.followers) {
			try {
				while (!follower.awaitFirstOutcome(deadline - System.nanoTime())) {
					deadline = System.nanoTime() + timeout.toNanos();
				}
			}
			catch (TimeoutException ex) {
				EtcdException failure = follower.lastFailure();
				throw (failure != null) ? failure : new EtcdException(Reason.UNAVAILABLE,
						"No answer from " + this.client.describe() + " within " + timeout.toMillis() + " ms", ex);
			}
			catch (ExecutionException ex) {
				throw EtcdException.from(ex);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw new EtcdException(Reason.UNAVAILABLE, "Interrupted while waiting for " + this.client.describe(),
						ex);
			}
		}
	}

	@Override
	public Catalog<T> catalog() {
		return this.catalog;
	}

	@Override
	public boolean follows(String serviceId) {
		return this.followers.stream().anyMatch((follower) -> follower.range().holds(serviceId));
	}

	/**
	 * Says which member of the cluster is read from.
	 * @return the member, all endpoints where that is not known; never a credential
	 */
	public String member() {
		return this.client.member();
	}

	/**
	 * Returns what the view is doing.
	 * @return the state; of several ranges that of the first which is not
	 * {@link ViewState#WATCHING}
	 */
	public ViewState state() {
		return this.followers.stream()
			.map(RangeFollower::state)
			.filter((state) -> state != ViewState.WATCHING)
			.findFirst()
			.orElse(ViewState.WATCHING);
	}

	/**
	 * Returns for how long changes may have gone unseen.
	 * @return zero while changes arrive as they happen; of several ranges the longest
	 */
	public Duration staleness() {
		return Objects.requireNonNullElse(
				this.followers.stream().map(RangeFollower::staleness).max(Comparator.naturalOrder()).orElse(null),
				Duration.ZERO);
	}

	@Override
	public @Nullable String failure() {
		return this.followers.stream()
			.map(RangeFollower::lastFailure)
			.filter(Objects::nonNull)
			.map(Throwable::getMessage)
			.findFirst()
			.orElse(null);
	}

	/**
	 * Counts the keys whose changes were missed, which a comparison every few minutes
	 * finds. Each of them is a bug, here or in etcd.
	 * @return how many since the start
	 */
	public long drifts() {
		return this.followers.stream().mapToLong(RangeFollower::drifts).sum();
	}

	/**
	 * Names entries without a lease. Nothing removes such an entry when its owner ends.
	 * @param most how many of them to name at most
	 * @return the keys, sorted; without control characters, and cut where they are long
	 */
	public List<String> withoutLease(int most) {
		return this.followers.stream()
			.flatMap((follower) -> follower.withoutLease().stream())
			.sorted()
			.limit(most)
			.map((key) -> PlainText.of(key, RangeWriter.LONGEST_KEY))
			.toList();
	}

	/**
	 * Calls back whenever there is a new catalog.
	 * @param callback called on the view's own thread, which it must not block
	 */
	@Internal
	public void onChange(Runnable callback) {
		this.changeCallbacks.add(callback);
	}

	/**
	 * Counts what is held and was done.
	 * @return the counts of all ranges together
	 */
	public ViewStatistics statistics() {
		return this.followers.stream().map(RangeFollower::statistics).reduce(ViewStatistics.NONE, ViewStatistics::plus);
	}

	/**
	 * Says why entries cannot be read.
	 * @param most how many of them to name at most
	 * @return the reasons by key, sorted; without control characters, and cut where they
	 * are long
	 */
	public Map<String, String> rejections(int most) {
		Map<String, String> rejections = new LinkedHashMap<>();
		this.followers.stream()
			.flatMap((follower) -> follower.rejections().entrySet().stream())
			.sorted(Map.Entry.comparingByKey())
			.limit(most)
			.forEach((rejection) -> rejections.put(PlainText.of(rejection.getKey(), RangeWriter.LONGEST_KEY),
					rejection.getValue()));
		return rejections;
	}

	@Override
	public CompletableFuture<Void> probe() {
		return CompletableFuture.allOf(this.followers.stream()
			.map((follower) -> this.client.get(follower.range().prefix(), 0))
			.toArray(CompletableFuture[]::new));
	}

	@Override
	public Subscription subscribe(Consumer<Catalog<T>> listener) {
		return this.subscribers.subscribe(listener);
	}

	/**
	 * Stops following etcd. The last catalog remains. May be called more than once.
	 */
	@Override
	public void close() {
		this.followers.forEach(RangeFollower::close);
		this.loop.execute(() -> {
			this.loop.close();
			this.notifier.close();
		});
	}

	private void publish(Catalog<T> next) {
		this.catalog = next;
		this.subscribers.signal();
		this.changeCallbacks.forEach(Runnable::run);
		this.followers.forEach(RangeFollower::readWaiting);
	}

}
