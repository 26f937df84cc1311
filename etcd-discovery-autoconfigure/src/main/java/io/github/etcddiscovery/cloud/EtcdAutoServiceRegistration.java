package io.github.etcddiscovery.cloud;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.etcddiscovery.client.EtcdException;
import io.github.etcddiscovery.instance.InstanceStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.cloud.client.discovery.event.InstancePreRegisteredEvent;
import org.springframework.cloud.client.discovery.event.InstanceRegisteredEvent;
import org.springframework.cloud.client.serviceregistry.AutoServiceRegistration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.SmartApplicationListener;
import org.springframework.core.Ordered;

/**
 * Registers the application when it is ready, and deregisters it when its context closes,
 * before the web server stops. Only events of its own context count, since those of child
 * contexts arrive here too.
 * <p>
 * Events come on any thread. What they change, and what follows from it for the
 * registrar's queue, happens under one lock that is never held while waiting, so that the
 * queue gets it in the same order.
 */
public class EtcdAutoServiceRegistration implements AutoServiceRegistration, SmartLifecycle, SmartApplicationListener {

	private static final Logger logger = LoggerFactory.getLogger(EtcdAutoServiceRegistration.class);

	/** Where Spring Boot publishes the port that the web server is bound to. */
	private static final String BOUND_PORT = "local.server.port";

	/**
	 * Above the phase in which the web server shuts down gracefully, which is
	 * {@link SmartLifecycle#DEFAULT_PHASE} - 1024: started after it, stopped before it.
	 */
	private static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 512;

	private final ApplicationContext context;

	private final EtcdServiceRegistry registry;

	private final EtcdRegistration registration;

	private final Settings settings;

	private final Object lock = new Object();

	private boolean running;

	private boolean ready;

	private boolean accepting;

	private boolean closed;

	private boolean attempted;

	private State state = State.OUT;

	/**
	 * Creates the automatic registration. Starts nothing.
	 * @param context whose events count
	 * @param registry where to register
	 * @param registration what to register
	 * @param settings when and how
	 */
	public EtcdAutoServiceRegistration(ApplicationContext context, EtcdServiceRegistry registry,
			EtcdRegistration registration, Settings settings) {
		this.context = context;
		this.registry = registry;
		this.registration = registration;
		this.settings = settings;
	}

	@Override
	public void onApplicationEvent(ApplicationEvent event) {
		if (event instanceof ApplicationReadyEvent readyEvent && readyEvent.getApplicationContext() == this.context) {
			synchronized (this.lock) {
				this.ready = true;
			}
			registerIfDue();
		}
		else if (event instanceof ContextClosedEvent closedEvent
				&& closedEvent.getApplicationContext() == this.context) {
			synchronized (this.lock) {
				this.closed = true;
			}
			leave();
		}
		else if (event instanceof AvailabilityChangeEvent<?> change && isOwn(change)
				&& change.getState() instanceof ReadinessState readiness) {
			synchronized (this.lock) {
				this.accepting = readiness == ReadinessState.ACCEPTING_TRAFFIC;
				if (this.state == State.IN && this.settings.followReadiness()) {
					this.registry.setStatus(this.registration, status().name());
				}
			}
			registerIfDue();
		}
	}

	/** Whoever publishes readiness may name any source, but another context is not us. */
	private boolean isOwn(ApplicationEvent event) {
		return !(event.getSource() instanceof ApplicationContext source) || source == this.context;
	}

	private InstanceStatus status() {
		return (this.accepting || !this.settings.followReadiness()) ? InstanceStatus.UP : InstanceStatus.OUT_OF_SERVICE;
	}

	private void registerIfDue() {
		boolean first;
		synchronized (this.lock) {
			boolean due = this.running && this.ready && !this.closed && status() == InstanceStatus.UP;
			if (!due || this.state != State.OUT) {
				return;
			}
			int port = (this.settings.port() != 0) ? this.settings.port() : boundPort();
			if (port == 0) {
				logger.warn(
						"Not registering {}: it has no web server, and spring.cloud.etcd.discovery.port is not set."
								+ " Set that, or spring.cloud.etcd.discovery.register=false",
						this.registration.getServiceId());
				return;
			}
			this.registration.setPort(port);
			this.state = State.ON_THE_WAY_IN;
			first = !this.attempted;
			this.attempted = true;
		}
		this.context.publishEvent(new InstancePreRegisteredEvent(this, this.registration));
		CompletableFuture<Void> registered;
		synchronized (this.lock) {
			if (this.state != State.ON_THE_WAY_IN) {
				// The context was closed meanwhile.
				return;
			}
			this.registration.setStatus(status());
			registered = this.registry.submit(this.registration);
			this.state = State.IN;
		}
		awaitRegistered(registered, first && this.settings.failFast());
	}

	private void awaitRegistered(CompletableFuture<Void> registered, boolean failFast) {
		try {
			this.registry.await(this.registration, registered);
		}
		catch (EtcdException ex) {
			if (failFast) {
				throw new EtcdUnavailableException(this.settings.endpoints(), ex);
			}
			logger.error("Not registered yet, trying again in the background: {}", ex.getMessage());
			return;
		}
		InstanceRegisteredEvent<?> event = new InstanceRegisteredEvent<>(this, this.registration);
		if (registered.isDone()) {
			if (!registered.isCancelled()) {
				this.context.publishEvent(event);
			}
		}
		else {
			// Later, and not on the registrar's thread: listeners may take their time.
			registered.thenRunAsync(() -> this.context.publishEvent(event));
		}
	}

	private int boundPort() {
		return this.context.getEnvironment().getProperty(BOUND_PORT, Integer.class, 0);
	}

	private void leave() {
		State before;
		synchronized (this.lock) {
			before = this.state;
			this.state = State.OUT;
		}
		// Without deregistering, the registry stops renewing the lease when it is closed.
		if (before != State.IN || !this.settings.deregister()) {
			return;
		}
		boolean withdrawn = this.registry.withdraw(this.registration);
		Duration drain = this.settings.drain();
		// Where others have not been told, waiting for them to take note is for nothing.
		if (withdrawn && boundPort() != 0 && !drain.isZero()) {
			logger.info("Deregistered {}; serving on for {} ms", this.registration, drain.toMillis());
			new CompletableFuture<Void>().completeOnTimeout(null, drain.toNanos(), TimeUnit.NANOSECONDS).join();
		}
	}

	@Override
	public void start() {
		synchronized (this.lock) {
			this.running = true;
		}
		registerIfDue();
	}

	@Override
	public void stop() {
		synchronized (this.lock) {
			this.running = false;
		}
		leave();
	}

	@Override
	public boolean isRunning() {
		synchronized (this.lock) {
			return this.running;
		}
	}

	@Override
	public boolean isPauseable() {
		return false;
	}

	@Override
	public int getPhase() {
		return PHASE;
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
	 * Whether the application has asked to be in etcd.
	 */
	private enum State {

		/** Not registered. */
		OUT,

		/** Its port is known and others are told that it is about to register. */
		ON_THE_WAY_IN,

		/** Handed over to the registrar, which keeps it in etcd. */
		IN

	}

	/**
	 * When and how to register.
	 *
	 * @param port the port to advertise, 0 for the one the web server is bound to
	 * @param followReadiness whether to wait for the application to accept traffic, and
	 * to publish it when it stops accepting
	 * @param deregister whether leaving takes the record out of etcd
	 * @param drain how long to go on serving after deregistering
	 * @param failFast whether starting fails if etcd refuses the registration
	 * @param endpoints where etcd is, for messages
	 */
	public record Settings(int port, boolean followReadiness, boolean deregister, Duration drain, boolean failFast,
			String endpoints) {

	}

}
