package io.github.etcddiscovery.cloud.registration;

/**
 * Decides when an application registers, publishes a change and leaves. Knows events
 * only, neither Spring nor etcd. Not safe for several threads at once.
 */
final class RegistrationDecision {

	private final boolean followReadiness;

	private boolean running;

	private boolean ready;

	private boolean accepting;

	private boolean closed;

	private boolean attempted;

	private State state = State.OUT;

	/**
	 * Creates the decision of an application that has not started.
	 * @param followReadiness whether to wait for the application to accept traffic, and
	 * to publish it when it stops accepting
	 */
	RegistrationDecision(boolean followReadiness) {
		this.followReadiness = followReadiness;
	}

	/** The lifecycle of the context starts, at first or again. */
	Action started() {
		this.running = true;
		return registerIfDue();
	}

	/** The application is ready: its ports are known. */
	Action ready() {
		this.ready = true;
		return registerIfDue();
	}

	/** The application accepts traffic from now on, or refuses it. */
	Action readiness(boolean accepting) {
		this.accepting = accepting;
		return (this.state == State.IN) ? Action.PUBLISH : registerIfDue();
	}

	/** The lifecycle of the context stops, and may start again. */
	Action stopped() {
		this.running = false;
		return leave();
	}

	/** The context closes for good. */
	Action closed() {
		this.closed = true;
		return leave();
	}

	private Action registerIfDue() {
		boolean due = this.running && this.ready && !this.closed && !isRefusing();
		if (!due || this.state != State.OUT) {
			return Action.NOTHING;
		}
		this.state = State.ON_THE_WAY_IN;
		return Action.REGISTER;
	}

	private Action leave() {
		Action action = (this.state == State.IN) ? Action.LEAVE : Action.NOTHING;
		this.state = State.OUT;
		return action;
	}

	/** The registration is about to be handed over to the registrar. */
	void attempt() {
		this.attempted = true;
	}

	/** The registration has been handed over to the registrar. */
	void handedOver() {
		this.state = State.IN;
	}

	/**
	 * A customizer, a callback or the registry threw, or there is nothing to register: a
	 * later event tries again.
	 */
	void abort() {
		if (this.state == State.ON_THE_WAY_IN) {
			this.state = State.OUT;
		}
	}

	/** Whether to publish that the application refuses traffic. */
	boolean isRefusing() {
		return this.followReadiness && !this.accepting;
	}

	/** Whether the registration has been handed over before, with or without success. */
	boolean wasAttempted() {
		return this.attempted;
	}

	boolean isRunning() {
		return this.running;
	}

	boolean isOnTheWayIn() {
		return this.state == State.ON_THE_WAY_IN;
	}

	boolean isIn() {
		return this.state == State.IN;
	}

	/**
	 * What to do after an event.
	 */
	enum Action {

		/** Register the application. */
		REGISTER,

		/** Write what has changed of the registration. */
		PUBLISH,

		/** Deregister. */
		LEAVE,

		/** Nothing. */
		NOTHING

	}

	private enum State {

		/** Not registered. */
		OUT,

		/** Its port is known and others are told that it is about to register. */
		ON_THE_WAY_IN,

		/** Handed over to the registrar, which keeps it in etcd. */
		IN

	}

}
