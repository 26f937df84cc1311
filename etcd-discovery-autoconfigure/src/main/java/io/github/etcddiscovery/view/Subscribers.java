package io.github.etcddiscovery.view;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.support.EventLoop;
import org.jspecify.annotations.Nullable;

/**
 * Hands the newest state to all subscribers, on a thread of their own. A slow subscriber
 * holds up only the others. States that come faster than a subscriber takes them are
 * skipped, except the newest one.
 *
 * @param <S> an immutable state, replaced by another object when it changes
 */
@Internal
public final class Subscribers<S> {

	private final Supplier<S> newest;

	private final EventLoop notifier;

	private final List<Subscriber> subscribers = new CopyOnWriteArrayList<>();

	/**
	 * Creates an empty list of subscribers.
	 * @param newest returns the newest state
	 * @param notifier calls the subscribers
	 */
	public Subscribers(Supplier<S> newest, EventLoop notifier) {
		this.newest = newest;
		this.notifier = notifier;
	}

	/**
	 * Subscribes, and hands over the current state.
	 * @param listener called on the notifier
	 * @return ends the subscription
	 */
	public Subscription subscribe(Consumer<S> listener) {
		Subscriber subscriber = new Subscriber(listener);
		this.subscribers.add(subscriber);
		subscriber.signal();
		return () -> {
			subscriber.closed = true;
			this.subscribers.remove(subscriber);
		};
	}

	/** There is a newer state. */
	public void signal() {
		this.subscribers.forEach(Subscriber::signal);
	}

	/**
	 * One that has subscribed.
	 */
	private final class Subscriber {

		private final Consumer<S> listener;

		private final AtomicBoolean signalled = new AtomicBoolean();

		private @Nullable S last;

		private volatile boolean closed;

		Subscriber(Consumer<S> listener) {
			this.listener = listener;
		}

		void signal() {
			if (this.signalled.compareAndSet(false, true)) {
				Subscribers.this.notifier.execute(this::deliver);
			}
		}

		private void deliver() {
			this.signalled.set(false);
			S state = Subscribers.this.newest.get();
			if (state != this.last && !this.closed) {
				this.last = state;
				this.listener.accept(state);
			}
		}

	}

}
