package io.github.etcddiscovery.view;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.WatchEvent;
import io.github.etcddiscovery.instance.KeyLayout;
import io.github.etcddiscovery.support.EventLoop;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is registered in etcd, always at hand: go-kit's {@code Instancer}. Follows etcd in
 * the background from {@link #start()} to {@link #close()}. Reading never blocks, never
 * does I/O and never throws; when etcd is away the last known state is served, and
 * {@link #staleness()} says for how long.
 *
 * @param <T> what the view holds of an instance
 */
public final class ServiceView<T> implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(ServiceView.class);

	private final EtcdClient client;

	private final KeyLayout layout;

	private final EventLoop loop;

	private final EventLoop notifier;

	private final Reflector reflector;

	private final AtomicBoolean started = new AtomicBoolean();

	private final CompletableFuture<Void> firstOutcome = new CompletableFuture<>();

	private final List<Subscriber<T>> subscribers = new CopyOnWriteArrayList<>();

	private volatile Catalog<T> catalog = Catalog.notSynced();

	private volatile @Nullable EtcdException lastFailure;

	private volatile @Nullable Long interruptedAt;

	/**
	 * Creates a view. Starts nothing.
	 * @param client how to reach etcd
	 * @param layout where the records are
	 * @param decoder reads an entry
	 * @param availability which instances may be called
	 */
	public ServiceView(EtcdClient client, KeyLayout layout, InstanceDecoder<T> decoder, Predicate<T> availability) {
		this(client, layout, decoder, availability, EventLoop.onThread("etcd-view"),
				EventLoop.onThread("etcd-view-events"), RandomGenerator.getDefault());
	}

	ServiceView(EtcdClient client, KeyLayout layout, InstanceDecoder<T> decoder, Predicate<T> availability,
			EventLoop loop, EventLoop notifier, RandomGenerator random) {
		this.client = client;
		this.layout = layout;
		this.loop = loop;
		this.notifier = notifier;
		this.reflector = new Reflector(client, layout.range(), loop,
				new CatalogSink(new CatalogWriter<>(layout, decoder, availability)), random);
	}

	/**
	 * Begins to follow etcd. Does not wait. Later calls do nothing.
	 */
	public void start() {
		if (this.started.compareAndSet(false, true)) {
			this.reflector.start();
		}
	}

	/**
	 * Waits until etcd has been read once.
	 * @param timeout how long to wait
	 * @throws EtcdException if it could not be read in that time, or was refused
	 */
	public void awaitSync(Duration timeout) {
		try {
			this.firstOutcome.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
		}
		catch (TimeoutException ex) {
			EtcdException failure = this.lastFailure;
			throw (failure != null) ? failure : new EtcdException(Reason.UNAVAILABLE,
					"No answer from " + this.client.describe() + " within " + timeout.toMillis() + " ms", ex);
		}
		catch (ExecutionException ex) {
			throw EtcdException.from(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new EtcdException(Reason.UNAVAILABLE, "Interrupted while waiting for " + this.client.describe(), ex);
		}
	}

	/**
	 * Returns what is known now. One volatile load.
	 * @return the newest catalog
	 */
	public Catalog<T> catalog() {
		return this.catalog;
	}

	/**
	 * Returns what the view is doing.
	 * @return the state
	 */
	public ViewState state() {
		return this.reflector.state();
	}

	/**
	 * Returns for how long changes may have gone unseen.
	 * @return zero while changes arrive as they happen
	 */
	public Duration staleness() {
		Long since = this.interruptedAt;
		return (since != null) ? Duration.ofNanos(this.loop.nanoTime() - since) : Duration.ZERO;
	}

	/**
	 * Asks etcd itself, unlike all other reads: whether it answers, and lets this client
	 * read where the records are.
	 * @return completes when etcd has answered; fails with an {@link EtcdException}
	 */
	public CompletableFuture<Void> probe() {
		return this.client.get(this.layout.range(), 0).thenAccept((found) -> {
		});
	}

	/**
	 * Subscribes to the catalog: first the current one, then every change, each on the
	 * view's notification thread. Changes that come faster than the listener takes them
	 * are skipped over; the newest is never missed.
	 * @param listener receives catalogs; what it throws is logged
	 * @return ends the subscription
	 */
	public Subscription subscribe(Consumer<Catalog<T>> listener) {
		Subscriber<T> subscriber = new Subscriber<>(this, listener);
		this.subscribers.add(subscriber);
		subscriber.signal();
		return () -> {
			subscriber.closed = true;
			this.subscribers.remove(subscriber);
		};
	}

	/**
	 * Stops following etcd. The last catalog remains. May be called more than once.
	 */
	@Override
	public void close() {
		this.reflector.close();
		this.loop.execute(() -> {
			this.loop.close();
			this.notifier.close();
		});
	}

	private void publish(Catalog<T> next) {
		this.catalog = next;
		this.subscribers.forEach(Subscriber::signal);
	}

	/**
	 * Ends a subscription.
	 */
	@FunctionalInterface
	public interface Subscription extends AutoCloseable {

		/**
		 * Ends the subscription. A call under way is not waited for. May be called more
		 * than once.
		 */
		@Override
		void close();

	}

	/**
	 * Hands the newest catalog to a listener, one at a time.
	 */
	private static final class Subscriber<T> {

		private final ServiceView<T> view;

		private final Consumer<Catalog<T>> listener;

		private final AtomicBoolean signalled = new AtomicBoolean();

		private @Nullable Catalog<T> last;

		private volatile boolean closed;

		Subscriber(ServiceView<T> view, Consumer<Catalog<T>> listener) {
			this.view = view;
			this.listener = listener;
		}

		void signal() {
			if (this.signalled.compareAndSet(false, true)) {
				this.view.notifier.execute(this::deliver);
			}
		}

		private void deliver() {
			this.signalled.set(false);
			Catalog<T> newest = this.view.catalog;
			if (newest != this.last && !this.closed) {
				this.last = newest;
				this.listener.accept(newest);
			}
		}

	}

	/**
	 * Makes catalogs of what the reflector finds.
	 */
	private final class CatalogSink implements Reflector.Sink {

		private final CatalogWriter<T> writer;

		private long epoch;

		CatalogSink(CatalogWriter<T> writer) {
			this.writer = writer;
		}

		@Override
		public void beginListing() {
			this.writer.beginListing();
		}

		@Override
		public void addPage(List<KeyValue> page) {
			this.writer.addPage(page);
		}

		@Override
		public void completeListing(long revision, boolean newHistory) {
			boolean first = this.epoch == 0;
			if (newHistory || first) {
				this.epoch++;
			}
			this.writer.completeListing();
			publish(revision);
			if (first) {
				logger.info("Found {} services under {} in etcd at {}", catalog().services().size(),
						ServiceView.this.layout.range(), ServiceView.this.client.describe());
			}
			ServiceView.this.firstOutcome.complete(null);
		}

		@Override
		public void apply(WatchEvent event) {
			this.writer.apply(event);
		}

		@Override
		public void publish(long revision) {
			ServiceView.this.publish(this.writer.publish(this.epoch, revision));
		}

		@Override
		public void current() {
			Duration stale = staleness();
			ServiceView.this.interruptedAt = null;
			ServiceView.this.lastFailure = null;
			if (!stale.isZero()) {
				logger.info("The view of {} is current again after {} ms", ServiceView.this.layout.range(),
						stale.toMillis());
			}
		}

		@Override
		public void interrupted(EtcdException cause) {
			EtcdException before = ServiceView.this.lastFailure;
			ServiceView.this.lastFailure = cause;
			if (ServiceView.this.interruptedAt == null) {
				ServiceView.this.interruptedAt = ServiceView.this.loop.nanoTime();
			}
			if (before == null || before.reason() != cause.reason()) {
				logger.warn("The view of {} is not current: {}", ServiceView.this.layout.range(), cause.getMessage());
			}
			if (cause.reason().isRefusal()) {
				ServiceView.this.firstOutcome.completeExceptionally(cause);
			}
		}

		@Override
		public int size() {
			return this.writer.size();
		}

	}

}
