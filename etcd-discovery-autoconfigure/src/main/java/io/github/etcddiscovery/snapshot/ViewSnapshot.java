package io.github.etcddiscovery.snapshot;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.instance.InstanceKey;
import io.github.etcddiscovery.snapshot.Snapshot.Entry;
import io.github.etcddiscovery.support.EventLoop;
import io.github.etcddiscovery.view.Catalog;
import io.github.etcddiscovery.view.Catalog.Position;
import io.github.etcddiscovery.view.ServiceView;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the available instances of a view in a file. A view that starts without etcd
 * serves them until etcd has been read, or until they are too old. Everything that is
 * written is written on a thread of its own.
 *
 * @param <T> what the view holds of an instance
 */
@Internal
public final class ViewSnapshot<T> implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(ViewSnapshot.class);

	/** The shortest time between two writes, since instances may change often. */
	private static final Duration INTERVAL = Duration.ofSeconds(10);

	/** How long closing waits for the last write, as for other things that close. */
	private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(3);

	private final @Nullable SnapshotFile file;

	private final Duration maxAge;

	/**
	 * Two of them are a quarter of the age, in which the file is written at least once.
	 */
	private final Duration refreshInterval;

	private final ServiceView<T> view;

	private final Codec<T> codec;

	private final EventLoop loop;

	private final InstantSource clock;

	/** When the content of the file was current, {@code null} if it is not known. */
	private volatile @Nullable Instant time;

	private volatile @Nullable String failure;

	/** Whether the loop has been told of a change that it has not looked at yet. */
	private final AtomicBoolean signalled = new AtomicBoolean();

	/** Whether a write is due. Belongs to the loop, as the next three do. */
	private boolean scheduled;

	private @Nullable Catalog<T> written;

	/** Whether a write has been tried. */
	private boolean attempted;

	private long attemptedAt;

	/**
	 * Creates a snapshot. Starts nothing.
	 * @param file where it is kept, {@code null} for nowhere: then nothing is done
	 * @param maxAge how old instances may be that are served
	 * @param view the view
	 * @param codec writes and reads instances
	 */
	public ViewSnapshot(@Nullable Path file, Duration maxAge, ServiceView<T> view, Codec<T> codec) {
		this(file, maxAge, view, codec, EventLoop.onThread("etcd-snapshot"), InstantSource.system());
	}

	ViewSnapshot(@Nullable Path file, Duration maxAge, ServiceView<T> view, Codec<T> codec, EventLoop loop,
			InstantSource clock) {
		this.file = (file != null) ? new SnapshotFile(file) : null;
		this.maxAge = maxAge;
		this.refreshInterval = maxAge.dividedBy(8);
		this.view = view;
		this.codec = codec;
		this.loop = loop;
		this.clock = clock;
	}

	/**
	 * Lets the view serve what the file contains, and writes what it sees from now on. A
	 * file that cannot be used is logged with the reason, and the view starts without.
	 * @param most how many instances the file may contain
	 */
	public void start(int most) {
		SnapshotFile file = this.file;
		if (file == null) {
			return;
		}
		try {
			restore(file, most);
		}
		catch (IOException ex) {
			this.failure = describe(ex);
			logger.warn("The snapshot {} cannot be used: {}. Starting without it", file.path(), this.failure);
		}
		this.view.onChange(() -> changed(file));
		this.loop.execute(() -> refresh(file));
	}

	private void restore(SnapshotFile file, int most) throws IOException {
		List<String> prefixes = this.view.catalog().positions().stream().map(Position::prefix).toList();
		Instant now = this.clock.instant();
		Snapshot snapshot = file.read(now, this.maxAge, prefixes, most);
		if (snapshot == null) {
			return;
		}
		Map<String, Map<String, T>> services = new TreeMap<>();
		snapshot.entries().forEach((entry) -> {
			T instance = decode(entry);
			if (instance != null) {
				services.computeIfAbsent(entry.key().serviceId(), (service) -> new TreeMap<>())
					.put(entry.key().instanceId(), instance);
			}
		});
		if (services.isEmpty() && !snapshot.entries().isEmpty()) {
			throw new InvalidSnapshotException(
					"none of its %d instances can be read".formatted(snapshot.entries().size()));
		}
		if (services.isEmpty()) {
			return;
		}
		Map<String, List<T>> instances = new TreeMap<>();
		services.forEach((service, byId) -> instances.put(service, List.copyOf(byId.values())));
		Duration age = Duration.between(snapshot.time(), now);
		this.time = snapshot.time();
		this.view.restore(instances, this.maxAge.minus(age));
		logger.info("Serving {} instances from the snapshot {}, which is {} s old, until etcd has been read",
				instances.values().stream().mapToInt(List::size).sum(), file.path(), age.toSeconds());
	}

	/** An entry that breaks the rules harms only itself, as in etcd. */
	private @Nullable T decode(Entry entry) {
		try {
			return this.codec.decode(entry.key(), entry.value().getBytes(StandardCharsets.UTF_8), entry.leaseId());
		}
		catch (RuntimeException ex) {
			logger.debug("Ignoring an instance of the snapshot", ex);
			return null;
		}
	}

	/** The content does not change, but becomes current again. */
	private void refresh(SnapshotFile file) {
		this.loop.schedule(() -> refresh(file), this.refreshInterval);
		if (this.written != null && this.loop.nanoTime() - this.attemptedAt >= this.refreshInterval.toNanos()) {
			write(file);
		}
	}

	/** Runs on the thread of the view, for each of very many changes. */
	private void changed(SnapshotFile file) {
		if (this.signalled.compareAndSet(false, true)) {
			this.loop.execute(() -> {
				this.signalled.set(false);
				schedule(file);
			});
		}
	}

	private void schedule(SnapshotFile file) {
		Catalog<T> before = this.written;
		if (this.scheduled || (before != null && before.hasSameInstances(this.view.catalog()))) {
			return;
		}
		this.scheduled = true;
		Duration wait = this.attempted ? INTERVAL.minusNanos(this.loop.nanoTime() - this.attemptedAt) : Duration.ZERO;
		this.loop.schedule(() -> {
			this.scheduled = false;
			write(file);
		}, wait);
	}

	private void write(SnapshotFile file) {
		Catalog<T> catalog = this.view.catalog();
		if (!catalog.isSynced()) {
			return;
		}
		Instant current = this.clock.instant().minus(this.view.staleness());
		this.attempted = true;
		this.attemptedAt = this.loop.nanoTime();
		try {
			file.write(current, catalog.positions(), entries(catalog));
			this.time = current;
			this.failure = null;
			this.written = catalog;
		}
		catch (IOException | RuntimeException ex) {
			String reason = describe(ex);
			if (!reason.equals(this.failure)) {
				logger.warn("The snapshot {} cannot be written: {}. Trying again every {} s", file.path(), reason,
						INTERVAL.toSeconds());
			}
			this.failure = reason;
			this.written = null;
			schedule(file);
		}
	}

	private Iterator<Entry> entries(Catalog<T> catalog) {
		return catalog.services()
			.stream()
			.flatMap((service) -> catalog.available(service).stream())
			.map((instance) -> new Entry(this.codec.key(instance), this.codec.leaseId(instance),
					new String(this.codec.encode(instance), StandardCharsets.UTF_8)))
			.iterator();
	}

	/** Without the path of the temporary file, which is another one each time. */
	private static String describe(Exception ex) {
		if (ex instanceof InvalidSnapshotException) {
			return String.valueOf(ex.getMessage());
		}
		String reason = (ex instanceof FileSystemException refused) ? refused.getReason() : ex.getMessage();
		return ex.getClass().getSimpleName() + ((reason != null) ? ": " + reason : "");
	}

	/**
	 * Returns what is known of the file.
	 * @return its state, {@code null} if there is no file
	 */
	public @Nullable State state() {
		Instant current = this.time;
		return (this.file == null) ? null : new State(this.file.path().toString(),
				(current != null) ? Duration.between(current, this.clock.instant()) : null, this.failure);
	}

	/**
	 * Writes what the view has seen last. Waits three seconds at most.
	 */
	@Override
	public void close() {
		SnapshotFile file = this.file;
		if (file == null) {
			return;
		}
		CompletableFuture<Void> last = new CompletableFuture<>();
		this.loop.execute(() -> {
			write(file);
			last.complete(null);
		});
		try {
			last.get(CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (TimeoutException | ExecutionException ex) {
			logger.warn("The snapshot {} was not written within {} ms", file.path(), CLOSE_TIMEOUT.toMillis());
		}
		this.loop.close();
	}

	/**
	 * Writes and reads instances. Called on several threads.
	 *
	 * @param <T> what the view holds of an instance
	 */
	public interface Codec<T> {

		/** Returns the key of an instance. */
		InstanceKey key(T instance);

		/** Returns the lease under which the key is in etcd, 0 for none. */
		long leaseId(T instance);

		/** Returns the record of an instance, without anything secret. */
		byte[] encode(T instance);

		/**
		 * Reads the record of an instance, as one in etcd.
		 * @throws RuntimeException if it breaks the rules
		 */
		T decode(InstanceKey key, byte[] value, long leaseId);

	}

	/**
	 * What is known of the file.
	 *
	 * @param file its path
	 * @param age how old its content is, {@code null} if there is none that can be used
	 * @param failure why it could not be read or written the last time, {@code null} if
	 * it could
	 */
	public record State(String file, @Nullable Duration age, @Nullable String failure) {

	}

}
