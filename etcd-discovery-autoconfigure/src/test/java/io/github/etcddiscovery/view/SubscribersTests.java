package io.github.etcddiscovery.view;

import java.util.ArrayList;
import java.util.List;

import io.github.etcddiscovery.doubles.ManualEventLoop;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What subscribers are told, and what not.
 */
class SubscribersTests {

	private final ManualEventLoop notifier = new ManualEventLoop();

	private Object newest = "first";

	private final Subscribers<Object> subscribers = new Subscribers<>(() -> this.newest, this.notifier);

	private final List<Object> told = new ArrayList<>();

	@Test
	void currentStateIsToldFirstAndOnTheNotifiersThread() {
		this.subscribers.subscribe(this.told::add);
		assertThat(this.told).isEmpty();
		this.notifier.run();
		assertThat(this.told).containsExactly("first");
	}

	@Test
	void everyNewStateIsToldOnce() {
		this.subscribers.subscribe(this.told::add);
		this.notifier.run();
		publish("second");
		this.notifier.run();
		publish("third");
		this.notifier.run();
		this.subscribers.signal();
		this.notifier.run();
		assertThat(this.told).containsExactly("first", "second", "third");
	}

	@Test
	void statesThatComeFasterThanTheyAreTakenAreSkippedOver() {
		this.subscribers.subscribe(this.told::add);
		publish("second");
		publish("third");
		this.notifier.run();
		assertThat(this.told).containsExactly("third");
	}

	@Test
	void nothingIsToldOnceTheSubscriptionIsClosed() {
		Subscription subscription = this.subscribers.subscribe(this.told::add);
		this.notifier.run();
		publish("second");
		subscription.close();
		this.notifier.run();
		publish("third");
		this.notifier.run();
		assertThat(this.told).containsExactly("first");
	}

	private void publish(Object state) {
		this.newest = state;
		this.subscribers.signal();
	}

}
