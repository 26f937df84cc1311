package io.github.etcddiscovery.cloud.registration;

import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.cloud.EtcdUnavailableException;
import io.github.etcddiscovery.support.EventLoop;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.cloud.client.discovery.event.InstanceRegisteredEvent;
import org.springframework.context.ApplicationContext;

/**
 * Waits for what has been handed over to the registry, and tells others when it is in
 * etcd: on the thread that waits, or later on one of its own, on which they may take
 * their time.
 */
final class RegistrationAnnouncer implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(RegistrationAnnouncer.class);

	private final ApplicationContext context;

	private final EtcdServiceRegistry registry;

	private final RegistrationLifecycles lifecycles;

	private final String endpoints;

	private final EventLoop events = EventLoop.onThread("etcd-registration-events");

	RegistrationAnnouncer(ApplicationContext context, EtcdServiceRegistry registry, RegistrationLifecycles lifecycles,
			String endpoints) {
		this.context = context;
		this.registry = registry;
		this.lifecycles = lifecycles;
		this.endpoints = endpoints;
	}

	/**
	 * Waits until both are in etcd, and tells others; or, if that takes too long, leaves
	 * telling to a thread of its own.
	 * @param registering what has been handed over
	 * @param outcome what becomes of it
	 * @param failFast whether a refusal ends the start
	 * @param current whether it is still registered
	 * @throws EtcdUnavailableException if starting is to end
	 */
	void announce(Registrations registering, Outcome outcome, boolean failFast, BooleanSupplier current) {
		try {
			this.registry.waiting().await(registering.application(), outcome.application(), "registered");
		}
		catch (EtcdException ex) {
			if (failFast) {
				throw new EtcdUnavailableException(this.endpoints, ex);
			}
			logger.error("Not registered yet, trying again in the background: {}", ex.getMessage());
		}
		tellOthers(current, registering.application(), outcome.application(), (registered) -> {
			this.lifecycles.afterStart(registered);
			this.context.publishEvent(new InstanceRegisteredEvent<>(this, registered));
		});
		if (registering.management() != null && outcome.management() != null) {
			if (outcome.application().isDone()) {
				awaitManagement(registering.management(), outcome.management());
			}
			tellOthers(current, registering.management(), outcome.management(),
					this.lifecycles::afterStartOfManagement);
		}
	}

	/** The application does not depend on it, so it never ends the start. */
	private void awaitManagement(EtcdRegistration management, CompletableFuture<Void> outcome) {
		try {
			this.registry.waiting().await(management, outcome, "registered");
		}
		catch (EtcdException ex) {
			logger.error(
					"The management port is not registered yet, trying again in the background: {}. To do without, set"
							+ " spring.cloud.service-registry.auto-registration.register-management=false",
					ex.getMessage());
		}
	}

	private void tellOthers(BooleanSupplier current, EtcdRegistration registration, CompletableFuture<Void> outcome,
			Consumer<EtcdRegistration> news) {
		// Done is also what its format hides for now.
		if (outcome.isDone() && this.registry.isRegistered(registration)) {
			news.accept(registration);
		}
		else if (current.getAsBoolean()) {
			this.registry.whenRegistered(registration, () -> this.events.execute(() -> {
				if (current.getAsBoolean()) {
					news.accept(registration);
				}
			}));
		}
	}

	/** The thread on which listeners and callbacks may take their time. */
	EventLoop events() {
		return this.events;
	}

	@Override
	public void close() {
		this.events.close();
	}

	/**
	 * What becomes of what has been handed over.
	 *
	 * @param application the application's own record
	 * @param management that of its management port, {@code null} without one
	 */
	record Outcome(CompletableFuture<Void> application, @Nullable CompletableFuture<Void> management) {

	}

}
