package io.github.etcddiscovery.cloud.registration;

import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.etcddiscovery.Internal;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.SmartApplicationListener;
import org.springframework.core.Ordered;

/**
 * Takes registrations out of etcd while the servers still serve, and lets them serve on
 * until others have taken note. When the context closes that holds for whatever is left
 * in the registry, so that records registered by hand need no care of their own.
 */
@Internal
public final class GracefulDeregistration implements SmartApplicationListener {

	private static final Logger logger = LoggerFactory.getLogger(GracefulDeregistration.class);

	private final ApplicationContext context;

	private final EtcdServiceRegistry registry;

	private final BoundPorts ports;

	private final boolean deregister;

	private final Duration drain;

	private volatile boolean draining;

	/**
	 * Creates the deregistration. Starts nothing.
	 * @param context at whose close the registry is emptied
	 * @param registry where the registrations are
	 * @param ports of that context
	 * @param deregister whether to do anything at all
	 * @param drain how long to go on serving after deregistering
	 */
	public GracefulDeregistration(ApplicationContext context, EtcdServiceRegistry registry, BoundPorts ports,
			boolean deregister, Duration drain) {
		this.context = context;
		this.registry = registry;
		this.ports = ports;
		this.deregister = deregister;
		this.drain = drain;
	}

	/** Whether leaving takes records out of etcd. */
	boolean isEnabled() {
		return this.deregister;
	}

	/**
	 * Whether this application has begun to leave, and callers had better go elsewhere.
	 * @return whether it has
	 */
	public boolean isDraining() {
		return this.draining;
	}

	/** It stays, or has come again. */
	void begin() {
		this.draining = false;
	}

	/**
	 * Takes registrations out of etcd, and waits until they are, but not for long.
	 * @param registrations which ones; with the context at whose close the registry is
	 * emptied go all
	 * @param closing the context that closes, {@code null} if none does
	 * @return whether others have been told
	 */
	boolean withdraw(Collection<EtcdRegistration> registrations, @Nullable ApplicationContext closing) {
		this.draining = true;
		if (closing != this.context) {
			return this.registry.withdraw(registrations);
		}
		this.registry.end();
		return this.registry.withdrawAll();
	}

	/**
	 * Leaves what is registered to its lease, if this is the context that has made the
	 * registry.
	 */
	void abandon(ApplicationContext stopping) {
		if (stopping == this.context) {
			this.registry.close();
		}
	}

	/** Waits, unless there is nothing that serves. */
	void drain(BoundPorts serving) {
		boolean serves = serving.server() != 0 || serving.hasGrpcServer();
		if (serves && !this.drain.isZero()) {
			logger.info("Deregistered; serving on for {} ms", this.drain.toMillis());
			new CompletableFuture<Void>().completeOnTimeout(null, this.drain.toNanos(), TimeUnit.NANOSECONDS).join();
		}
	}

	@Override
	public void onApplicationEvent(ApplicationEvent event) {
		if (event instanceof ContextClosedEvent closed && closed.getApplicationContext() == this.context) {
			this.registry.end();
			this.draining |= this.deregister;
			// Where others have not been told, waiting for them to take note is for
			// nothing.
			if (this.deregister && this.registry.withdrawAll()) {
				drain(this.ports);
			}
		}
	}

	@Override
	public boolean supportsEventType(Class<? extends ApplicationEvent> eventType) {
		return ContextClosedEvent.class.isAssignableFrom(eventType);
	}

	/** Before any other listener takes down what requests still need. */
	@Override
	public int getOrder() {
		return Ordered.HIGHEST_PRECEDENCE + 1;
	}

}
