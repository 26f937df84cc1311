package io.github.etcddiscovery.cloud.registration;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.cloud.EtcdUnavailableException;
import io.github.etcddiscovery.support.EventLoop;
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
	 * @param outcomes the future of each registration, in the order of
	 * {@link OwnRegistrations#all()}
	 * @param failFast whether a refusal ends the start
	 * @param current whether it is still registered
	 * @throws EtcdUnavailableException if starting is to end
	 */
	void announce(OwnRegistrations registering, List<CompletableFuture<Void>> outcomes, boolean failFast,
			BooleanSupplier current) {
		EtcdRegistration application = registering.application();
		CompletableFuture<Void> outcome = outcomes.get(0);
		try {
			this.registry.await(application, outcome, "registered");
		}
		catch (EtcdException ex) {
			if (failFast) {
				throw new EtcdUnavailableException(this.endpoints, ex);
			}
			logger.error("Not registered yet, trying again in the background: {}", ex.getMessage());
		}
		tellOthers(current, application, outcome, (registered) -> {
			this.lifecycles.afterStart(registered);
			this.context.publishEvent(new InstanceRegisteredEvent<>(this, registered));
		});
		registering.ifManagement((management) -> {
			if (outcome.isDone()) {
				awaitManagement(management, outcomes.get(1));
			}
			tellOthers(current, management, outcomes.get(1), this.lifecycles::afterStartOfManagement);
		});
	}

	/** The application does not depend on it, so it never ends the start. */
	private void awaitManagement(EtcdRegistration management, CompletableFuture<Void> outcome) {
		try {
			this.registry.await(management, outcome, "registered");
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

}
