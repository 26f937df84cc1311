package io.github.etcddiscovery.cloud.registration;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

import io.github.etcddiscovery.Internal;
import io.github.etcddiscovery.cloud.registration.RegistrationDecision.Action;
import io.github.etcddiscovery.instance.InstanceStatus;
import io.github.etcddiscovery.instance.InvalidValueException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.cloud.client.discovery.event.InstancePreRegisteredEvent;
import org.springframework.cloud.client.serviceregistry.AutoServiceRegistration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.SmartApplicationListener;
import org.springframework.core.Ordered;

/**
 * Registers the application when it is ready, and its management port with it where that
 * is another port; deregisters both when its context closes, before the web server stops.
 * Only events of its own context count, since those of child contexts arrive here too.
 * <p>
 * Events come on any thread. What they change, and what follows from it for the
 * registrar's queue, happens under one lock that is never held while waiting, so that the
 * queue gets it in the same order.
 */
@Internal
public class EtcdAutoServiceRegistration
		implements AutoServiceRegistration, SmartLifecycle, SmartApplicationListener, DisposableBean {

	private static final Logger logger = LoggerFactory.getLogger(EtcdAutoServiceRegistration.class);

	/**
	 * Above the phase in which the web server shuts down gracefully, which is
	 * {@link SmartLifecycle#DEFAULT_PHASE} - 1024, and that of the management server's
	 * context, which is still lower: started after them, stopped before them.
	 */
	private static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 512;

	private final ApplicationContext context;

	private final EtcdServiceRegistry registry;

	private final GracefulDeregistration deregistration;

	private final BoundPorts ports;

	private final WantedRegistrations wanted;

	private final RegistrationLifecycles lifecycles;

	private final Settings settings;

	private final RegistrationAnnouncer announcer;

	private final Object lock = new Object();

	/** Guarded by {@code lock}. */
	private final RegistrationDecision decision;

	/** What has been handed over: with the management port, if that is another port. */
	private OwnRegistrations registered;

	/**
	 * Creates the automatic registration. Starts nothing.
	 * @param context whose events count
	 * @param registry where to register
	 * @param deregistration how to leave
	 * @param ports of this context
	 * @param application the registration of the application
	 * @param source creates the registrations again once the ports are known
	 * @param lifecycles the user's callbacks
	 * @param settings when and how
	 */
	public EtcdAutoServiceRegistration(ApplicationContext context, EtcdServiceRegistry registry,
			GracefulDeregistration deregistration, BoundPorts ports, EtcdRegistration application,
			RegistrationSource source, RegistrationLifecycles lifecycles, Settings settings) {
		this.context = context;
		this.registry = registry;
		this.deregistration = deregistration;
		this.ports = ports;
		if (settings.initialStatus() != InstanceStatus.UP) {
			application.setStatus(settings.initialStatus());
		}
		this.wanted = new WantedRegistrations(this.lock, application, source);
		this.registered = this.wanted.get();
		this.lifecycles = lifecycles;
		this.settings = settings;
		this.decision = new RegistrationDecision(settings.followReadiness());
		this.announcer = new RegistrationAnnouncer(context, registry, lifecycles, settings.endpoints());
	}

	@Override
	public void onApplicationEvent(ApplicationEvent event) {
		if (event instanceof ApplicationReadyEvent readyEvent && readyEvent.getApplicationContext() == this.context) {
			perform(decide(RegistrationDecision::ready));
		}
		else if (event instanceof ContextClosedEvent closedEvent
				&& closedEvent.getApplicationContext() == this.context) {
			if (decide(RegistrationDecision::closed) == Action.LEAVE) {
				leave(this.context);
			}
		}
		else if (event instanceof AvailabilityChangeEvent<?> change && isOwn(change)
				&& change.getState() instanceof ReadinessState readiness) {
			perform(decide((decision) -> readiness(decision, readiness)));
		}
	}

	/**
	 * Holds the lock also while a change is put into the registrar's queue, so that
	 * changes arrive there in the order of the events.
	 */
	private Action decide(Function<RegistrationDecision, Action> event) {
		synchronized (this.lock) {
			Action action = event.apply(this.decision);
			if (action == Action.PUBLISH) {
				this.registry.publishChanges(this.wanted.application());
			}
			return action;
		}
	}

	private Action readiness(RegistrationDecision decision, ReadinessState readiness) {
		Action action = decision.readiness(readiness == ReadinessState.ACCEPTING_TRAFFIC);
		applyRefusal(decision);
		return action;
	}

	private Action healthChanged(RegistrationDecision decision) {
		applyRefusal(decision);
		return decision.isIn() ? Action.PUBLISH : Action.NOTHING;
	}

	private void applyRefusal(RegistrationDecision decision) {
		FollowedHealth health = this.settings.health();
		this.wanted.application().setRefusing(decision.isRefusing() || (health != null && !health.state().up()));
	}

	/**
	 * Returns the health that this registration follows.
	 * @return the health, {@code null} if it follows none
	 */
	public @Nullable FollowedHealth getHealth() {
		return this.settings.health();
	}

	private void perform(Action action) {
		if (action == Action.REGISTER) {
			register();
		}
	}

	/**
	 * An event of readiness may have any source. Only if the source is another context,
	 * the event is not ours.
	 */
	private boolean isOwn(ApplicationEvent event) {
		return !(event.getSource() instanceof ApplicationContext source) || source == this.context;
	}

	private void register() {
		OwnRegistrations registering = this.wanted.get();
		try {
			registering = this.wanted.withPorts(advertisedPorts());
			EtcdRegistration application = registering.application();
			if (application.getPort() == 0) {
				logger.info(
						"Not registering {}: it has no server, and spring.cloud.etcd.discovery.port is not set."
								+ " Set that, or spring.cloud.etcd.discovery.register=false",
						application.getServiceId());
				abort(registering);
				return;
			}
			if (this.ports.isInExternalContainer()) {
				OwnRegistrations later = registering;
				new PortCheck(this.announcer.events(), application.getHost(), application.getPort(), this::isOnTheWayIn)
					.whenAccepting(() -> register(later, false));
				return;
			}
		}
		catch (RuntimeException ex) {
			abort(registering);
			throw ex;
		}
		register(registering, this.settings.failFast() && !wasAttempted());
	}

	private void register(OwnRegistrations registering, boolean failFast) {
		List<CompletableFuture<Void>> outcomes;
		try {
			if (this.settings.health() != null) {
				this.settings.health().start(() -> decide(this::healthChanged));
			}
			this.context.publishEvent(new InstancePreRegisteredEvent(this, registering.application()));
			this.lifecycles.beforeStart(registering);
			outcomes = handOver(registering);
		}
		catch (RuntimeException ex) {
			abort(registering);
			throw ex;
		}
		if (outcomes != null) {
			this.announcer.announce(registering, outcomes, failFast, () -> isIn(registering));
		}
		else {
			stopHealthChecks();
		}
	}

	private void stopHealthChecks() {
		if (this.settings.health() != null) {
			this.settings.health().stop();
		}
	}

	private void abort(OwnRegistrations registering) {
		stopHealthChecks();
		synchronized (this.lock) {
			this.decision.abort();
		}
		this.registry.withdraw(registering.all());
	}

	private boolean isOnTheWayIn() {
		synchronized (this.lock) {
			return this.decision.isOnTheWayIn();
		}
	}

	private boolean wasAttempted() {
		synchronized (this.lock) {
			return this.decision.wasAttempted();
		}
	}

	private AdvertisedPorts advertisedPorts() {
		return AdvertisedPorts.of(this.ports, this.settings.advertisesGrpc());
	}

	/** Returns {@code null} if the context was closed meanwhile. */
	private @Nullable List<CompletableFuture<Void>> handOver(OwnRegistrations registering) {
		synchronized (this.lock) {
			if (!this.decision.isOnTheWayIn()) {
				return null;
			}
			this.decision.attempt();
			applyRefusal(this.decision);
			List<CompletableFuture<Void>> outcomes = registering.all().stream().map(this.registry::submit).toList();
			this.registered = registering;
			this.decision.handedOver();
			return outcomes;
		}
	}

	private boolean isIn(OwnRegistrations registering) {
		synchronized (this.lock) {
			return this.decision.isIn() && this.registered == registering;
		}
	}

	private void leave(@Nullable ApplicationContext closing) {
		stopHealthChecks();
		OwnRegistrations leaving;
		synchronized (this.lock) {
			leaving = this.registered;
		}
		if (!this.deregistration.isEnabled()) {
			// When the context closes, the registry is closed with it.
			if (closing == null) {
				this.deregistration.abandon(this.context);
			}
			return;
		}
		this.lifecycles.beforeStop(leaving);
		boolean withdrawn = this.deregistration.withdraw(leaving.all(), closing);
		this.lifecycles.afterStop(leaving);
		// Where others have not been told, waiting for them to take note is for nothing.
		if (withdrawn) {
			this.deregistration.drain(this.ports);
		}
	}

	/**
	 * Replaces the source of the registrations. Applies only the differences between its
	 * registrations and those of the former source. A record in etcd changes in place. If
	 * its key changes, the new record is written first, and then the old one is deleted.
	 * Does not wait for etcd.
	 * @param changed the new source
	 * @throws InvalidValueException if the result breaks the rules; everything stays as
	 * it is
	 */
	public void change(RegistrationSource changed) {
		this.wanted.change(changed, advertisedPorts(), this::requireRegistrable, () -> {
			if (this.decision.isIn()) {
				this.registered.all().forEach(this.registry::publishChanges);
			}
		});
	}

	private void requireRegistrable(OwnRegistrations before, OwnRegistrations after) {
		if (this.decision.isIn()) {
			OwnRegistrations candidate = this.registered.copy();
			candidate.follow(before, after);
			candidate.all().forEach(this.registry::requireRegistrable);
		}
	}

	@Override
	public void destroy() {
		stopHealthChecks();
		this.announcer.close();
	}

	@Override
	public void start() {
		Action action = decide(RegistrationDecision::started);
		this.deregistration.begin();
		perform(action);
	}

	@Override
	public void stop() {
		if (decide(RegistrationDecision::stopped) == Action.LEAVE) {
			leave(null);
		}
	}

	@Override
	public boolean isRunning() {
		synchronized (this.lock) {
			return this.decision.isRunning();
		}
	}

	/** As the servers are: those for the web are not, and Spring gRPC's is. */
	@Override
	public boolean isPauseable() {
		return this.ports.hasGrpcServer();
	}

	/** Spring gRPC's server has the highest there is. */
	@Override
	public int getPhase() {
		return this.ports.hasGrpcServer() ? DEFAULT_PHASE : PHASE;
	}

	/** Leaves before any other listener takes down what requests still need. */
	@Override
	public int getOrder() {
		return Ordered.HIGHEST_PRECEDENCE;
	}

	@Override
	public boolean supportsEventType(Class<? extends ApplicationEvent> eventType) {
		return ApplicationReadyEvent.class.isAssignableFrom(eventType)
				|| ContextClosedEvent.class.isAssignableFrom(eventType)
				|| AvailabilityChangeEvent.class.isAssignableFrom(eventType);
	}

	/**
	 * When and how to register.
	 *
	 * @param followReadiness whether to wait for the application to accept traffic, and
	 * to publish it when it stops accepting
	 * @param failFast whether starting fails if etcd refuses the registration
	 * @param endpoints where etcd is, for messages
	 * @param advertisesGrpc whether others reach a gRPC server beside the web server
	 * @param initialStatus the status to register with
	 * @param health the health to follow, {@code null} for none
	 */
	public record Settings(boolean followReadiness, boolean failFast, String endpoints, boolean advertisesGrpc,
			InstanceStatus initialStatus, @Nullable FollowedHealth health) {

	}

}
