package io.github.etcddiscovery.view;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import io.github.etcddiscovery.client.WatchEvent;
import io.github.etcddiscovery.support.EventLoop;

/**
 * Collects the messages of watches from any thread. The loop applies all pending messages
 * together, so that it publishes one catalog for them.
 */
final class WatchInbox {

	/** A reader must not wait for a writer that never pauses. */
	private static final int MESSAGES_AT_ONCE = 1_000;

	private final Queue<Message> messages = new ConcurrentLinkedQueue<>();

	private final AtomicBoolean scheduled = new AtomicBoolean();

	private final EventLoop loop;

	private final Runnable drain;

	/**
	 * Creates an empty inbox.
	 * @param loop where messages are applied
	 * @param drain applies them, by {@link #take}
	 */
	WatchInbox(EventLoop loop, Runnable drain) {
		this.loop = loop;
		this.drain = drain;
	}

	/** Adds a message. May be called from any thread. */
	void add(long attempt, List<WatchEvent> events) {
		this.messages.add(new Message(attempt, events));
		schedule();
	}

	/** Has the loop apply what is pending. */
	void schedule() {
		if (this.scheduled.compareAndSet(false, true)) {
			this.loop.execute(() -> {
				this.scheduled.set(false);
				this.drain.run();
			});
		}
	}

	/**
	 * Takes pending messages of a watch, a thousand at most, and drops those of former
	 * watches.
	 * @return whether there was one
	 */
	boolean take(long attempt, Consumer<List<WatchEvent>> receiver) {
		boolean taken = false;
		for (int i = 0; i < MESSAGES_AT_ONCE; i++) {
			Message message = this.messages.poll();
			if (message == null) {
				return taken;
			}
			if (message.attempt() == attempt) {
				receiver.accept(message.events());
				taken = true;
			}
		}
		if (!this.messages.isEmpty()) {
			schedule();
		}
		return taken;
	}

	void clear() {
		this.messages.clear();
	}

	private record Message(long attempt, List<WatchEvent> events) {

	}

}
