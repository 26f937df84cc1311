package io.github.etcddiscovery.cloud;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

import io.github.etcddiscovery.client.EtcdException;
import org.jspecify.annotations.Nullable;
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
 * Registers the application when it is ready, and its management port with it where that
 * is another port; deregisters both when its context closes, before the web server stops.
 * Only events of its own context count, since those of child contexts arrive here too.
 * <p>
 * Events come on any thread. What they change, and what follows from it for the
 * registrar's queue, happens under one lock that is never held while waiting, so that the
 * queue gets it in the same order.
 */
public class EtcdAutoServiceRegistration implements AutoServiceRegistration, SmartLifecycle, SmartApplicationListener {

	private static final Logger logger = LoggerFactory.getLogger(EtcdAutoServiceRegistration.class);

	/** Where Spring Boot publishes the port that the management server is bound to. */
	private static final String BOUND_MANAGEMENT_PORT = "local.management.port";

	/**
	 * Above the phase in which the web server shuts down gracefully, which is
	 * {@link SmartLifecycle#DEFAULT_PHASE} - 1024, and that of the management server's
	 * context, which is still lower: started after them, stopped before them.
	 */
	private static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 512;

	private final ApplicationContext context;

	private final EtcdServiceRegistry registry;

	private final GracefulDeregistration deregistration;

	private final Registrations wanted;

	private final RegistrationLifecycles lifecycles;

	private final Settings settings;

	private final Object lock = new Object();

	private boolean running;

	private boolean ready;

	private boolean accepting;

	private boolean closed;

	private boolean attempted;

	private State state = State.OUT;

	/** What has been handed over: with the management port, if that is another port. */
	private Registrations registered;

	/**
	 * Creates the automatic registration. Starts nothing.
	 * @param context whose events count
	 * @param registry where to register
	 * @param deregistration how to leave
	 * @param wanted what to register
	 * @param lifecycles the user's callbacks
	 * @param settings when and how
	 */
	public EtcdAutoServiceRegistration(ApplicationContext context, EtcdServiceRegistry registry,
			GracefulDeregistration deregistration, Registrations wanted, RegistrationLifecycles lifecycles,
			Settings settings) {
		this.context = context;
		this.registry = registry;
		this.deregistration = deregistration;
		this.wanted = wanted;
		this.registered = wanted;
		this.lifecycles = lifecycles;
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
			leave(this.context);
		}
		else if (event instanceof AvailabilityChangeEvent<?> change && isOwn(change)
				&& change.getState() instanceof ReadinessState readiness) {
			synchronized (this.lock) {
				this.accepting = readiness == ReadinessState.ACCEPTING_TRAFFIC;
				this.wanted.application().setRefusing(isRefusing());
				if (this.state == State.IN) {
					this.registry.publishChanges(this.wanted.application());
				}
			}
			registerIfDue();
		}
	}

	/** Whoever publishes readiness may name any source, but another context is not us. */
	private boolean isOwn(ApplicationEvent event) {
		return !(event.getSource() instanceof ApplicationContext source) || source == this.context;
	}

	private boolean isRefusing() {
		return this.settings.followReadiness() && !this.accepting;
	}

	private void registerIfDue() {
		boolean first;
		Registrations registering;
		synchronized (this.lock) {
			boolean due = this.running && this.ready && !this.closed && !isRefusing();
			if (!due || this.state != State.OUT) {
				return;
			}
			registering = withPorts();
			if (registering.application().getPort() == 0) {
				logger.warn(
						"Not registering {}: it has no web server, and spring.cloud.etcd.discovery.port is not set."
								+ " Set that, or spring.cloud.etcd.discovery.register=false",
						registering.application().getServiceId());
				return;
			}
			this.state = State.ON_THE_WAY_IN;
			first = !this.attempted;
			this.attempted = true;
		}
		this.context.publishEvent(new InstancePreRegisteredEvent(this, registering.application()));
		this.lifecycles.beforeStart(registering);
		CompletableFuture<Void> application;
		@Nullable CompletableFuture<Void> management;
		synchronized (this.lock) {
			if (this.state != State.ON_THE_WAY_IN) {
				// The context was closed meanwhile.
				return;
			}
			registering.application().setRefusing(isRefusing());
			this.registered = registering;
			application = this.registry.submit(registering.application());
			management = (registering.management() != null) ? this.registry.submit(registering.management()) : null;
			this.state = State.IN;
		}
		boolean failFast = first && this.settings.failFast();
		awaitRegistered(registering.application(), application, failFast, (registered) -> {
			this.lifecycles.afterStart(registered);
			this.context.publishEvent(new InstanceRegisteredEvent<>(this, registered));
		});
		if (registering.management() != null && management != null) {
			awaitRegistered(registering.management(), management, failFast, this.lifecycles::afterStartOfManagement);
		}
	}

	/**
	 * The ports are known by now. The management port counts as another one only if it
	 * really is: not every application with a property for it has one.
	 */
	private Registrations withPorts() {
		int port = boundPort(GracefulDeregistration.BOUND_PORT);
		int managementPort = boundPort(BOUND_MANAGEMENT_PORT);
		this.wanted.application().setBoundPort(port);
		this.wanted.ifManagement((management) -> management.setBoundPort(managementPort));
		return (managementPort != 0 && managementPort != port) ? this.wanted : this.wanted.withoutManagement();
	}

	private void awaitRegistered(EtcdRegistration registration, CompletableFuture<Void> registered, boolean failFast,
			Consumer<EtcdRegistration> afterwards) {
		try {
			this.registry.await(registration, registered);
		}
		catch (EtcdException ex) {
			if (failFast) {
				throw new EtcdUnavailableException(this.settings.endpoints(), ex);
			}
			logger.error("Not registered yet, trying again in the background: {}", ex.getMessage());
			return;
		}
		if (registered.isDone()) {
			if (!registered.isCancelled()) {
				afterwards.accept(registration);
			}
		}
		else {
			// Later, and not on the registrar's thread: others may take their time.
			registered.thenRunAsync(() -> afterwards.accept(registration));
		}
	}

	private int boundPort(String property) {
		return this.context.getEnvironment().getProperty(property, Integer.class, 0);
	}

	private void leave(@Nullable ApplicationContext closing) {
		State before;
		Registrations leaving;
		synchronized (this.lock) {
			before = this.state;
			leaving = this.registered;
			this.state = State.OUT;
		}
		// Without deregistering, the registry stops renewing the lease when it is closed.
		if (before != State.IN || !this.deregistration.isEnabled()) {
			return;
		}
		this.lifecycles.beforeStop(leaving);
		boolean withdrawn = this.deregistration.withdraw(leaving.all(), closing);
		this.lifecycles.afterStop(leaving);
		// Where others have not been told, waiting for them to take note is for nothing.
		if (withdrawn) {
			this.deregistration.drain(this.context);
		}
	}

	/**
	 * Registers something else from now on. What is in etcd already changes in place, or,
	 * if its key is another one, moves there: first the new record is written, then the
	 * old one is taken away. Does not wait.
	 * @param changed what to register
	 */
	public void change(Registrations changed) {
		synchronized (this.lock) {
			this.wanted.application().become(changed.application());
			if (this.wanted.management() != null && changed.management() != null) {
				this.wanted.management().become(changed.management());
			}
			if (this.state == State.IN) {
				this.registered.all().forEach(this.registry::publishChanges);
			}
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
		leave(null);
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
	 * @param followReadiness whether to wait for the application to accept traffic, and
	 * to publish it when it stops accepting
	 * @param failFast whether starting fails if etcd refuses the registration
	 * @param endpoints where etcd is, for messages
	 */
	public record Settings(boolean followReadiness, boolean failFast, String endpoints) {

	}

}
