package io.github.etcddiscovery.cloud.registration;

import java.util.function.BiConsumer;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The registrations of an application: those that its source creates, with the changes
 * that the application has made to them since. Customizers run without the lock.
 */
final class WantedRegistrations {

	private static final Logger logger = LoggerFactory.getLogger(WantedRegistrations.class);

	private final Object lock;

	private final OwnRegistrations wanted;

	/** Guarded by {@code lock}. */
	private RegistrationSource source;

	/**
	 * What the source created last, without later changes by the application. Guarded by
	 * {@code lock}.
	 */
	private OwnRegistrations created;

	/** Whether {@code created} has been customized. Guarded by {@code lock}. */
	private boolean customized;

	/**
	 * Creates the registrations, without ports.
	 * @param lock guards them
	 * @param application the registration of the application
	 * @param source creates the registrations again once the ports are known
	 */
	WantedRegistrations(Object lock, EtcdRegistration application, RegistrationSource source) {
		this.lock = lock;
		this.source = source;
		this.wanted = new OwnRegistrations(application, source.management(application));
		this.created = this.wanted.copy();
	}

	OwnRegistrations get() {
		return this.wanted;
	}

	EtcdRegistration application() {
		return this.wanted.application();
	}

	/**
	 * Returns the registrations to write, now that the ports are known.
	 * @param ports the ports
	 */
	OwnRegistrations withPorts(AdvertisedPorts ports) {
		RegistrationSource used;
		OwnRegistrations fresh;
		boolean upToDate;
		do {
			synchronized (this.lock) {
				used = this.source;
			}
			fresh = create(used, ports);
			synchronized (this.lock) {
				upToDate = used == this.source;
				if (upToDate) {
					follow(fresh);
					applyPorts(fresh, ports);
					this.customized = true;
				}
			}
		}
		while (!upToDate);
		return (fresh.management() != null) ? this.wanted : this.wanted.withoutManagement();
	}

	/**
	 * Replaces the source. Only the differences between its registrations and those of
	 * the former source are applied.
	 * @param changed the new source
	 * @param ports the ports, as far as they are known
	 * @param check is called with the former and the new registrations, under the lock,
	 * before anything is applied; may refuse them
	 * @param applied is called under the lock, once they are applied
	 */
	void change(RegistrationSource changed, AdvertisedPorts ports, BiConsumer<OwnRegistrations, OwnRegistrations> check,
			Runnable applied) {
		boolean upToDate;
		do {
			boolean customizing;
			synchronized (this.lock) {
				customizing = this.customized;
			}
			OwnRegistrations fresh = customizing ? create(changed, ports) : createWithoutPorts(changed);
			synchronized (this.lock) {
				upToDate = customizing == this.customized;
				if (upToDate) {
					check.accept(this.created, fresh);
					this.source = changed;
					follow(fresh);
					applied.run();
				}
			}
		}
		while (!upToDate);
	}

	private OwnRegistrations create(RegistrationSource source, AdvertisedPorts ports) {
		EtcdRegistration application = applicationOf(source);
		ports.applyTo(application);
		int described = ports.management(application, source.managementPort());
		boolean hidden = ports.isManagementSeparate() && described == 0;
		source.customize(application, hidden ? RegistrationSource.NOT_REACHED : described);
		// Again, since customizers may have changed the port.
		int managementPort = ports.management(application, source.managementPort());
		EtcdRegistration management = ports.isManagementSeparate() ? source.management(application) : null;
		if (management != null && managementPort == 0) {
			logger.warn(
					"Not registering {}: spring.cloud.etcd.discovery.port ({}) differs from the port that the server"
							+ " listens on, so other machines may not reach the management port either. Set"
							+ " spring.cloud.etcd.discovery.management-port",
					management.getServiceId(), application.getPort());
			management = null;
		}
		if (management != null) {
			management.setBoundPorts(managementPort, 0);
			source.customizeManagement(management);
		}
		return new OwnRegistrations(application, management);
	}

	private OwnRegistrations createWithoutPorts(RegistrationSource source) {
		EtcdRegistration application = applicationOf(source);
		return new OwnRegistrations(application, source.management(application));
	}

	private EtcdRegistration applicationOf(RegistrationSource source) {
		EtcdRegistration application = source.application();
		if (application != null) {
			return application;
		}
		synchronized (this.lock) {
			return this.created.application().copy();
		}
	}

	private void follow(OwnRegistrations fresh) {
		this.wanted.follow(this.created, fresh);
		// A management server that is left out now may come back.
		this.created = (fresh.management() != null) ? fresh
				: new OwnRegistrations(fresh.application(), this.created.management());
	}

	private void applyPorts(OwnRegistrations fresh, AdvertisedPorts ports) {
		ports.applyTo(this.wanted.application());
		this.wanted.ifManagement((management) -> management.setBoundPorts(ports.management(fresh.application(), 0), 0));
	}

}
