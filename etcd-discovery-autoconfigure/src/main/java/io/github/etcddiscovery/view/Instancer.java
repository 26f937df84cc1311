package io.github.etcddiscovery.view;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import io.github.etcddiscovery.client.EtcdClient;
import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.client.EtcdException.Reason;
import io.github.etcddiscovery.client.KeyValue;
import io.github.etcddiscovery.client.WatchEvent;
import io.github.etcddiscovery.support.EventLoop;
import io.github.etcddiscovery.support.LimitedLog;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Follows the values under a prefix, whatever their format: go-kit's {@code Instancer},
 * and {@code Client.WatchPrefix} with it. For programs that read their own values;
 * {@link ServiceView} knows services and their instances.
 * <p>
 * Begins at {@link #start()} and works on threads of its own until {@link #close()}. When
 * etcd is away the last values are kept. Safe to use from any thread.
 */
public final class Instancer implements AutoCloseable {

	/** Others may write as many values as they like. */
	private static final int MOST_VALUES = InstanceLimits.DEFAULT.perService();

	/** In bytes; an address has some tens. */
	private static final int LARGEST_VALUE = 64 * 1024;

	private final EventLoop loop = EventLoop.onThread("etcd-instancer");

	private final EventLoop notifier = EventLoop.onThread("etcd-instancer-events");

	private final Reflector reflector;

	private final Subscribers<Event> subscribers = new Subscribers<>(this::event, this.notifier);

	private final AtomicBoolean started = new AtomicBoolean();

	private volatile Event event = new Event(false, List.of(), null);

	/**
	 * Creates an instancer. Starts nothing.
	 * @param client how to reach etcd
	 * @param prefix the prefix of the keys; a slash is added if it does not end in one,
	 * so that {@code /services/stock} does not mean {@code /services/stock-old} too
	 */
	public Instancer(EtcdClient client, String prefix) {
		Values values = new Values();
		String folder = prefix.endsWith("/") ? prefix : prefix + "/";
		this.reflector = new Reflector(client, folder, folder, this.loop, values, values, new SplittableRandom(),
				new LimitedLog(LoggerFactory.getLogger(Instancer.class), this.loop::nanoTime));
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
	 * Returns what is known now. One volatile load.
	 * @return the newest event
	 */
	public Event event() {
		return this.event;
	}

	/**
	 * Subscribes: go-kit's {@code Register}. First comes what is known now, at once, then
	 * every change, each on one thread of this instancer. Changes that come faster than
	 * the listener takes them are skipped over; the newest is never missed.
	 * @param listener receives events; what it throws is logged
	 * @return ends the subscription: go-kit's {@code Deregister}
	 */
	public Subscription subscribe(Consumer<Event> listener) {
		return this.subscribers.subscribe(listener);
	}

	/**
	 * Stops following etcd: go-kit's {@code Stop}. The last event remains. May be called
	 * more than once.
	 */
	@Override
	public void close() {
		this.reflector.close();
		this.loop.execute(() -> {
			this.loop.close();
			this.notifier.close();
		});
	}

	private void publish(Event next) {
		this.event = next;
		this.subscribers.signal();
	}

	/**
	 * What is known: go-kit's {@code sd.Event}. Immutable.
	 *
	 * @param synced whether etcd has been read at all; without that, empty means unknown
	 * @param instances the values, in the order of their keys, without those of more than
	 * 64 KiB, 20,000 at most; while etcd is away the last known ones
	 * @param error why they may not be current, {@code null} if they are
	 */
	public record Event(boolean synced, List<String> instances, @Nullable EtcdException error) {

	}

	/**
	 * Keeps the values by their keys.
	 */
	private final class Values implements ReflectorStore, Reflector.Listener {

		private SortedMap<String, Value> values = new TreeMap<>();

		private SortedMap<String, Value> listing = new TreeMap<>();

		/** How many of the values kept last have a text. */
		private int texts;

		@Override
		public void beginListing() {
			this.listing = new TreeMap<>();
			this.texts = 0;
		}

		@Override
		public void addPage(List<KeyValue> page) {
			page.forEach((keyValue) -> put(this.listing, keyValue));
		}

		@Override
		public void completeListing() {
			this.values = this.listing;
		}

		@Override
		public void listed(long revision, boolean newHistory) {
			publishValues();
		}

		@Override
		public void changed(long revision, long changes) {
			publishValues();
		}

		@Override
		public void apply(WatchEvent change) {
			if (change.deleted()) {
				count(this.values.remove(change.keyValue().key()), -1);
			}
			else {
				put(this.values, change.keyValue());
			}
		}

		private void put(SortedMap<String, Value> values, KeyValue keyValue) {
			count(values.remove(keyValue.key()), -1);
			Value value = Value.of(keyValue, this.texts < MOST_VALUES);
			count(value, 1);
			values.put(keyValue.key(), value);
		}

		private void count(@Nullable Value value, int change) {
			this.texts += (value != null && value.text() != null) ? change : 0;
		}

		private void publishValues() {
			List<String> instances = this.values.values().stream().map(Value::text).filter(Objects::nonNull).toList();
			Instancer.this.publish(new Event(true, instances, Instancer.this.event.error()));
		}

		@Override
		public void current() {
			tell(null);
		}

		@Override
		public void interrupted(EtcdException cause) {
			tell(cause);
		}

		private void tell(@Nullable EtcdException error) {
			Event last = Instancer.this.event;
			if (!Objects.equals(reason(last.error()), reason(error))) {
				Instancer.this.publish(new Event(last.synced(), last.instances(), error));
			}
		}

		private static @Nullable Reason reason(@Nullable EtcdException error) {
			return (error != null) ? error.reason() : null;
		}

		@Override
		public Set<String> keys() {
			return this.values.keySet();
		}

		@Override
		public long revisionOf(String key) {
			Value held = this.values.get(key);
			return (held != null) ? held.modRevision() : 0;
		}

		@Override
		public boolean isHeld(KeyValue keyValue) {
			Value held = this.values.get(keyValue.key());
			return held != null && Value.of(keyValue, held.text() != null).equals(held);
		}

	}

	/**
	 * What is known of a key.
	 *
	 * @param text the value, {@code null} if it is too large or one too many
	 */
	private record Value(@Nullable String text, long modRevision, long leaseId) {

		static Value of(KeyValue keyValue, boolean counted) {
			String text = (counted && keyValue.value().length <= LARGEST_VALUE)
					? new String(keyValue.value(), StandardCharsets.UTF_8) : null;
			return new Value(text, keyValue.modRevision(), keyValue.leaseId());
		}

	}

}
