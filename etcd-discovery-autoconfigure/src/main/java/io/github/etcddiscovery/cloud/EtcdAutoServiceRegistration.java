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

	private boolean running;

	private boolean ready;

	private boolean accepting;

	private boolean closed;

	private boolean registered;

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
			synchronized (this) {
				this.ready = true;
			}
			registerIfDue();
		}
		else if (event instanceof ContextClosedEvent closedEvent
				&& closedEvent.getApplicationContext() == this.context) {
			synchronized (this) {
				this.closed = true;
			}
			deregisterAndDrain();
		}
		else if (event instanceof AvailabilityChangeEvent<?> change && isOwn(change)
				&& change.getState() instanceof ReadinessState readiness) {
			readinessChanged(readiness == ReadinessState.ACCEPTING_TRAFFIC);
		}
	}

	/** Whoever publishes readiness may name any source, but another context is not us. */
	private boolean isOwn(ApplicationEvent event) {
		return !(event.getSource() instanceof ApplicationContext source) || source == this.context;
	}

	private void readinessChanged(boolean accepting) {
		boolean publish;
		synchronized (this) {
			this.accepting = accepting;
			publish = this.registered && this.settings.followReadiness();
		}
		if (publish) {
			InstanceStatus status = accepting ? InstanceStatus.UP : InstanceStatus.OUT_OF_SERVICE;
			this.registry.setStatus(this.registration, status.name());
		}
		registerIfDue();
	}

	private void registerIfDue() {
		synchronized (this) {
			boolean due = this.running && this.ready && !this.closed
					&& (this.accepting || !this.settings.followReadiness());
			if (!due || this.registered) {
				return;
			}
			this.registered = true;
		}
		if (!resolvePort()) {
			logger.warn("Not registering {}: it has no web server, and spring.cloud.etcd.discovery.port is not set",
					this.registration.getServiceId());
			synchronized (this) {
				this.registered = false;
			}
			return;
		}
		register();
	}

	private void register() {
		this.registration.setStatus(InstanceStatus.UP);
		this.context.publishEvent(new InstancePreRegisteredEvent(this, this.registration));
		try {
			this.registry.register(this.registration);
		}
		catch (EtcdException ex) {
			if (this.settings.failFast()) {
				throw new EtcdUnavailableException(this.settings.endpoints(), ex);
			}
			logger.error("Not registered yet, trying again in the background: {}", ex.getMessage());
		}
		this.context.publishEvent(new InstanceRegisteredEvent<>(this, this.registration));
	}

	private boolean resolvePort() {
		int port = (this.settings.port() != 0) ? this.settings.port() : boundPort();
		this.registration.setPort(port);
		return port != 0;
	}

	private int boundPort() {
		return this.context.getEnvironment().getProperty(BOUND_PORT, Integer.class, 0);
	}

	private void deregisterAndDrain() {
		synchronized (this) {
			if (!this.registered) {
				return;
			}
			this.registered = false;
		}
		this.registry.deregister(this.registration);
		Duration drain = this.settings.drain();
		if (boundPort() != 0 && !drain.isZero()) {
			logger.info("Deregistered {}; serving on for {} ms", this.registration, drain.toMillis());
			new CompletableFuture<Void>().completeOnTimeout(null, drain.toNanos(), TimeUnit.NANOSECONDS).join();
		}
	}

	@Override
	public void start() {
		synchronized (this) {
			this.running = true;
		}
		registerIfDue();
	}

	@Override
	public void stop() {
		synchronized (this) {
			this.running = false;
		}
		deregisterAndDrain();
	}

	@Override
	public synchronized boolean isRunning() {
		return this.running;
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
	 * When and how to register.
	 *
	 * @param port the port to advertise, 0 for the one the web server is bound to
	 * @param followReadiness whether to wait for the application to accept traffic, and
	 * to publish it when it stops accepting
	 * @param drain how long to go on serving after deregistering
	 * @param failFast whether starting fails if etcd refuses the registration
	 * @param endpoints where etcd is, for messages
	 */
	public record Settings(int port, boolean followReadiness, Duration drain, boolean failFast, String endpoints) {

	}

}
