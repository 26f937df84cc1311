package io.github.etcddiscovery.view;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import io.github.etcddiscovery.integration.Interleavings;
import io.github.etcddiscovery.integration.QueuedEventLoop;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Listeners subscribe and are told while states are published.
 */
@Tag("slow")
public final class SubscribersInterleavingIT {

	private final QueuedEventLoop notifier = new QueuedEventLoop();

	private volatile int newest;

	private final Subscribers<Integer> subscribers = new Subscribers<>(() -> this.newest, this.notifier);

	/** By listener what it was told. */
	private final Queue<List<Integer>> told = new ConcurrentLinkedQueue<>();

	public SubscribersInterleavingIT() {
		subscribe();
	}

	@Operation(nonParallelGroup = "loop")
	public void publish() {
		this.newest = this.newest + 1;
		this.subscribers.signal();
	}

	@Operation
	public void subscribe() {
		List<Integer> states = new ArrayList<>();
		this.told.add(states);
		this.subscribers.subscribe(states::add);
	}

	@Operation(nonParallelGroup = "notifier")
	public void tell() {
		this.notifier.runNext();
	}

	@Validate
	public void newestIsNeverMissedNorFollowedByAnOlderOne() {
		this.notifier.runAll();
		for (List<Integer> states : this.told) {
			if (states.isEmpty() || states.get(states.size() - 1) != this.newest) {
				throw new AssertionError("Missed " + this.newest + ", having been told " + states);
			}
			for (int i = 1; i < states.size(); i++) {
				if (states.get(i - 1) >= states.get(i)) {
					throw new AssertionError("Told in this order: " + states);
				}
			}
		}
	}

	@Test
	void nobodyMissesTheNewestStateInWhateverOrderOfSteps() {
		Interleavings.tryOrders(SubscribersInterleavingIT.class);
	}

	@Test
	void nobodyMissesTheNewestStateHoweverThreadsRun() {
		Interleavings.tryFreely(SubscribersInterleavingIT.class);
	}

}
